"""Owen values down a tree of rectangles (``shap``'s partition explainer, on pixels).

The picture is halved again and again, across its longer side. At each halving, both halves get the
average of what they add before and after the other one (Owen 1977); the halves that matter most
are halved next, until the evaluations run out, and what is left at a rectangle then is spread
evenly over it. The shares add up to f(picture) − f(everything hidden), whatever the budget.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import numpy.typing as npt

from core.parameters import Parameter, Value
from core.shapley.base import Explainer, Floats, Segments, ShapProblem, Shares
from core.shapley.game import Game
from core.shapley.maskers import MASKER, words

__all__ = ["PartitionExplainer"]

_AT_ONCE = 10
"""Evaluations a round, as in ``shap``: the order of halving depends on it, and so do the values."""
_REGIONS = 16

Mask = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint8]
"""A mask, packed: thousands of them wait in the queue."""


@dataclass(frozen=True, slots=True)
class _Rectangle:
    """Rows ``top`` to ``bottom``, columns ``left`` to ``right``, the ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def place(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def area(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    def halves(self) -> tuple[_Rectangle, _Rectangle]:
        # Of an odd side the first half gets more: shap numbers its tree from the last pixel.
        height, width = self.bottom - self.top, self.right - self.left
        if height >= width:
            middle = self.top + (height + 1) // 2
            return (
                _Rectangle(self.top, middle, self.left, self.right),
                _Rectangle(middle, self.bottom, self.left, self.right),
            )
        middle = self.left + (width + 1) // 2
        return (
            _Rectangle(self.top, self.bottom, self.left, middle),
            _Rectangle(self.top, self.bottom, middle, self.right),
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """A rectangle to be halved while ``visible`` is seen besides: it takes v from low to high."""

    rectangle: _Rectangle
    visible: Bits
    low: Floats
    high: Floats
    weight: float

    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        """Return what is seen with the one half and with the other."""
        seen = np.unpackbits(self.visible, count=int(np.prod(shape))).reshape(shape).astype(bool)
        masks = []
        for half in self.rectangle.halves():
            mask = seen.copy()
            mask[half.place] = True
            masks.append(mask)
        return masks


@dataclass
class _Owen:
    """The recursion: a queue of steps, the most promising first, and the shares so far."""

    values: Floats
    queue: list[tuple[float, int, _Step]] = field(default_factory=list)
    halved: set[_Rectangle] = field(default_factory=set)
    _order: count[int] = field(default_factory=count)

    def put(self, step: _Step) -> None:
        promise = float(np.abs(step.high - step.low).max()) * step.weight
        heapq.heappush(self.queue, (-promise, next(self._order), step))

    def pop(self) -> _Step:
        return heapq.heappop(self.queue)[2]

    def settle(self, step: _Step) -> None:
        share = (step.high - step.low) * (step.weight / step.rectangle.area)
        self.values[:, *step.rectangle.place] += share[:, None, None]

    def halve(self, step: _Step, masks: Sequence[Mask], values: Floats) -> None:
        """Put both halves, each before and after the other; v of the two ``masks`` is known."""
        (a, b), half = step.rectangle.halves(), step.weight / 2
        (first, second), (with_a, with_b) = values, (np.packbits(mask) for mask in masks)
        self.halved.add(step.rectangle)
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
        height, width = problem.picture.shape[:2]
        nothing = np.zeros((height, width), bool)
        low, high = game.value(np.stack([nothing, ~nothing]))
        owen = _Owen(np.zeros((len(low), height, width)))
        everything = _Rectangle(0, height, 0, width)
        owen.put(_Step(everything, np.packbits(nothing), low, high, 1.0))
        while owen.queue and budget - game.evaluations >= 2:
            _round(owen, game, budget)
        while owen.queue:
            owen.settle(owen.pop())
        return Shares(
            owen.values,
            low,
            _regions(owen, everything),
            f"everything hidden: {words(masker)}",
            game.evaluations,
        )


def _round(owen: _Owen, game: Game, budget: int) -> None:
    steps: list[_Step] = []
    masks: list[Mask] = []
    while owen.queue and len(masks) + 2 <= min(_AT_ONCE, budget - game.evaluations):
        step = owen.pop()
        if step.rectangle.area == 1:
            owen.settle(step)
            continue
        steps.append(step)
        masks += step.masks(owen.values.shape[1:])
    if steps:
        values = game.value(np.stack(masks))
        for i, step in enumerate(steps):
            both = slice(2 * i, 2 * i + 2)
            owen.halve(step, masks[both], values[both])


def _regions(owen: _Owen, everything: _Rectangle) -> Segments:
    """Cut the picture into at most 16 of the rectangles, finest where the shares are largest."""

    def weighed(rectangle: _Rectangle) -> float:
        return float(np.abs(owen.values[:, *rectangle.place]).sum(axis=(1, 2)).max())

    order = count()
    finest: list[_Rectangle] = []
    queue = [(-weighed(everything), next(order), everything)]
    while queue and len(queue) + len(finest) < _REGIONS:
        _, _, rectangle = heapq.heappop(queue)
        if rectangle not in owen.halved:
            finest.append(rectangle)
            continue
        for half in rectangle.halves():
            heapq.heappush(queue, (-weighed(half), next(order), half))
    segments = np.zeros(owen.values.shape[1:], np.int32)
    chosen = [*finest, *(rectangle for _, _, rectangle in queue)]
    for number, rectangle in enumerate(sorted(chosen, key=lambda r: (r.top, r.left))):
        segments[rectangle.place] = number
    return segments
