"""Held-out pictures drawn from the rest: stratified by class, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import SplitName, count_text
from core.data.base import Dataset, Labels
from core.errors import InputError
from core.parameters import Parameter, Value

__all__ = ["CARVING", "Rows", "apportion", "carve", "check_trainable", "draw"]

Rows = npt.NDArray[np.int64]
"""Indices of pictures."""

CARVING: tuple[Parameter, ...] = (
    Parameter(
        "validation", "float", 0.1,
        "Share of the training pictures held out to watch the training, if there is no such split",
        low=0, high=0.5, step=0.05,
    ),
    Parameter(
        "test", "float", 0.2, "Share of all pictures held out to test, if there is no such split",
        low=0.01, high=0.9, step=0.05,
    ),
    Parameter("seed", "int", 0, "Which pictures are held out", low=0, high=2**31 - 1, step=1),
)  # fmt: skip
"""Parameters of datasets that may come without a validation or a test split."""

_SALT: dict[SplitName, int] = {"train": 0, "validation": 1, "test": 2}


def apportion(counts: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Return how many of each class make up ``n``, in proportion (largest remainder).

    Examples
    --------
    >>> apportion(np.array([60, 30, 10]), 7)
    array([4, 2, 1])
    """
    quota = counts * (n / counts.sum())
    shares = np.floor(quota).astype(np.int64)
    order = np.argsort(shares - quota, kind="stable")
    shares[order[: n - int(shares.sum())]] += 1
    return shares


def draw(labels: Labels, per_class: npt.NDArray[np.int64], *, seed: int, split: SplitName) -> Rows:
    """Draw ``per_class[c]`` pictures of class ``c``; further classes do not change the draw."""
    taken = [
        np.random.default_rng((seed, _SALT[split], c)).permutation(np.flatnonzero(labels == c))[:n]
        for c, n in enumerate(per_class)
    ]
    return np.sort(np.concatenate(taken)).astype(np.int64)


def carve(
    labels: Labels,
    splits: Sequence[SplitName | None],
    parameters: Mapping[str, Value],
) -> dict[SplitName, Rows]:
    """Return each split's rows; what has no test or validation split gives some pictures to it.

    The rows are in an order whose every beginning holds the classes in proportion: the first
    hundred pictures of a split stand for all of them, also where a folder lists class by class. The
    only picture of a class is tested with: :func:`check_trainable` says that nothing is left to
    train on.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
    splits : sequence of n split names
        ``None`` for pictures that belong to none yet.
    parameters : mapping
        Values of :data:`CARVING`.

    Raises
    ------
    InputError
        If pictures are in a split and others in none.
    """
    given = np.array([split or "" for split in splits])
    rows: dict[SplitName, Rows] = {
        name: np.flatnonzero(given == name) for name in _SALT if (given == name).any()
    }
    loose = np.flatnonzero(given == "")
    if len(loose) and rows:
        raise InputError(
            f"{count_text(len(loose), 'picture')} {'belongs' if len(loose) == 1 else 'belong'} "
            f"to no split, others to {', '.join(rows)}. "
            "Give every picture one of train, validation, test, or none at all."
        )
    rows.setdefault("train", loose)
    seed = int(parameters["seed"])
    if "test" not in rows:
        rows |= _held_out(labels, rows["train"], float(parameters["test"]), seed, "test")
    if "validation" not in rows and parameters["validation"]:
        share = float(parameters["validation"])
        rows |= _held_out(labels, rows["train"], share, seed, "validation")
    return {name: _interleaved(labels, rows[name]) for name in _SALT if len(rows.get(name, ()))}


def _interleaved(labels: Labels, rows: Rows) -> Rows:
    """Order rows by how far through its own class each one is."""
    own = labels[rows]
    by_class = np.argsort(own, kind="stable")
    counts = np.bincount(own)
    place = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
    through = (place + 0.5) / np.repeat(counts, counts)
    return rows[by_class[np.argsort(through, kind="stable")]]


def _held_out(
    labels: Labels, rows: Rows, share: float, seed: int, split: SplitName
) -> dict[SplitName, Rows]:
    """Split ``rows`` into those held out and the rest, where one of each class stays if it can."""
    counts = np.bincount(labels[rows])
    most = np.maximum(counts - 1, counts == 1) if split == "test" else np.maximum(counts - 1, 0)
    wanted = np.clip(np.rint(counts * share).astype(np.int64), 1, most)
    if not wanted.any():
        return {}
    chosen = draw(labels[rows], wanted, seed=seed, split=split)
    return {split: rows[chosen], "train": np.delete(rows, chosen)}


def check_trainable(dataset: Dataset) -> None:
    """Check what training alone needs: pictures of every class to train on.

    Raises
    ------
    InputError
        If a class has none.
    """
    labels = dataset.parts["train"].labels if "train" in dataset.parts else np.empty(0, np.int64)
    empty = np.flatnonzero(np.bincount(labels, minlength=len(dataset.classes)) == 0)
    if len(empty):
        names = ", ".join(repr(dataset.classes[i]) for i in empty[:5])
        raise InputError(
            f"No picture to train on belongs to {names} ({len(empty)} of {len(dataset.classes)} "
            "classes are empty). A class needs 2 at least, one to train on and one to test with: "
            "add pictures, or take the class out."
        )
