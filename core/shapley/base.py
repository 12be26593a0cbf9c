"""What every SHAP explainer is: its declaration, and one verb, ``explain``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from core.contracts import Array, ExplainerCard
from core.declared import card_of
from core.modalities.base import Modality
from core.modalities.capabilities import Needs
from core.parameters import Parameter, Value
from core.targets.passes import Passes

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["Background", "Explainer", "Segments", "ShapProblem", "Shares"]

Floats = npt.NDArray[np.float64]
Segments = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Background:
    """Inputs that stand for "anything", and how much each counts.

    Parameters
    ----------
    inputs : ndarray of float32, shape (B, *sites, C)
        As the model takes them.
    weights : ndarray of float64, shape (B,)
        Add up to 1.
    logits : ndarray of float32, shape (B, n_classes)
    words : str
        Where they come from, for people.
    """

    inputs: Array
    weights: Floats
    logits: Array
    words: str


@dataclass(frozen=True)
class ShapProblem:
    """One input and the classes whose logits are to be shared out over it.

    Parameters
    ----------
    passes : Passes
        The model.
    input : ndarray of float32, shape (*sites, C)
        As the model takes it.
    targets : sequence of int
        Indices of the K outputs of ``passes`` that are explained.
    n_classes : int
        Number of those outputs.
    background : Background or None
        For explainers that need one.
    seed : int
    control : Control
    modality : Modality
    name : str
        Names model and picture: what was evaluated under one name is not evaluated again. Empty:
        nothing is remembered.
    """

    passes: Passes
    input: Array
    targets: Sequence[int]
    n_classes: int
    background: Background | None
    seed: int
    control: Control
    modality: Modality
    name: str = ""

    def segments(self, n: int) -> Segments:
        """Cut the input into about ``n`` units, the modality's first way."""
        return self.modality.units(self.input, self.modality.choices["partitions"][0], n)


@dataclass(frozen=True)
class Shares:
    """An explainer's answer.

    Parameters
    ----------
    values : ndarray of float64, shape (K, *sites)
        The share of each site in logit − base.
    base_values : ndarray of float64, shape (K,)
    segments : ndarray of int32, shape (*sites,)
        Units to tell the shares by, 0 to R − 1.
    background : str
        What "nothing is seen" means, in words.
    evaluations, gradient_passes : int
        Forward passes and gradients that were asked for.
    """

    values: Floats
    base_values: Floats
    segments: Segments
    background: str
    evaluations: int
    gradient_passes: int = 0


class Explainer(ABC):
    """A way to Shapley values. Subclasses declare the class variables and implement ``explain``."""

    id: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    paper: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    needs_gradients: ClassVar[bool] = Needs("gradient")  # type: ignore[assignment]
    needs_background: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @abstractmethod
    def explain(self, problem: ShapProblem, parameters: Mapping[str, Value]) -> Shares:
        """Return the shares of every pixel for every class of ``problem``.

        Raises
        ------
        Cancelled
            When the work was stopped.
        """

    @classmethod
    def card(cls, modality: Modality) -> ExplainerCard:
        """Return what users see, for inputs of ``modality``."""
        return card_of(cls, ExplainerCard, parameters=modality.parameters(cls.parameters))
