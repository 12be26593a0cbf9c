"""Owen values down a tree of rectangles (``shap``'s partition explainer, on pixels).

The picture is halved again and again, across its longer side. At each halving, both halves get the
average of what they add before and after the other one (Owen 1977); the halves that matter most
are halved next, until the evaluations run out, and what is left at a block then is spread
evenly over it. The shares add up to f(picture) − f(everything hidden), whatever the budget.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import prod

import numpy as np
import numpy.typing as npt

from core.axes import along, inner
from core.parameters import Parameter, Value
from core.shapley.base import Explainer, Floats, Segments, ShapProblem, Shares
from core.shapley.game import MASKER, Game

__all__ = ["PartitionExplainer"]

_AT_ONCE = 10
"""Evaluations a round, as in ``shap``: the order of halving depends on it, and so do the values."""
_REGIONS = 16

Mask = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint8]
"""A mask, packed: thousands of them wait in the queue."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Sites from ``low`` to ``high`` along each axis, the ends excluded."""

    low: tuple[int, ...]
    high: tuple[int, ...]

    @property
    def place(self) -> tuple[slice, ...]:
        return tuple(map(slice, self.low, self.high))

    @property
    def size(self) -> int:
        return prod(self._lengths)

    @property
    def _lengths(self) -> list[int]:
        return [high - low for low, high in zip(self.low, self.high, strict=True)]

    def halves(self) -> tuple[_Block, _Block]:
        """Return both halves across the longest side, the first of several."""
        lengths = self._lengths
        axis = lengths.index(max(lengths))
        # Of an odd side the first half gets more: shap numbers its tree from the last pixel.
        middle = self.low[axis] + (lengths[axis] + 1) // 2
        return (
            _Block(self.low, (*self.high[:axis], middle, *self.high[axis + 1 :])),
            _Block((*self.low[:axis], middle, *self.low[axis + 1 :]), self.high),
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """A block to be halved while ``visible`` is seen besides: it takes v from low to high."""

    block: _Block
    visible: Bits
    low: Floats
    high: Floats
    weight: float

    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        """Return what is seen with the one half and with the other."""
        seen = np.unpackbits(self.visible, count=int(np.prod(shape))).reshape(shape).astype(bool)
        masks = []
        for half in self.block.halves():
            mask = seen.copy()
            mask[half.place] = True
            masks.append(mask)
        return masks


@dataclass
class _Owen:
    """The recursion: a queue of steps, the most promising first, and the shares so far."""

    values: Floats
    queue: list[tuple[float, int, _Step]] = field(default_factory=list)
    halved: set[_Block] = field(default_factory=set)
    _order: count[int] = field(default_factory=count)

    def put(self, step: _Step) -> None:
        promise = float(np.abs(step.high - step.low).max()) * step.weight
        heapq.heappush(self.queue, (-promise, next(self._order), step))

    def pop(self) -> _Step:
        return heapq.heappop(self.queue)[2]

    def settle(self, step: _Step) -> None:
        share = (step.high - step.low) * (step.weight / step.block.size)
        self.values[:, *step.block.place] += along(share, self.values)

    def halve(self, step: _Step, masks: Sequence[Mask], values: Floats) -> None:
        """Put both halves, each before and after the other; v of the two ``masks`` is known."""
        (a, b), half = step.block.halves(), step.weight / 2
        (first, second), (with_a, with_b) = values, (np.packbits(mask) for mask in masks)
        self.halved.add(step.block)
        self.put(_Step(a, step.visible, step.low, first, half))
        self.put(_Step(b, step.visible, step.low, second, half))
        self.put(_Step(a, with_b, second, step.high, half))
        self.put(_Step(b, with_a, first, step.high, half))


class PartitionExplainer(Explainer):
    """Owen values of rectangles, the picture halved where it matters."""

    id = "partition"
    name = "Partition"
    summary = (
        "The picture is halved again and again, and each part gets what showing it adds to the "
        "score, averaged over being shown before and after its neighbour."
    )
    limits = (
        "Hidden parts are replaced, and the model reacts to the replacement too; regions are "
        "rectangles, whatever the objects' outlines."
    )
    paper = (
        "Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions, "
        "arXiv:1705.07874; Owen 1977, Values of Games with a Priori Unions"
    )
    parameters = (
        Parameter(
            "max_evals", "int", 300, "Evaluations of the model to spend", low=20, high=5000,
            step=50,
        ),
        MASKER,
    )  # fmt: skip

    def explain(self, problem: ShapProblem, parameters: Mapping[str, Value]) -> Shares:
        """Return the Owen values; they add up exactly."""
        masker, budget = str(parameters["masker"]), int(parameters["max_evals"])
        game = Game(problem, masker, budget=budget)
        sites = problem.input.shape[:-1]
        nothing = np.zeros(sites, bool)
        low, high = game.value(np.stack([nothing, ~nothing]))
        owen = _Owen(np.zeros((len(low), *sites)))
        everything = _Block((0,) * len(sites), sites)
        owen.put(_Step(everything, np.packbits(nothing), low, high, 1.0))
        while owen.queue and budget - game.evaluations >= 2:
            _round(owen, game, budget)
        while owen.queue:
            owen.settle(owen.pop())
        return Shares(
            owen.values,
            low,
            _regions(owen, everything),
            f"everything hidden: {problem.modality.masker_text(masker)}",
            game.evaluations,
        )


def _round(owen: _Owen, game: Game, budget: int) -> None:
    steps: list[_Step] = []
    masks: list[Mask] = []
    while owen.queue and len(masks) + 2 <= min(_AT_ONCE, budget - game.evaluations):
        step = owen.pop()
        if step.block.size == 1:
            owen.settle(step)
            continue
        steps.append(step)
        masks += step.masks(owen.values.shape[1:])
    if steps:
        values = game.value(np.stack(masks))
        for i, step in enumerate(steps):
            both = slice(2 * i, 2 * i + 2)
            owen.halve(step, masks[both], values[both])


def _regions(owen: _Owen, everything: _Block) -> Segments:
    """Cut the picture into at most 16 of the blocks, finest where the shares are largest."""

    def weighed(block: _Block) -> float:
        values = np.abs(owen.values[:, *block.place])
        return float(values.sum(axis=inner(values)).max())

    order = count()
    finest: list[_Block] = []
    queue = [(-weighed(everything), next(order), everything)]
    while queue and len(queue) + len(finest) < _REGIONS:
        _, _, block = heapq.heappop(queue)
        if block not in owen.halved:
            finest.append(block)
            continue
        for half in block.halves():
            heapq.heappush(queue, (-weighed(half), next(order), half))
    segments = np.zeros(owen.values.shape[1:], np.int32)
    chosen = [*finest, *(block for _, _, block in queue)]
    for number, block in enumerate(sorted(chosen, key=lambda block: block.low)):
        segments[block.place] = number
    return segments
