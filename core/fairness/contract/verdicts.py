"""Verdicts on gaps: the rule, the p values it reads, and what it does not cover, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.fairness.contract.group_names import group_name
from core.values.codec import Stored

__all__ = ["P_OF", "FairnessVerdict", "LeftOut", "decimals_beside", "verdict_of"]  # fmt: skip

FairnessVerdict = Literal["flag", "pass", "insufficient evidence", "excluded"]
P_OF: dict[str, str] = {
    "p": (
        "chance of such data if there were no difference at all; for information, no verdict is "
        "read from it; of pairs it is adjusted"
    ),
    "p_adjusted": "p, adjusted over all that were tested",
    "p_flag": (
        "chance of such data if it were at most the tolerance, adjusted; flagged where below alpha"
    ),
    "p_pass": (
        "chance of such data if it were at least the tolerance, adjusted; within tolerance where "
        "below alpha; 1 where more could hide in what is left out"
    ),
}
"""What each p value supposes, in every document."""
_NAMED = 3
_MOST_DECIMALS = 4


def verdict_of(p_flag: float, p_pass: float, alpha: float) -> FairnessVerdict:
    """Return what two tests say: the one rule, for pages and command line alike.

    Parameters
    ----------
    p_flag : float
        That the gap is at most the tolerance, adjusted over all that were tested.
    p_pass : float
        That it is at least the tolerance, adjusted likewise (an equivalence test).

    Examples
    --------
    >>> verdict_of(0.001, 1.0, 0.05), verdict_of(1.0, 0.02, 0.05), verdict_of(0.2, 1.0, 0.05)
    ('flag', 'pass', 'insufficient evidence')
    """
    if math.isnan(p_flag) or math.isnan(p_pass):
        return "excluded"
    if p_flag < alpha:
        return "flag"
    return "pass" if p_pass < alpha else "insufficient evidence"


@dataclass(frozen=True, slots=True)
class LeftOut(Stored):
    """A group, rows without a value, or a stratum that a verdict does not cover.

    Parameters
    ----------
    n : float
        Rows below the line; effective ones where rows have weights.
    could_hide : float
        The widest gap to a compared group (of a stratum: within it) that these rows do not rule
        out; no gap passes where it exceeds the tolerance. NaN where nothing was compared.
    """

    reason: str
    n: float
    could_hide: float

    @property
    def words(self) -> str:
        """The reason, and what could hide."""
        if math.isnan(self.could_hide):
            return self.reason
        return f"{self.reason}; a gap of up to {points_text(self.could_hide)} could hide there"


def p_text(p_flag: float, p_pass: float, *, alpha: float, tolerance: float) -> str:
    """Return the p values that a verdict is read from, each with what it supposes.

    Examples
    --------
    >>> p_text(0.0004, 1.0, alpha=0.05, tolerance=0.1)
    'p below .001 if it were at most 10 points'
    >>> p_text(1.0, 0.012, alpha=0.05, tolerance=0.1)
    'p .012 if it were at least 10 points'
    >>> p_text(0.11, 1.0, alpha=0.05, tolerance=0.1)
    'p .110 if it were at most 10 points, 1 if it were at least that'
    """
    verdict, tolerated = verdict_of(p_flag, p_pass, alpha), points_text(tolerance)
    if verdict == "pass":
        return f"p {_p(p_pass)} if it were at least {tolerated}"
    first = f"p {_p(p_flag)} if it were at most {tolerated}"
    if verdict == "flag" or tolerance <= 0:  # nothing passes a tolerance of 0
        return first
    return f"{first}, {_p(p_pass)} if it were at least that"


def coverage_text(excluded: Mapping[str, LeftOut]) -> str:
    """Say what a verdict does not cover; ``""`` if it covers everything."""
    if not excluded:
        return ""
    named = [f"{group_name(name)} ({out.words})" for name, out in excluded.items()]
    more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"Not covered: {'; '.join(named[:_NAMED])}{more}."


def agreed_text(groups: Sequence[str], tolerance: float) -> str:
    """Say which groups are shown to lie within the tolerance of each other.

    >>> agreed_text(("A", "D"), 0.1)
    'A and D agree within 10 points.'
    >>> agreed_text(("A", "B", "C", "D", "E"), 0.1)
    'A, B, C and 2 more agree within 10 points.'
    """
    named = [group_name(group) for group in groups]
    if len(named) > _NAMED + 1:
        named = [*named[:_NAMED], f"{len(named) - _NAMED} more"]
    return f"{', '.join(named[:-1])} and {named[-1]} agree within {points_text(tolerance)}."


def decimals_beside(value: float, edge: float, *, least: int) -> int:
    """Return how many decimals a number takes so that it lies on its own side of ±``edge``.

    Parameters
    ----------
    value, edge : float
        As they are shown: in points, say.
    least : int
        Decimals that it is rounded to anyway.

    Examples
    --------
    >>> decimals_beside(-10.4, 10, least=0), decimals_beside(-10.6, 10, least=0)
    (1, 0)
    >>> decimals_beside(9.97, 10, least=1), decimals_beside(10.0, 10, least=0)
    (2, 0)
    """
    size = abs(value)
    if math.isinf(edge) or abs(size - edge) < 10.0**-_MOST_DECIMALS:
        return least
    enough = (
        d for d in range(least, _MOST_DECIMALS) if (round(size, d) - edge) * (size - edge) > 0
    )
    return next(enough, _MOST_DECIMALS)


def points_text(difference: float) -> str:
    """Return a difference in points.

    >>> points_text(0.1), points_text(0.0123)
    ('10 points', '1.23 points')
    """
    return f"{100 * difference:.3g} points"


def _p(value: float) -> str:
    if value >= 0.9995:
        return "1"
    return "below .001" if value < 0.001 else f"{value:.3f}".replace("0.", ".", 1)
