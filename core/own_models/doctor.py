"""The preprocessing doctor: which way of preparing pictures makes a model right on labelled ones.

A model that is given pixels of another range than it was trained on still answers, and often with
confidence. Nothing in most files says which range that was; labelled pictures do. The way is chosen
on one half of them, and how often each way is right is stated from the other: the best of 24 ways
on the same pictures would be praised for its luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import GEOMETRIES, Array, Geometry, PreprocessingTrial
from core.data.base import Dataset
from core.data.picture import PicturePart, picture_part
from core.errors import InputError
from core.modalities.picture import images
from core.own_models.ranges import AFFINES, ORDERS, RANGES, Order, Range, affine
from core.proportions import wilson

__all__ = ["MOST", "ambiguous", "trials", "worse"]

MOST = 120
"""Pictures that are tried, as many of each class as there are."""
_BATCH = 32


def trials(
    said: Callable[[Array], Array],
    shape: tuple[int, ...],
    dataset: Dataset,
    order_of_classes: Sequence[int],
    *,
    two_of_one: bool,
    stated: tuple[str, Order | None] = ("auto", None),
) -> tuple[PreprocessingTrial, ...]:
    """Try the usual ways to prepare pictures, and return how often each is right.

    The first is the way that is kept: the one that is right most often on one half of the pictures
    among those that fit what is stated; the numbers of every way are those of the other half, the
    rest in their order.

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
        Range and order that the owner states; ``"auto"`` and ``None`` for what is left open.

    Raises
    ------
    InputError
        If a picture cannot be read.
    """
    chosen = _chosen(dataset)
    truth = np.array([order_of_classes[label] for _, _, label in chosen])
    to_state = np.arange(len(truth)) % 2 == 1
    found: list[tuple[float, PreprocessingTrial]] = []
    for geometry in GEOMETRIES:
        pixels = np.stack([_seen(part, i, shape, geometry) for part, i, _ in chosen])
        for range_, order in _ways(shape[-1], stated):
            rows = _rows(said, _prepared(pixels, range_, order))
            taken = (rows[:, 0] > 0.5).astype(int) if two_of_one else rows.argmax(axis=1)
            right = taken == truth
            n, hits = int(to_state.sum()), int(right[to_state].sum())
            trial = PreprocessingTrial(range_, order, geometry, hits / n, *wilson(hits, n), n)
            found.append((float(right[~to_state].mean()), trial))
    fitting = [each for each in found if _fits(each[1], stated)]
    chosen_row = max(fitting, key=lambda each: each[0])[1]  # of equals the first: the usual order
    rest = [row for _, row in found if row is not chosen_row]
    return (chosen_row, *sorted(rest, key=lambda row: -row.accuracy))


def ambiguous(found: Sequence[PreprocessingTrial]) -> str:
    """Return why the chosen way does not stand out, empty if it does.

    Of ways that differ in range or order, geometry aside: the chosen one must be better than every
    other one beyond what chance does, in the sense that their intervals are apart.
    """
    best = found[0]
    rivals = [each for each in found if (each.range, each.order) != (best.range, best.order)]
    near = [each for each in rivals if each.high >= best.low]
    if not near:
        return ""
    said = f"{best.range} {best.order} is right on {best.accuracy:.0%} of {best.n} pictures"
    return f"{said}, {near[0].range} {near[0].order} on {near[0].accuracy:.0%}"


def worse(found: Sequence[PreprocessingTrial]) -> str:
    """Return which way is better than the first one beyond chance, empty if none is."""
    kept = found[0]
    better = next((each for each in found[1:] if each.low > kept.high), None)
    if better is None:
        return ""
    return (
        f"{better.range} {better.order} {better.geometry} is right on {better.accuracy:.0%} of "
        f"{better.n} pictures"
    )


def _fits(trial: PreprocessingTrial, stated: tuple[str, Order | None]) -> bool:
    return stated[0] in ("auto", trial.range) and stated[1] in (None, trial.order)


def _chosen(dataset: Dataset) -> list[tuple[PicturePart, int, int]]:
    """Return up to ``MOST`` pictures, as many of each class, those of a class together."""
    by_class: dict[int, list[tuple[PicturePart, int, int]]] = {}
    for part in map(picture_part, dataset.parts.values()):
        for i, label in enumerate(part.labels):
            by_class.setdefault(int(label), []).append((part, i, int(label)))
    rng = np.random.default_rng(0)
    piles = [[each[i] for i in rng.permutation(len(each))] for each in by_class.values()]
    taken = [pile[turn] for turn in range(MOST) for pile in piles if turn < len(pile)][:MOST]
    if not taken:
        raise InputError(f"{dataset.ref.text} holds no labelled pictures.")
    # Together, so that every second one is half of each class.
    return sorted(taken, key=lambda each: each[2])


def _ways(channels: int, stated: tuple[str, Order | None]) -> Iterator[tuple[Range, Order]]:
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
