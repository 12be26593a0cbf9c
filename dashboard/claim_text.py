"""Claims and what was measured of them in words: symbols, bounds, figures. Plain text."""

from __future__ import annotations

from core.contracts import CalibrationTable, ClaimStatus, MeasuredClaim
from dashboard.formatting import duration

__all__ = ["STATUS", "bound", "figures", "made", "ordered", "summary"]

STATUS: dict[ClaimStatus, tuple[str, str, str]] = {
    "broken": ("✗", "broken", "bad"),
    "holds": ("✓", "holds", "good"),
    "not refuted": ("△", "not refuted", "unsure"),
    "not measured": ("○", "not measured", "muted"),
}
"""Symbol, word and colour token, the worst first."""


def ordered(rows: tuple[MeasuredClaim, ...]) -> dict[str, list[MeasuredClaim]]:
    """Return the rows under their headings: broken ones first, then topic by topic."""
    broken = [row for row in rows if row.status == "broken"]
    found = {"Broken": broken} if broken else {}
    for row in rows:
        if row.status != "broken":
            found.setdefault(row.card.topic, []).append(row)
    return found


def bound(row: MeasuredClaim) -> str:
    """Return the bound: ``"at most 5 %"``; ``"never"`` and ``"always"`` where it is one."""
    if row.card.direction == "at most" and row.card.bound == 0:
        return "never"
    if row.card.direction == "at least" and row.card.bound == 1:
        return "always"
    return f"{row.card.direction} {100 * row.card.bound:g} %"


def figures(row: MeasuredClaim) -> str:
    """Return what was measured: share, counts, interval; or why nothing was."""
    if row.reason:
        return row.reason
    return (
        f"{_percent(row.share)} ({row.k} of {row.n} {row.card.unit}), 95 % interval "
        f"{_percent(row.low)} to {_percent(row.high)}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def summary(table: CalibrationTable) -> str:
    """Return how many claims hold, in a sentence or two."""
    count = {status: sum(row.status == status for row in table.rows) for status in STATUS}
    left, broken = count["not measured"], count["broken"]
    told = f"Of {len(table.rows) - left} claims that were measured, {count['holds']} hold"
    if count["not refuted"]:
        told += f", {count['not refuted']} are not refuted"
    told += (
        f", {broken} {'is' if broken == 1 else 'are'} broken." if broken else ", none is broken."
    )
    return f"{told} {left} could not be measured." if left else told


def made(row: MeasuredClaim) -> str:
    """Return when and how a row was measured."""
    return (
        f"Measured {row.measured} with Pellucid {row.version}, seed {row.seed}, in "
        f"{duration(row.seconds)}."
    )
