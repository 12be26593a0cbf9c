"""What every saliency method is: its declaration, and one verb, ``explain``.

Methods are NumPy over the compiled passes of a :class:`Passes`; none of them imports TensorFlow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from core.contracts import Array, MethodCard
from core.declared import card_of
from core.modalities.base import Modality
from core.modalities.capabilities import Needs
from core.parameters import Parameter, Value
from core.targets.base import Probability
from core.targets.passes import Passes

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["Attribution", "Method", "Passes", "Problem"]


@dataclass(frozen=True)
class Problem:
    """What is to be explained: f(x) = direction · logits(x), for each of N inputs.

    The outputs of ``passes`` are the model's, or the scores of targets that are no sum of them
    (:func:`core.targets.passes.pose`).

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
    probability : {"softmax", "sigmoid", ""}
        Which probabilities the outputs stand for, for methods that watch one.
    """

    passes: Passes
    inputs: Array
    directions: Array
    layer: str | None
    seed: int
    control: Control
    modality: Modality
    probability: Probability = "softmax"

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
    needs : frozenset of str
        What it needs of the model, its kind of input and its outputs: keys of
        :data:`core.modalities.capabilities.CAPABILITIES`.
    uses_layer, needs_gradients : bool
        What of it people are told first.
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
    needs: ClassVar[frozenset[str]] = frozenset({"gradient"})
    uses_layer: ClassVar[bool] = Needs("layer")  # type: ignore[assignment]
    needs_gradients: ClassVar[bool] = Needs("gradient")  # type: ignore[assignment]
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
