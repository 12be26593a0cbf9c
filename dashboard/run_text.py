"""Runs in words: pure functions from runs to plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.contracts import (
    Epoch,
    GroupCount,
    Parameter,
    Run,
    SeedSpread,
    TrainRequest,
    Value,
    attribute_name,
    group_name,
)
from dashboard.formatting import interval, number, p_value, percent
from dashboard.services import Gap, Paired, Rate, dataset_name, total_epochs

__all__ = [
    "BADGES",
    "Badge",
    "attribute_name",
    "badge_of",
    "card_parts",
    "changed_text",
    "date",
    "epoch_text",
    "gap_text",
    "group_name",
    "hardest_hit",
    "megabytes",
    "paired_text",
    "points",
    "rate_text",
    "run_title",
    "seeds_range",
    "seeds_text",
    "size_text",
    "small_text",
    "weights_text",
]

RunStatus = Literal["shipped", "run", "compressed", "imported", "unfinished", "failed", "running"]
Badge = tuple[str, str]

_ALPHA, _LEAST = 0.05, 10

BADGES: dict[RunStatus, Badge] = {
    "shipped": ("◆", "comes with Pellucid"),
    "run": ("●", "trained here"),
    "compressed": ("▾", "made smaller"),
    "imported": ("↥", "brought along"),
    "running": ("▶", "under way"),
    "unfinished": ("◐", "unfinished"),
    "failed": ("✗", "failed"),
}
"""Symbol and word of each kind: never a colour alone."""


def badge_of(run: Run, *, shipped: bool) -> Badge:
    """Return symbol and word for where a finished run comes from."""
    return BADGES["shipped" if shipped else run.origin]


def run_title(run: Run, *, shipped: bool) -> str:
    """Return what a run is called: the name it was given, or the data that it was trained on."""
    if shipped or run.origin != "run":
        return run.name
    return dataset_name(run.dataset)


def rate_text(rate: Rate) -> str:
    """Return a share with its interval and counts."""
    span = interval(rate.low, rate.high)
    return f"{percent(rate.value)} right: {rate.k} of {rate.n}, 95 % interval {span}"


def points(share: float) -> str:
    """Return a difference of shares in percentage points.

    Examples
    --------
    >>> points(0.274), points(0.004), points(-0.031)
    ('27', '0.4', '−3.1')
    """
    value = share * 100
    text = f"{abs(value):.0f}" if abs(value) >= 9.95 else f"{abs(value):.1f}".removesuffix(".0")
    return f"−{text}" if value < 0 and text != "0" else text


def gap_text(gap: Gap) -> str:
    """Return the widest gap between groups with what it is worth, in one sentence."""
    name = attribute_name(gap.attribute)
    if not gap.difference:
        return f"No gap: every group is {_share(gap.best)} right, over {_attributes(gap)}."
    sides = f"{_share(gap.best)} right for {_named(gap.best)}, {_share(gap.worst)} for "
    sides += _named(gap.worst)
    if not gap.beyond_chance:
        return (
            f"No gap beyond chance. The widest is {name}: {sides} "
            f"(p {p_value(gap.p)} over {_attributes(gap)})."
        )
    return (
        f"{name.capitalize()}: {sides}. Gap {points(gap.difference)} points; 95 % interval of the "
        f"largest true gap between any two: {points(gap.low)} to {points(gap.high)} "
        f"(p {p_value(gap.p)} over {_attributes(gap)})."
    )


def seeds_range(spread: SeedSpread) -> str:
    """Return the accuracy's range over seeds, in few words."""
    return f"{interval(spread.accuracy.low, spread.accuracy.high)} over {spread.n} seeds"


def seeds_text(spread: SeedSpread) -> str:
    """Return how far a model's figures depend on the seed, in a few sentences."""
    text = (
        f"Over {spread.n} seeds of the same training: {percent(spread.accuracy.mean)} right on "
        f"average, {interval(spread.accuracy.low, spread.accuracy.high)}."
    )
    told = [gap for gap in spread.gaps if gap.beyond_chance]
    if not told:
        return f"{text} No gap between groups is beyond chance for any of them."
    gaps = [
        f"{attribute_name(gap.attribute)} {points(gap.difference.low)} to "
        f"{points(gap.difference.high)} points, {spread.verdict_text(gap)}"
        for gap in sorted(told, key=lambda gap: (-gap.beyond_chance, -gap.difference.mean))
    ]
    return f"{text} Gaps: {'; '.join(gaps)}."


def _named(group: GroupCount) -> str:
    words = group_name(group.group)
    return f"group {words}" if words[:1].isdigit() else words


def _share(group: GroupCount) -> str:
    return percent(group.correct / group.n)


def _attributes(gap: Gap) -> str:
    return f"{gap.n_attributes} attributes" if gap.n_attributes > 1 else "1 attribute"


def paired_text(found: Paired, first: str, second: str) -> str:
    """Return what the second model loses and gains against the first."""
    same = f"Same answer on {percent(found.agree / found.n)} of {found.n} pictures."
    if not found.lost + found.gained:
        return f"{same} {second} is right exactly where {first} is."
    change = (found.gained - found.lost) / found.n
    verdict = (
        f"a difference beyond chance (McNemar p {p_value(found.p)})" if found.p < _ALPHA
        else f"no difference beyond chance (McNemar p {p_value(found.p)})"
    )  # fmt: skip
    return (
        f"{same} {second} loses {found.lost} that {first} gets right and gains {found.gained}: "
        f"{points(change)} points, {verdict}."
    )


def small_text(run: Run) -> str:
    """Return what a smaller model lost against its twin, ``""`` for any other run."""
    facts = run.facts
    if not run.twin or "agreement" not in facts:
        return ""
    text = (
        f"Same answer as its twin on {percent(float(facts['agreement']))} of "
        f"{facts['compared_pictures']} pictures"
    )
    if "lost" in facts:
        text += f"; loses {facts['lost']} that the twin gets right, gains {facts['gained']}"
    before, after = (float(facts[f"latency_ms_{side}"]) for side in ("before", "after"))
    return f"{text}. {number(after)} ms a picture, its twin {number(before)}."


def hardest_hit(found: Paired) -> str:
    """Return the group of 10 pictures or more that loses most, ``""`` if none loses."""
    losing = [change for change in found.groups if change.n >= _LEAST and change.net < 0]
    if not losing:
        return ""
    worst = losing[0]
    return (
        f"It loses most for {attribute_name(worst.attribute)} {group_name(worst.group)}: "
        f"{worst.lost} lost and {worst.gained} gained of {worst.n}. The worst of many groups "
        "always looks bad: a look, no audit."
    )


def megabytes(n_bytes: int) -> str:
    """Return a file's size.

    Examples
    --------
    >>> megabytes(318_000), megabytes(97_800_000)
    ('318 kB', '97.8 MB')
    """
    return f"{number(n_bytes / 1000)} kB" if n_bytes < 999_500 else f"{number(n_bytes / 1e6)} MB"


def weights_text(n_parameters: int) -> str:
    """Return how many weights a model has."""
    if n_parameters < 999_500:
        return f"{number(n_parameters / 1000)} k weights"
    return f"{number(n_parameters / 1e6)} M weights"


def size_text(run: Run) -> str:
    """Return a model's size: weights, file, number format if it is not the usual one."""
    parts = [weights_text(run.n_parameters), megabytes(run.bytes)]
    if run.format != "float32":
        parts.append(run.format)
    return ", ".join(parts)


def date(seconds: float, zone: str | None) -> str:
    """Return a moment in a visitor's time zone, in UTC where that is not known."""
    try:
        moment = datetime.fromtimestamp(seconds, ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        moment, zone = datetime.fromtimestamp(seconds, ZoneInfo("UTC")), None
    return f"{moment.day} {moment:%b %Y, %H:%M}" + ("" if zone else " UTC")


def epoch_text(request: TrainRequest, history: tuple[Epoch, ...]) -> str:
    """Return how far a run has come."""
    done, wanted = len(history), total_epochs(request.parameters)
    text = f"{done} epoch" + ("" if done == 1 else "s") + " done and kept"
    if wanted >= done:
        text = f"{done} of {wanted} epochs done and kept"
    if history and history[-1].val_accuracy is not None:
        text += f", {percent(history[-1].val_accuracy)} right on validation pictures"
    return text


def changed_text(parameters: Mapping[str, Value], specs: tuple[Parameter, ...]) -> str:
    """Return the parameters that differ from their defaults, ``""`` if none does."""
    defaults = {spec.name: spec.default for spec in specs}
    changed = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in parameters.items()
        if name in defaults and defaults[name] != value
    ]
    return ", ".join(changed)


# ---- the card

_LIVE = re.compile(r"[&<$]|!(?=\[)|(?<=\])\(|:(?=[\w-])")
"""What would make HTML, LaTeX, a picture, a link, or one of Streamlit's colours and icons."""


def card_parts(markdown: str) -> list[tuple[Literal["text", "code"], str]]:
    r"""Return a model card in parts: text in which only emphasis, lists and tables live, and code.

    The card holds names from strangers: of classes, files, groups.

    Examples
    --------
    >>> card_parts("A :red[b] [c](d)\n```sh\nmake\n```")
    [('text', 'A &#58;red[b] [c]&#40;d)'), ('code', 'make')]
    """
    parts: list[tuple[Literal["text", "code"], str]] = []
    for i, part in enumerate(re.split(r"^```.*$", markdown, flags=re.MULTILINE)):
        text = part.strip("\n")
        if not text.strip():
            continue
        parts.append(("code", text) if i % 2 else ("text", _LIVE.sub(_entity, text)))
    return parts


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found.group())};"
