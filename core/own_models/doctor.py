"""The preprocessing doctor: which way of preparing pictures makes a model right on labelled ones.

A model that is given pixels of another range than it was trained on still answers, and often with
confidence. Nothing in most files says which range that was; labelled pictures do. The way is chosen
on one half of them, and how often each way is right is stated from the other: the best of 24 ways
on the same pictures would be praised for its luck.

The way that is kept is the one that is right most often on the first half; a way that the file
itself tells beyond doubt goes before it where the two are not apart (exact test of the pictures on
which they differ), and of equals the usual one goes first. Probabilities are not asked: tried on
seven networks of known preparation, choosing by the mean logarithm of the true class's found the
right way in 73 of 100 draws of 40 pictures, choosing so by the number of right ones in 88, since
larger inputs make a network surer and not righter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom

from core.contracts import GEOMETRIES, Array, Geometry, PreprocessingTrial, count_text
from core.data.base import Dataset
from core.data.picture import PicturePart, picture_part
from core.errors import InputError
from core.modalities.picture import images
from core.own_models.ranges import AFFINES, ORDERS, RANGES, Order, Range, affine
from core.proportions import wilson

__all__ = ["MOST", "Told", "Way", "told_by_pictures"]

MOST = 120
"""Pictures that are tried, as many of each class as there are."""
_BATCH = 32
_CHANCE, _MOSTLY = 0.05, 0.6
Way = tuple[str, Order | None]
"""Range and order; ``"auto"`` and ``None`` for what is left open."""
Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int_]


@dataclass(frozen=True)
class Told:
    """What labelled pictures say of the ways to prepare them.

    Parameters
    ----------
    trials : tuple of PreprocessingTrial
        The first is the way that is kept; the numbers of all are those of the half that nothing was
        chosen on, the rest in their order.
    unsure : str
        Why the kept way does not stand out among those of other ranges and orders; ``""`` if it
        does.
    better : str
        Which way is right more often than the kept one beyond chance; ``""`` if none is.
    one_class : str
        Why so few classes tell nothing; ``""`` if they do.
    renamed : str
        Which other order of the classes fits its answers far better; ``""`` if none does.
    """

    trials: tuple[PreprocessingTrial, ...]
    unsure: str
    better: str
    one_class: str
    renamed: str


@dataclass(frozen=True)
class _Tried:
    """One way, with what the model answered for each picture."""

    range: Range
    order: Order
    geometry: Geometry
    answers: Labels
    right: Bools

    @property
    def way(self) -> tuple[Range, Order]:
        return self.range, self.order

    def trial(self, stating: Bools) -> PreprocessingTrial:
        n, hits = int(stating.sum()), int(self.right[stating].sum())
        return PreprocessingTrial(
            self.range, self.order, self.geometry, hits / n, *wilson(hits, n), n
        )


def told_by_pictures(
    said: Callable[[Array], Array],
    shape: tuple[int, ...],
    dataset: Dataset,
    order_of_classes: Sequence[int],
    *,
    two_of_one: bool,
    stated: Way = ("auto", None),
    by_file: Way | None = None,
) -> Told:
    """Try the usual ways to prepare pictures, and return how often each is right.

    Parameters
    ----------
    said : callable
        The file's own graph, from what it takes to what it gives.
    shape : tuple of int
        Height, width and channels of what it takes.
    dataset : Dataset
        Labelled pictures.
    order_of_classes : sequence of int
        Index of the output of each class of the dataset.
    two_of_one : bool
        Whether one output speaks for two classes.
    stated : tuple of (str, str or None)
        Range and order that the owner states.
    by_file : tuple of (str, str), optional
        Those that the file tells beyond doubt.

    Raises
    ------
    InputError
        If a picture cannot be read, or there are fewer than two.
    """
    chosen = _chosen(dataset)
    truth = np.array([order_of_classes[label] for _, _, label in chosen])
    stating = np.arange(len(truth)) % 2 == 1
    tried = []
    for geometry in GEOMETRIES:
        pixels = np.stack([_seen(part, i, shape, geometry) for part, i, _ in chosen])
        for range_, order in _ways(shape[-1], stated):
            rows = _rows(said, _prepared(pixels, range_, order))
            answers = (rows[:, 0] > 0.5).astype(int) if two_of_one else rows.argmax(axis=1)
            tried.append(_Tried(range_, order, geometry, answers, answers == truth))
    fitting = [each for each in tried if _fits(each, stated)]
    kept = _best(fitting, ~stating, by_file)
    renamed, otherwise = _renamed(fitting, kept, truth, stating)
    kept = otherwise or kept
    rest = [each.trial(stating) for each in tried if each is not kept]
    return Told(
        (kept.trial(stating), *sorted(rest, key=lambda row: -row.accuracy)),
        _unsure(tried, kept, stating), _better(tried, kept, stating),
        _of_one_class(kept, truth, stating), renamed,
    )  # fmt: skip


def _best(tried: Sequence[_Tried], choosing: Bools, by_file: Way | None) -> _Tried:
    """Return the way that is right most often; the file's own where it is as good, chance aside."""
    best = max(tried, key=lambda each: each.right[choosing].mean())  # of equals the first
    own = [each for each in tried if each.way == by_file]
    if not own:
        return best
    files = max(own, key=lambda each: each.right[choosing].mean())
    return best if _apart(best, files, choosing) else files


def _apart(one: _Tried, other: _Tried, of: Bools) -> bool:
    """Whether one way is right more often than another beyond chance, by the exact paired test."""
    wins = int((one.right & ~other.right)[of].sum())
    losses = int((other.right & ~one.right)[of].sum())
    return bool(binom.sf(wins - 1, wins + losses, 0.5) < _CHANCE) if wins else False


def _unsure(tried: Sequence[_Tried], kept: _Tried, stating: Bools) -> str:
    """Return a way of another range or order that the kept one is not better than, chance aside."""
    rivals = [each for each in tried if each.way != kept.way and not _apart(kept, each, stating)]
    if not rivals:
        return ""
    near, own = max(rivals, key=lambda each: each.right[stating].mean()), kept.trial(stating)
    return (
        f"{own.range} {own.order} is right on {own.accuracy:.0%} of {own.n} pictures, {near.range} "
        f"{near.order} on {near.trial(stating).accuracy:.0%}"
    )


def _better(tried: Sequence[_Tried], kept: _Tried, stating: Bools) -> str:
    found = [each for each in tried if _apart(each, kept, stating)]
    if not found:
        return ""
    row = max(found, key=lambda each: each.right[stating].mean()).trial(stating)
    return (
        f"{row.range} {row.order} {row.geometry} is right on {row.accuracy:.0%} of {row.n} pictures"
    )


def _of_one_class(kept: _Tried, truth: Labels, stating: Bools) -> str:
    """Return why the pictures tell nothing: whoever always names one class is right as often."""
    _, counts = np.unique(truth[stating], return_counts=True)
    share, own = float(counts.max() / counts.sum()), kept.trial(stating)
    if len(counts) == 1:
        return "all pictures are of one class, and naming it always is right on all of them"
    if share < _MOSTLY or own.low > share:
        return ""
    return f"{share:.0%} of the pictures are of one class, and naming it always is right as often"


def _renamed(
    tried: Sequence[_Tried], kept: _Tried, truth: Labels, stating: Bools
) -> tuple[str, _Tried | None]:
    """Return another order of the classes that fits far better, and the way it does so in.

    It is found on the one half of the pictures, and how often it is right is stated from the other.
    """
    found = [(each, _order_of(each.answers[~stating], truth[~stating])) for each in tried]
    way, names = max(
        found, key=lambda each: float(_under(each[1], each[0].answers, truth, ~stating).mean())
    )
    right = _under(names, way.answers, truth, stating)
    n, hits, own = len(right), int(right.sum()), kept.trial(stating)
    low, high = wilson(hits, n)
    if low <= own.high or all(answer == name for answer, name in names.items()):
        return "", None
    swapped = [(a, b) for a, b in sorted(names.items()) if a != b][:3]
    listed = ", ".join(f"{{{a}}} → {{{b}}}" for a, b in swapped)
    return (
        f"prepared as {way.range} {way.order}, its answers fit the classes in another order "
        f"({listed}): so they are right on {hits / n:.0%} ({low:.0%} to {high:.0%}) of {n} pictures"
    ), way


def _under(names: dict[int, int], answers: Labels, truth: Labels, of: Bools) -> Bools:
    """Return which answers are right once they mean other classes."""
    return np.array([names.get(int(each), -1) for each in answers[of]]) == truth[of]


def _order_of(answers: Labels, truth: Labels) -> dict[int, int]:
    """Return the class that each answer means, one for one, so that most are right."""
    given, meant = np.unique(answers), np.unique(truth)
    counts = [[int(((answers == a) & (truth == b)).sum()) for b in meant] for a in given]
    rows, columns = linear_sum_assignment(np.array(counts), maximize=True)
    return {int(given[i]): int(meant[j]) for i, j in zip(rows, columns, strict=True)}


def _fits(tried: _Tried, stated: Way) -> bool:
    return stated[0] in ("auto", tried.range) and stated[1] in (None, tried.order)


def _chosen(dataset: Dataset) -> list[tuple[PicturePart, int, int]]:
    """Return up to ``MOST`` pictures, as many of each class, those of a class together."""
    by_class: dict[int, list[tuple[PicturePart, int, int]]] = {}
    for part in map(picture_part, dataset.parts.values()):
        for i, label in enumerate(part.labels):
            by_class.setdefault(int(label), []).append((part, i, int(label)))
    rng = np.random.default_rng(0)
    piles = [[each[i] for i in rng.permutation(len(each))] for each in by_class.values()]
    taken = [pile[turn] for turn in range(MOST) for pile in piles if turn < len(pile)][:MOST]
    if len(taken) < 2:
        raise InputError(
            f"{dataset.ref.text} holds {count_text(len(taken), 'labelled picture')}; at least "
            "two are needed, one to choose by and one to state from."
        )
    # Together, so that every second one is half of each class.
    return sorted(taken, key=lambda each: each[2])


def _ways(channels: int, stated: Way) -> Iterator[tuple[Range, Order]]:
    """Yield the usual ways, and what is stated, be it usual or not."""
    for range_, order in product(RANGES, ORDERS):
        said = AFFINES[range_]
        if channels != 3 and (len(said.mean) > 1 or order == "bgr"):
            continue
        usual = len(said.mean) == 1 or order == said.order
        if usual or order == stated[1]:
            yield range_, order


def _seen(part: PicturePart, i: int, shape: tuple[int, ...], geometry: Geometry) -> Any:
    return images.to_input(part.picture(i), shape=shape, geometry=geometry).pixels


def _prepared(pixels: npt.NDArray[np.uint8], range_: Range, order: Order) -> Array:
    said = affine(range_, order).of(pixels.shape[-1])
    ordered = pixels[..., ::-1] if said.order == "bgr" else pixels
    scaled = (ordered - np.asarray(said.mean, np.float32)) / np.asarray(said.scale, np.float32)
    return scaled.astype(np.float32)


def _rows(said: Callable[[Array], Array], batch: Array) -> Array:
    rows = [said(batch[at : at + _BATCH]) for at in range(0, len(batch), _BATCH)]
    return np.concatenate(rows)
