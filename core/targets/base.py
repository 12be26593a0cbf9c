"""What every target is: one number of a model's outputs, with its derivative and its name.

A target is a value: frozen, part of the request's key, printed as the words of a command line.
Targets are NumPy over outputs ``(N, K)`` (logits, or the values of a regression).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from core.contracts import Array, ClassRef
from core.errors import InputError
from core.modalities.capabilities import Offer

__all__ = ["Find", "LinearTarget", "Outputs", "Probability", "Target", "probabilities"]

Outputs = npt.NDArray[Any]
"""Shape ``(N, K)``, in single or double precision."""

Find = Callable[[str], int]
"""From what somebody typed (an index, a name) to the index of an output."""

Probability = Literal["softmax", "sigmoid", ""]
"""How outputs become probabilities: against each other, each for itself, or not at all."""


def probabilities(kind: Probability, outputs: Outputs) -> Outputs:
    """Return the probabilities that outputs ``(N, K)`` stand for, of the same shape.

    >>> probabilities("sigmoid", np.zeros((1, 2))).tolist()
    [[0.5, 0.5]]
    """
    if not kind:
        raise ValueError("these outputs stand for no probability")
    squash = softmax if kind == "softmax" else expit
    return np.asarray(squash(outputs, axis=-1) if kind == "softmax" else squash(outputs))


@dataclass(frozen=True)
class Target(ABC):
    """One number of a model's outputs. Subclasses declare the class variables and the verbs.

    Attributes
    ----------
    id : str
        Its kind: "class", "contrast".
    summary : str
        One sentence: which number it is.
    linear : bool
        Whether the number is a weighted sum of the outputs: then a method runs on the model's own
        outputs, along :meth:`slope`; else on the number itself (:mod:`core.targets.passes`).
    needs : frozenset of str
        What the model's outputs must be; see :mod:`core.modalities.capabilities`.
    probability : {"softmax", "sigmoid", ""}
        Which probability belongs to it; ``""``: none, and it cannot be watched as one.
    """

    id: ClassVar[str]
    summary: ClassVar[str]
    linear: ClassVar[bool]
    needs: ClassVar[frozenset[str]] = frozenset()
    probability: ClassVar[Probability] = ""

    @classmethod
    @abstractmethod
    def parse(cls, text: str, find: Find) -> Self:
        """Return the target that ``text`` names, the part behind ``id:`` on a command line.

        Raises
        ------
        InputError
            If it names none.
        """

    @abstractmethod
    def score(self, outputs: Outputs) -> Outputs:
        """Return the number for each row of outputs ``(N, K)``, shape ``(N,)``."""

    @abstractmethod
    def slope(self, outputs: Array) -> Array:
        """Return the derivative of :meth:`score` by each output, shape ``(N, K)``."""

    @abstractmethod
    def refs(self, names: Sequence[str]) -> tuple[ClassRef, ClassRef | None]:
        """Return what results call it: an output and its name, and one it is held against.

        ``names`` are those of the outputs; a number made of several outputs goes by its own name,
        and by the index of the first of them.
        """

    @abstractmethod
    def parts(self) -> dict[str, Any]:
        """Return what content keys are made of: ``target``, and ``against``."""

    @abstractmethod
    def words(self) -> list[str]:
        """Return the words of a command line that name it."""

    def label(self, names: Sequence[str]) -> str:
        """Return its name for people, given those of the outputs."""
        target, against = self.refs(names)
        return target.label if against is None else f"{target.label} rather than {against.label}"

    def settle(self, index: int) -> Target:
        """Return the same, with an output that was left open being the one at ``index``."""
        del index
        return self

    def chance(self, outputs: Outputs) -> Outputs | None:
        """Return its probability for each row, shape ``(N,)``; ``None`` if it has none."""
        return np.asarray(expit(self.score(outputs))) if self.probability == "sigmoid" else None

    def offer(self, model: Offer) -> Offer:
        """Return what a model offers to whoever explains this of it."""
        if self.probability:
            return replace(model, has=model.has | {"probability"})
        why = f"what is explained of {model.owner} ({self.id}) has none"
        return replace(model, why={**model.why, "probability": why})


@dataclass(frozen=True)
class LinearTarget(Target):
    """A weighted sum of outputs: the same direction everywhere."""

    linear: ClassVar[bool] = True

    @abstractmethod
    def direction(self, n_outputs: int) -> Array:
        """Return the weights, float32 ``(n_outputs,)``."""

    def score(self, outputs: Outputs) -> Outputs:
        """Return direction · outputs."""
        return np.asarray(outputs @ self.direction(outputs.shape[1]))

    def slope(self, outputs: Array) -> Array:
        """Return the direction, once for each row."""
        direction = self.direction(outputs.shape[1])
        return np.repeat(direction[None], len(outputs), axis=0)


def one_hot(index: int, n_outputs: int) -> Array:
    """Return 1 at ``index`` and 0 elsewhere, float32 ``(n_outputs,)``."""
    direction = np.zeros(n_outputs, np.float32)
    direction[index] = 1.0
    return direction


def settled(index: int | None) -> int:
    """Return ``index``, which must be known by now."""
    if index is None:
        raise InputError("Which output is explained was left open: name it.")
    return index
