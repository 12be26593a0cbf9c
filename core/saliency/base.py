"""What every saliency method is: its declaration, and one verb, ``explain``.

Methods are NumPy over the compiled passes of a :class:`Passes`; none of them imports TensorFlow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from core.contracts import Array, MethodCard
from core.declared import card_of
from core.modalities.base import Modality
from core.parameters import Parameter, Value

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["Attribution", "Method", "Passes", "Problem"]


class Passes(Protocol):
    """The passes that methods are built from (:class:`core.models.runtime.Runtime` has them)."""

    def logits(self, batch: Array) -> Array:
        """Return logits ``(N, n_classes)``."""

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and gradients with respect to the pixels."""

    def guided_gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and gradients of a model whose ReLUs pass only positive gradients."""

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        """Return logits and the layer's output."""

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, features, and gradients with respect to the features."""

    def head_logits(self, features: Array, layer: str | None = None) -> Array:
        """Return logits from a layer's output."""

    def prepare(self, n_passes: int) -> None:
        """Announce forward passes to come."""


@dataclass(frozen=True)
class Problem:
    """What is to be explained: f(x) = direction · logits(x), for each of N inputs.

    Parameters
    ----------
    passes : Passes
        The model.
    inputs : ndarray of float32, shape (N, *sites, C)
        As the model takes them: pixels in [0, 1].
    directions : ndarray of float32, shape (N, n_classes)
        One-hot for a class, +1 and −1 for the contrast of two.
    layer : str or None
        Feature layer for CAMs; ``None`` for the declared one.
    seed : int
        Seed of every random draw.
    control : Control
        Progress and cancellation; methods call ``check`` between passes.
    modality : Modality
        What kind of input it is.
    """

    passes: Passes
    inputs: Array
    directions: Array
    layer: str | None
    seed: int
    control: Control
    modality: Modality

    def score(self, logits: Array) -> Array:
        """Return f, shape ``(N,)``, from logits ``(N, n_classes)``."""
        return np.einsum("nc,nc->n", logits, self.directions)


@dataclass(frozen=True)
class Attribution:
    """The map of one input, with what the method can say about its own truth.

    Parameters
    ----------
    map : ndarray of float32, shape (*sites,)
        Signed where the method is signed; never normalised.
    completeness_error : float, optional
        Relative error of Σ map against f(x) − f(baseline).
    diagnostics : mapping
        Further figures by name.
    """

    map: Array
    completeness_error: float | None = None
    diagnostics: Mapping[str, float | int | str | bool] = field(default_factory=dict)


class Method(ABC):
    """A saliency method. Subclasses declare the class variables and implement ``explain``.

    Attributes
    ----------
    id, name : str
        Identifier and name for people.
    summary : str
        One sentence: what the map shows.
    limits : str
        One sentence: what it cannot show.
    paper : str
        Source.
    signed : bool
        Whether values are negative as well.
    signs : (str, str)
        What negative and positive values mean.
    uses_layer, needs_gradients : bool
        What it needs of the model.
    slow, random : bool
        Whether it belongs into the batch lane; whether its map depends on the seed.
    control : bool
        Whether it is a yardstick and no explanation: its map hardly depends on the weights.
    class_agnostic : bool
        Whether its map is the same for every class.
    parameters : tuple of Parameter
    """

    id: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    paper: ClassVar[str]
    signed: ClassVar[bool] = False
    signs: ClassVar[tuple[str, str]] = ("against", "for")
    uses_layer: ClassVar[bool] = False
    needs_gradients: ClassVar[bool] = True
    slow: ClassVar[bool] = False
    random: ClassVar[bool] = False
    control: ClassVar[bool] = False
    class_agnostic: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @abstractmethod
    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return one attribution for each input of ``problem``, independent of the others.

        Parameters
        ----------
        problem : Problem
        parameters : mapping
            A checked value for every declared parameter.

        Raises
        ------
        Cancelled
            When the work was stopped.
        """

    def is_signed(self, parameters: Mapping[str, Value]) -> bool:
        """Whether the map is signed with these parameters."""
        return self.signed or parameters.get("channels") == "sum"

    @classmethod
    def card(cls, modality: Modality) -> MethodCard:
        """Return what users see, for inputs of ``modality``."""
        return card_of(cls, MethodCard, parameters=modality.parameters(cls.parameters))
