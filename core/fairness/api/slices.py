"""Slices with a name, their rows, and what other thresholds would lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import FairnessRules, ParityCost, ScoreCurves, Slice, ThresholdEffect
from core.fairness.mitigation import thresholds as exploring
from core.fairness.slices import discovery as searching
from core.fairness.slices import saved as saving

__all__ = [
    "forget_slice", "parity_cost", "save_slice", "saved_slices", "slice_members",
    "threshold_effect",
]  # fmt: skip


def saved_slices(data: str) -> dict[str, Slice]:
    """Return the slices of some data that were given a name.

    Parameters
    ----------
    data : str
        Fingerprint of a dataset, or SHA-256 of a table.

    Returns
    -------
    dict of str to Slice
        By name.
    """
    return saving.saved_slices(data)


def save_slice(data: str, name: str, chosen: Slice | str) -> None:
    """Give a slice a name, for everybody who looks at the same data; an equal name is replaced.

    Parameters
    ----------
    data : str
        Fingerprint of a dataset, or SHA-256 of a table.
    name : str
        For people, 1 to 60 letters.
    chosen : Slice or str
        A slice, or its text.

    Raises
    ------
    InputError
        If the name or the slice cannot be kept, or too many are.
    """
    saving.save_slice(data, name, Slice.parse(chosen) if isinstance(chosen, str) else chosen)


def forget_slice(data: str, name: str) -> None:
    """Delete a saved slice.

    Parameters
    ----------
    data : str
        Fingerprint of a dataset, or SHA-256 of a table.
    name : str
        As it was saved.
    """
    saving.forget_slice(data, name)


def slice_members(
    chosen: Slice | str, groups: Mapping[str, Sequence[str]]
) -> npt.NDArray[np.int64]:
    """Return the numbers of the rows that belong to a slice.

    Parameters
    ----------
    chosen : Slice or str
        A slice, or its text.
    groups : mapping
        For each attribute the value of each row: ``predictions.groups`` of
        :class:`~core.contracts.DatasetPredictions`, or a dataset split's.

    Returns
    -------
    ndarray of int64
        Rising, from 0.

    Raises
    ------
    InputError
        If there is no such attribute.
    """
    return searching.members(Slice.parse(chosen) if isinstance(chosen, str) else chosen, groups)


def threshold_effect(
    curves: ScoreCurves, thresholds: Mapping[str, float], *, rules: FairnessRules | None = None
) -> ThresholdEffect:
    """Return what a threshold for each group leads to; milliseconds, from counts alone.

    Parameters
    ----------
    curves : ScoreCurves
        Of a report.
    thresholds : mapping
        From group to score; groups that are left out keep 0.5.
    rules : FairnessRules, optional
        Of the verdicts; the defaults without any.

    Returns
    -------
    ThresholdEffect
    """
    return exploring.threshold_effect(curves, thresholds, rules=rules or FairnessRules())


def parity_cost(curves: ScoreCurves, constraint: str) -> ParityCost:
    """Return how much accuracy a smaller gap costs; see :class:`~core.contracts.ParityCost`.

    Parameters
    ----------
    curves : ScoreCurves
        Of a report.
    constraint : str
        What shall be alike: ``"selection_rate"``, ``"tpr"``, ``"fpr"`` or ``"equalized_odds"``.

    Returns
    -------
    ParityCost
    """
    return exploring.parity_cost(curves, constraint)
