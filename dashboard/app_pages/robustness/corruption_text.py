"""Corruptions in words: what costs most, who suffers, how sure the model stays. Plain text."""

from __future__ import annotations

import numpy as np

from core.contracts import Corrupted, CorruptionGap, CorruptionGroup, CorruptionRow, count_text
from dashboard import services
from dashboard.formatting import interval, p_value, percent
from dashboard.run_text import attribute_name, group_name, points

__all__ = [
    "KINDS", "corruption_name", "drop_of", "gap_sentence", "hardest", "mean_sentence",
    "mce_text", "severity_hint", "shift_sentence", "worst_first",
]  # fmt: skip

KINDS = {
    "noise": "Noise",
    "blur": "Blur",
    "weather": "Weather",
    "digital": "Digital",
    "shift": "Moved (not in ImageNet-C)",
}
"""Headings of the kinds of corruptions."""


def corruption_name(id: str) -> str:
    """Return what a corruption is called."""
    return services.corruptions()[id].name


def severity_hint(name: str, severity: int, point: CorruptionGroup | CorruptionRow) -> str:
    """Return what a cell of the matrix says on hover."""
    return (
        f"{name}, severity {severity}: {percent(point.accuracy)} of {point.n} right, 95 % interval "
        f"{interval(point.low, point.high)}"
    )


def drop_of(found: Corrupted, id: str) -> float:
    """Return by how much accuracy falls under a corruption, mean over its severities."""
    own = [row.accuracy for row in found.rows if row.corruption == id]
    return found.clean.accuracy - float(np.mean(own))


def worst_first(found: Corrupted) -> list[str]:
    """Return the corruptions that are measured, those that cost most first."""
    ids = dict.fromkeys(row.corruption for row in found.rows)
    return sorted(ids, key=lambda id: -drop_of(found, id))


def hardest(found: Corrupted) -> str:
    """Return which corruptions cost most and least, in a sentence."""
    order = worst_first(found)
    worst, mildest = order[0], order[-1]
    return (
        f"{corruption_name(worst)} costs most: {points(drop_of(found, worst))} points over its "
        f"severities; {_lower(mildest)} costs least: {points(drop_of(found, mildest))}."
    )


def _lower(id: str) -> str:
    name = corruption_name(id)
    return name if name.split()[0].isupper() else name[0].lower() + name[1:]


def mce_text(found: Corrupted) -> tuple[str, str]:
    """Return the mean corruption error in words, and what it is held against."""
    if found.mce is not None:
        return (
            percent(found.mce),
            "mCE: the fifteen errors of ImageNet-C, each divided by AlexNet's published one; "
            "100 % is as bad as AlexNet. AlexNet's are over all 50 000 validation pictures, so "
            "over other pictures this is an estimate.",
        )
    if found.mean_error is None:
        return "–", "None of the fifteen corruptions of ImageNet-C was measured."
    return (
        percent(found.mean_error),
        "Mean corruption error, not normalised: errors over the fifteen corruptions of ImageNet-C. "
        "There is no reference model for these classes, so it is read against the error on the "
        "pictures as they are.",
    )


def mean_sentence(found: Corrupted) -> str:
    """Return accuracy over all corrupted versions against that on the pictures as they are."""
    whole = found.overall[0]
    return (
        f"Of {count_text(found.n, 'picture')} the model has {percent(found.clean.accuracy)} right "
        "as they are, "
        f"and {percent(whole.accuracy)} of their corrupted versions (95 % interval over pictures "
        f"{interval(whole.low, whole.high)})."
    )


def gap_sentence(found: Corrupted, gap: CorruptionGap) -> str:
    """Return a gap between groups and whether it is real."""
    where = "over all corruptions" if not gap.corruption else f"under {_lower(gap.corruption)}"
    verdict = "beyond chance" if gap.beyond_chance else "chance makes such a gap often enough"
    clean = {group.group: group.accuracy for group in found.clean.groups}
    before = clean[gap.best] - clean[gap.worst]
    by = attribute_name(found.by).capitalize()
    return (
        f"{by}: {group_name(gap.best)} and {group_name(gap.worst)} lie "
        f"{points(gap.difference)} points apart {where} (95 % interval of the largest true gap "
        f"between any two: {points(gap.low)} to {points(gap.high)}, p {p_value(gap.p)}: "
        f"{verdict}); as the pictures are it is {points(before)}."
    )


def shift_sentence(found: Corrupted) -> str:
    """Return whether the model knows that it errs more under shift, in a sentence."""
    at = max(row.severity for row in found.rows)
    worst = [row for row in found.rows if row.severity == at]
    sure, right = (
        float(np.mean([getattr(row, key) for row in worst])) for key in ("confidence", "accuracy")
    )
    error = float(np.mean([row.calibration_error for row in worst]))
    excess = sure - right
    verdict = (
        f"it is {points(excess)} points surer than it is right"
        if excess > 0
        else f"it is {points(-excess)} points less sure than it is right"
    )
    return (
        f"At severity {at} {verdict}: mean confidence {percent(sure)}, accuracy {percent(right)}. "
        f"Expected calibration error {percent(found.clean.calibration_error)} as the pictures are, "
        f"{percent(error)} then."
    )
