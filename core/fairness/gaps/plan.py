"""What would settle a gap that is not settled: more rows, or nothing that rows can do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.contracts import FairnessRules, Gap
from core.fairness.gaps.candidates import Candidate
from core.fairness.gaps.decision import decide
from core.fairness.gaps.sample_size import needed_rows

__all__ = ["planned"]


def planned(gap: Gap, each: Candidate, rules: FairnessRules, level: float) -> Gap:
    """Return the gap with the rows that would settle it, or with the word that it is too near.

    Parameters
    ----------
    level : float
        Of the next test that would pass, as the family leaves it.
    """
    if gap.verdict != "insufficient evidence" or _no_rows_help(gap, each):
        return gap
    needed = needed_rows(each.parts, each.spec.combine, rules.tolerance, level)
    if needed is None:
        return gap
    if _apart(each, rules, needed, level):
        return replace(gap, too_near=True)
    small = any(not out.unknown for out in each.untested.values())
    return replace(gap, needed_n=max(needed, rules.min_n) if small else needed)


def _no_rows_help(gap: Gap, each: Candidate) -> bool:
    """Whether rows without a value, or strata, keep a gap from passing."""
    rows = {name for name, out in each.untested.items() if out.unknown} | set(each.strata)
    return any(gap.excluded[name].could_hide > gap.tolerance for name in rows)


def _apart(each: Candidate, rules: FairnessRules, needed: int, level: float) -> bool:
    """Whether groups that have as many rows as are needed do not pass among themselves."""
    rows = np.min([part.rows for part in each.parts], axis=0)
    enough = np.flatnonzero(rows >= needed)
    if len(enough) < 2:
        return False
    parts = [part.of(enough) for part in each.parts]
    everybody = np.arange(len(enough))
    return decide(parts, each.spec.combine, rules.tolerance, everybody).p_pass >= level
