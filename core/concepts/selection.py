"""Which pictures of a set count as a class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.concepts.pooled import Pooled
from core.contracts import Selection
from core.errors import InputError, UnknownNameError
from core.models.labels import ClassNames

__all__ = ["choose", "enough"]

Indices = npt.NDArray[np.intp]


def choose(
    held: Pooled, selection: Selection, target: int, classes: ClassNames, *, most: int, seed: int
) -> Indices:
    """Return the indices of the pictures of the class; ``most`` of them, drawn at random."""
    chosen = np.flatnonzero(_CHOICES[selection](held, target, classes))
    if len(chosen) > most:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, most, replace=False))
    return chosen


def enough(found: int, needed: int, what: str, hint: str) -> None:
    """Check that there are pictures enough for a statement.

    Raises
    ------
    InputError
        If there are not; the text says how many are needed, how many there are, and ``hint``.
    """
    if found < needed:
        raise InputError(f"{what} needs at least {needed} pictures; found {found}. {hint}")


def _predicted(held: Pooled, target: int, classes: ClassNames) -> npt.NDArray[np.bool_]:
    return held.predicted == target


def _labelled(held: Pooled, target: int, classes: ClassNames) -> npt.NDArray[np.bool_]:
    meant = {label: _index(label, classes) for label in {s.label for s in held.sources}}
    return np.array([meant[source.label] == target for source in held.sources])


def _everything(held: Pooled, target: int, classes: ClassNames) -> npt.NDArray[np.bool_]:
    return np.ones(len(held), bool)


def _index(label: str, classes: ClassNames) -> int | None:
    """Return the class that a label of a folder names, if it names one."""
    try:
        return classes.find(label).index if label else None
    except UnknownNameError:
        return None


_CHOICES: dict[Selection, Callable[[Pooled, int, ClassNames], npt.NDArray[np.bool_]]] = {
    "predicted": _predicted,
    "labelled": _labelled,
    "all": _everything,
}
