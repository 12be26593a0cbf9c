"""Two models' answers to the same pictures: where one is right and the other wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import DatasetPredictions
from core.errors import InputError

__all__ = ["GroupChange", "Paired", "paired"]


@dataclass(frozen=True, slots=True)
class GroupChange:
    """Of ``n`` pictures of a group: those that only the first gets right, and only the second."""

    attribute: str
    group: str
    n: int
    lost: int
    gained: int

    @property
    def net(self) -> float:
        """Change of the accuracy, second minus first."""
        return (self.gained - self.lost) / self.n


@dataclass(frozen=True, slots=True)
class Paired:
    """The second model against the first, picture by picture.

    Parameters
    ----------
    n : int
    agree : int
        Pictures to which both give the same answer, right or wrong.
    lost, gained : int
        Pictures that only the first, or only the second, gets right.
    p : float
        McNemar's exact test (McNemar 1947) that both are right equally often.
    groups : tuple of GroupChange
        The largest loss first.
    """

    n: int
    agree: int
    lost: int
    gained: int
    p: float
    groups: tuple[GroupChange, ...]


def paired(first: DatasetPredictions, second: DatasetPredictions) -> Paired:
    """Compare two models on one split.

    Parameters
    ----------
    first : DatasetPredictions
        Predictions of a split.
    second : DatasetPredictions
        Those of another model for the same pictures.

    Returns
    -------
    Paired

    Raises
    ------
    InputError
        If the pictures are not the same.
    """
    if (first.fingerprint, first.split, first.ids) != (
        second.fingerprint,
        second.split,
        second.ids,
    ):
        raise InputError(
            f"{first.model} and {second.model} answered about different pictures: compare two "
            "models on the same split of the same dataset."
        )
    from scipy.stats import binomtest

    said = [
        np.asarray(each.classes, object)[each.probabilities.argmax(axis=1)]
        for each in (first, second)
    ]
    right = [each == np.asarray(first.classes, object)[first.labels] for each in said]
    lost, gained = right[0] & ~right[1], right[1] & ~right[0]
    n_lost, n_gained = int(lost.sum()), int(gained.sum())
    p = float(binomtest(n_lost, n_lost + n_gained).pvalue) if n_lost + n_gained else 1.0
    changes = [
        change
        for attribute, values in first.groups.items()
        for change in _changes(attribute, values, lost, gained)
    ]
    return Paired(
        n=len(first.ids),
        agree=int((said[0] == said[1]).sum()),
        lost=n_lost,
        gained=n_gained,
        p=p,
        groups=tuple(sorted(changes, key=lambda change: change.net)),
    )


def _changes(
    attribute: str,
    values: Sequence[str],
    lost: npt.NDArray[np.bool_],
    gained: npt.NDArray[np.bool_],
) -> list[GroupChange]:
    names, member = np.unique(np.asarray(values, str), return_inverse=True)
    counts = [
        np.bincount(member, weights=which, minlength=len(names)).astype(int).tolist()
        for which in (np.ones(len(member)), lost, gained)
    ]
    return [
        GroupChange(attribute, str(name), *row) for name, *row in zip(names, *counts, strict=True)
    ]
