"""What every metric of a map is: its declaration, and one verb, ``measure``.

Metrics are NumPy over counted passes; none of them imports TensorFlow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from core.contracts import Array, MetricCard, Score
from core.declared import card_of
from core.errors import InputError
from core.evidence.passes import BudgetSpentError, CountedPasses
from core.modalities.base import Modality, Preset
from core.modalities.capabilities import Offer, reason
from core.targets.base import Probability, probabilities

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["NO_EVIDENCE", "Mask", "Metric", "Remap", "EvaluatedMap", "check_mask"]

Mask = npt.NDArray[np.bool_]
Remap = Callable[[Array, int], Array]
"""Inputs ``(N, *sites, C)`` and a seed → maps ``(N, *sites)``, of the same method and target."""

NO_EVIDENCE = "no positive evidence: the map is 0 or negative everywhere"
_CHUNK = 32


@dataclass(frozen=True)
class EvaluatedMap:
    """A map, and everything that metrics may ask about it.

    Parameters
    ----------
    passes : CountedPasses
        The model.
    input : ndarray of float32, shape (*sites, C)
        As the model takes it: pixels in [0, 1].
    direction : ndarray of float32, shape (n_classes,)
        The explained quantity is f(x) = direction · logits(x).
    map : ndarray of float32, shape (*sites,)
    zero : ndarray of float32, shape (C,)
        The site that preprocessing maps to 0, within the inputs' range.
    modality : Modality
        What kind of input it is.
    remap : callable or None
        Recomputes the map for other pictures or seeds; ``None`` where that is not possible.
    draws : bool
        Whether the method draws at random; ``map_seed`` is the seed of its map, ``seed`` that of
        the metrics' own draws.
    mask : ndarray of bool, shape (*sites,), or None
        Where the object is.
    probability_kind : {"softmax", "sigmoid", ""}
        Which probability belongs to f; without one, metrics that watch it have no value.
    """

    passes: CountedPasses
    input: Array
    direction: Array
    map: Array
    zero: Array
    seed: int
    control: Control
    modality: Modality
    remap: Remap | None = None
    draws: bool = False
    map_seed: int = 0
    mask: Mask | None = None
    preset_id: str | None = None
    probability_kind: Probability = "softmax"

    def __post_init__(self) -> None:
        if self.map.shape != self.input.shape[:-1]:
            raise InputError(
                f"The map must have the picture's size {self.input.shape[:-1]}. "
                f"Received {self.map.shape}."
            )
        if not np.isfinite(self.map).all():
            raise InputError("The map holds values that are not finite (NaN or infinity).")
        if self.mask is not None:
            check_mask(self.mask, self.input.shape[:-1])

    @property
    def preset(self) -> Preset:
        """The protocol of deletion and insertion."""
        return self.modality.preset(self.preset_id)

    @property
    def offer(self) -> Offer:
        """What metrics may need: of the kind of input, and of what is explained."""
        has = self.modality.offers | ({"probability"} if self.probability_kind else set())
        why = {"probability": "what is explained here has none"}
        return Offer(frozenset(has), why=why)

    @cached_property
    def target(self) -> int:
        """Index of the explained class."""
        return int(self.direction.argmax())

    @cached_property
    def against(self) -> int | None:
        """Index of the class it is held against, if the map explains a contrast."""
        return int(self.direction.argmin()) if self.direction.min() < 0 else None

    @property
    def score_text(self) -> str:
        """What :meth:`probabilities` measures, for protocols."""
        if self.probability_kind != "softmax":
            return f"{self.probability_kind or 'no'} probability of what is explained"
        if self.against is None:
            return "softmax probability of the explained class"
        return "probability of the explained class against the other one (softmax over the two)"

    @cached_property
    def logits(self) -> Array:
        """Logits of the whole picture, shape ``(n_classes,)``; one pass, once."""
        return self.passes.logits(self.input[None])[0]

    @cached_property
    def probability(self) -> float:
        """The score of the whole picture."""
        return float(self.softmax(self.logits[None])[0])

    @cached_property
    def f(self) -> float:
        """The explained quantity of the whole picture."""
        return float(self.logits @ self.direction)

    def softmax(self, logits: Array) -> Array:
        """Return the scores in [0, 1], shape ``(N,)``, of logits ``(N, n_classes)``."""
        if self.probability_kind != "softmax":
            values = probabilities(self.probability_kind, logits.astype(np.float64))
            return np.asarray(values @ self.direction, np.float32)
        classes = slice(None) if self.against is None else [self.target, self.against]
        chosen = logits[:, classes].astype(np.float64)
        top = chosen.max(axis=1, keepdims=True)
        total = np.log(np.exp(chosen - top).sum(axis=1)) + top[:, 0]
        return np.exp(logits[:, self.target] - total).astype(np.float32)

    def batched_logits(self, pictures: Array) -> Array:
        """Return logits of ``(N, *sites, C)``, with a look at the control between chunks."""
        rows = []
        for start in range(0, len(pictures), _CHUNK):
            self.control.check()
            rows.append(self.passes.logits(pictures[start : start + _CHUNK]))
        return np.concatenate(rows)

    def probabilities(self, pictures: Array) -> Array:
        """Return the score of each picture, shape ``(N,)``."""
        return self.softmax(self.batched_logits(pictures))

    def values(self, pictures: Array) -> Array:
        """Return f of each picture, shape ``(N,)``."""
        return self.batched_logits(pictures) @ self.direction


def check_mask(mask: Mask, shape: tuple[int, ...]) -> None:
    """Refuse a mask that says nothing about a picture of ``shape``.

    Raises
    ------
    InputError
        If it has another size, is not boolean, or marks no pixel.
    """
    if mask.dtype != np.bool_:
        raise InputError(f"A mask holds true and false. Received: {mask.dtype}.")
    if mask.shape != shape:
        raise InputError(
            f"The mask must have the size of the model's input, {shape[1]} × {shape[0]} pixels. "
            f"Received {' × '.join(str(n) for n in reversed(mask.shape))}. Resize the mask with "
            "the picture, or draw it on what the model sees."
        )
    if not mask.any():
        raise InputError("The mask is empty: it marks no pixel. Mark the object, then try again.")


class Metric(ABC):
    """A metric of one map. Subclasses declare the class variables and implement ``score``.

    Attributes
    ----------
    id, name, summary, limits, paper : str
        As for saliency methods: ``limits`` is one sentence on what the figure cannot show.
    higher_is_better : bool or None
        ``None`` where neither end is better.
    needs_mask, recomputes : bool
        Whether it needs a mask, or maps of other pictures and seeds.
    random : bool
        Whether its value depends on the seed.
    quick : bool
        Whether it belongs to the quick set.
    positive : bool
        Whether it reads positive values only, and so needs one; else any value other than 0.
    needs : frozenset of str
        What it needs of the kind of input and of what is explained.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    paper: ClassVar[str]
    higher_is_better: ClassVar[bool | None] = True
    needs_mask: ClassVar[bool] = False
    recomputes: ClassVar[bool] = False
    random: ClassVar[bool] = False
    quick: ClassVar[bool] = False
    positive: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return everything that moves the value, in words."""

    @abstractmethod
    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the value; the map has evidence, and what the metric needs is there."""

    def measure(self, evaluated: EvaluatedMap) -> Score:
        """Return the value, or ``None`` with the reason.

        Raises
        ------
        Cancelled
            When the work was stopped.
        """
        if reason := self.missing(evaluated):
            return self.undefined(evaluated, reason)
        try:
            return self.score(evaluated)
        except BudgetSpentError:
            return self.undefined(
                evaluated,
                f"it would cost more than what was left of {evaluated.passes.budget:.0f} passes; "
                "ask for it by itself",
            )

    def missing(self, evaluated: EvaluatedMap) -> str:
        """Return why there is no value for ``subject``; empty if there is one."""
        if self.needs_mask and evaluated.mask is None:
            return "no mask was given"
        if self.recomputes and evaluated.remap is None:
            return "the map cannot be computed again here"
        if why := reason("it", self.needs, evaluated.offer):
            return why.rstrip(".")
        evidence = (evaluated.map > 0) if self.positive else evaluated.map
        return "" if evidence.any() else NO_EVIDENCE

    def undefined(self, evaluated: EvaluatedMap, reason: str) -> Score:
        """Return a score without a value."""
        return self._score(evaluated, None, reason=reason)

    def defined(
        self,
        evaluated: EvaluatedMap,
        value: float,
        *,
        low: float | None = None,
        high: float | None = None,
    ) -> Score:
        """Return a score with its protocol."""
        return self._score(evaluated, float(value), low=low, high=high)

    def _score(
        self,
        evaluated: EvaluatedMap,
        value: float | None,
        *,
        low: float | None = None,
        high: float | None = None,
        reason: str = "",
    ) -> Score:
        return Score(
            metric=self.id,
            value=value,
            low=low,
            high=high,
            higher_is_better=self.higher_is_better,
            protocol=self.protocol(evaluated),
            reason=reason,
        )

    @classmethod
    def card(cls) -> MetricCard:
        """Return what users see."""
        return card_of(cls, MetricCard)
