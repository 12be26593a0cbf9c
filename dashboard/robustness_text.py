"""Robustness in words: ε, norms, verdicts and gaps. Plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.contracts import AttackCheck, Norm, RobustCurve, RobustGap, RobustPoint, Trust
from dashboard import services
from dashboard.formatting import interval, number, p_value, percent
from dashboard.run_text import group_name, points

__all__ = [
    "CHECKS", "NORMS", "PROVEN", "TRUST", "UNDER_ATTACK", "WORST_CASE", "GapPhrases",
    "attack_name", "broken_text", "curve_of", "distance_text", "eps_tick", "format_eps",
    "gap_chosen", "gap_spread", "gap_text", "point_text", "unsettled",
]  # fmt: skip

WORST_CASE = "worst_case"
NORMS: dict[Norm, tuple[str, str]] = {
    "linf": ("L∞", "the most that any pixel value is moved"),
    "l2": ("L2", "the length of the whole change"),
    "l1": ("L1", "the sum of all changes"),
    "area": ("Patch", "the share of the picture that a patch covers"),
}
"""Symbol of each norm, and what ε is in it."""
CHECKS: dict[bool | None, tuple[str, str, Literal["green", "red", "gray"]]] = {
    True: ("✓", "passed", "green"),
    False: ("✗", "failed", "red"),
    None: ("○", "could not be made", "gray"),
}
"""Symbol, word and colour of a check: never a colour alone."""
TRUST: dict[Trust, tuple[str, Literal["green", "red", "orange", "gray"]]] = {
    "believed": ("", "green"),
    "not trusted": ("✗ not trustworthy", "red"),
    "not shown": ("△ not shown to be trustworthy", "orange"),
    "unchecked": ("", "gray"),
}
"""Mark beside a curve and colour; the sentence is the result's own ``verdict``."""


@dataclass(frozen=True, slots=True)
class GapPhrases:
    """How a gap between two groups is told; ``{}`` stands for ε, in ``reach`` for both medians."""

    at: str
    where: str
    tested: str
    start: str
    reach: str


UNDER_ATTACK = GapPhrases(
    at="At ε = {} the model keeps",
    where="ε =",
    tested="all groups and ε",
    start="Unharmed,",
    reach="Of the pictures it has right, half break at {} and at {}.",
)
PROVEN = GapPhrases(
    at="At radius {} it is proven right on",
    where="radius",
    tested="all groups and radii",
    start="At radius 0",
    reach="The median radius of right answers is {} and {}.",
)
_LEVELS = 255


def eps_tick(eps: float, norm: Norm) -> str:
    """Return ε for an axis, without its unit.

    Examples
    --------
    >>> eps_tick(4 / 255, "linf"), eps_tick(0.5, "l2"), eps_tick(0.25 / 255, "linf")
    ('4', '0.5', '0.25')
    """
    value = {"linf": _LEVELS, "area": 100}.get(norm, 1) * eps
    text = number(round(value, 6))
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_eps(eps: float, norm: Norm) -> str:
    """Return ε with its unit.

    Examples
    --------
    >>> format_eps(4 / 255, "linf"), format_eps(0.5, "l2"), format_eps(0.05, "area").split()
    ('4/255', '0.5', ['5.00', '%'])
    """
    tick = eps_tick(eps, norm)
    if tick == "0":
        return tick
    return f"{tick}/255" if norm == "linf" else percent(eps) if norm == "area" else tick


def distance_text(distance: float | None, norm: Norm) -> str:
    """Return a distance, or that there is none."""
    return "not reached" if distance is None else format_eps(distance, norm)


def attack_name(id: str) -> str:
    """Return what an attack is called."""
    if id == WORST_CASE:
        return "Worst case"
    card = services.attacks().get(id)
    return card.name if card else id


def curve_of(curves: Sequence[RobustCurve], attack: str, group: str = "") -> RobustCurve | None:
    """Return the curve of an attack and a group if there is one."""
    return next((c for c in curves if (c.attack, c.group) == (attack, group)), None)


def point_text(point: RobustPoint, norm: Norm) -> str:
    """Return one point of a curve with its counts and interval."""
    text = (
        f"ε = {format_eps(point.eps, norm)}: {percent(point.accuracy)} right "
        f"({round(point.accuracy * point.n)} of {point.n}, 95 % interval "
        f"{interval(point.low, point.high)})"
    )
    return text if point.rounded is None else f"{text}, in 8 bits {percent(point.rounded)}"


# ---- the headline


def broken_text(worst: RobustCurve) -> str:
    """Return how little it takes, in a sentence."""
    norm, furthest = worst.norm, worst.points[-1].eps
    median = worst.median_distance
    if median is None:
        return (
            f"Up to ε = {format_eps(furthest, norm)} the attacks broke fewer than half of the "
            "pictures that the model has right."
        )
    size = format_eps(median, norm)
    means = {
        "linf": f"Moving every pixel by at most {size} ({percent(median)} of its range)",
        "l2": f"A change of length {size} (L2)",
        "l1": f"Changes that add up to {size} (L1)",
        "area": f"A patch over {size} of the picture",
    }
    return f"{means[norm]} breaks half of the pictures that the model has right."


def unsettled(checks: Sequence[AttackCheck]) -> list[AttackCheck]:
    """Return the checks that failed, then those that could not be made."""
    return [check for mark in (False, None) for check in checks if check.passed is mark]


# ---- gaps


def gap_chosen(gaps: Sequence[RobustGap]) -> RobustGap | None:
    """Return the gap to speak of: beyond chance first, under attack first, then the widest."""
    return min(
        gaps,
        key=lambda gap: (not gap.beyond_chance, gap.eps == 0, -gap.difference),
        default=None,
    )


def gap_text(curves: Sequence[RobustCurve], gap: RobustGap, said: GapPhrases = UNDER_ATTACK) -> str:
    """Return what a gap is and whether it is real, in two sentences.

    Parameters
    ----------
    curves : sequence of RobustCurve
        Of one attack (the worst case) or one certificate, a group each.
    said : GapPhrases
    """
    kept = {
        group: _at(curve_of(curves, curves[0].attack, group), gap.eps)
        for group in (gap.best, gap.worst)
    }
    verdict = (
        "That is beyond chance" if gap.beyond_chance else "Chance makes such a gap often enough"
    )
    return (
        f"{said.at.format(format_eps(gap.eps, curves[0].norm))} {kept[gap.best]} for "
        f"{group_name(gap.best)} and {kept[gap.worst]} for {group_name(gap.worst)}: "
        f"{points(gap.difference)} points apart; 95 % interval of the largest true gap between any "
        f"two: {points(gap.low)} to {points(gap.high)}. {verdict} "
        f"(p {p_value(gap.p)} over {said.tested})."
    )


def _at(curve: RobustCurve | None, eps: float) -> str:
    point = next((p for p in curve.points if p.eps == eps), None) if curve else None
    return "–" if point is None else percent(point.accuracy)


def gap_spread(
    curves: Sequence[RobustCurve],
    gaps: Sequence[RobustGap],
    gap: RobustGap,
    said: GapPhrases = UNDER_ATTACK,
) -> str:
    """Return where else the gap is, and how much of it is there at ε = 0 already."""
    norm = curves[0].norm
    real = [format_eps(each.eps, norm) for each in gaps if each.beyond_chance]
    words = [f"Beyond chance at {said.where} {', '.join(real)}."] if real else []
    sides = [curve_of(curves, curves[0].attack, side) for side in (gap.best, gap.worst)]
    if gap.eps > 0 and all(sides):
        clean = [side.points[0].accuracy for side in sides if side is not None]
        words.append(
            f"{said.start} the two are {points(clean[0] - clean[1])} points apart already."
        )
        reach = [
            f"{distance_text(s.median_distance, norm)} for {group_name(s.group)}"
            for s in sides
            if s is not None
        ]
        words.append(said.reach.format(*reach))
    return " ".join(words)
