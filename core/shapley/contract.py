"""SHAP: what share of a class's logit each part of the picture has, as request and result."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.parameters import Parameter, Value
from core.values.basic import Array, ClassRef, Lane
from core.values.inputs import Input
from core.values.requests import InputRequest
from core.values.results import InputResult
from core.values.targets import TargetValue

__all__ = ["DEFAULT_EXPLAINER", "ExplainerCard", "RegionShare", "ShapRequest", "ShapResult"]

DEFAULT_EXPLAINER = "partition"


@dataclass(frozen=True, slots=True)
class ExplainerCard:
    """What a SHAP explainer declares about itself."""

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    needs_gradients: bool
    needs_background: bool
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class ShapResult(InputResult):
    """Shapley values of one picture for K classes, in logits.

    Parameters
    ----------
    targets : tuple of ClassRef
        The K classes.
    values : ndarray of float32, shape (K, H, W)
        Signed, summed over channels; H × W is the model's input.
    base_values, outputs : ndarray of float32, shape (K,)
        What the shares start from (nothing of the picture is seen), and the logits reached.
    probabilities : ndarray of float32, shape (K,)
        Softmax over all classes of the model, or of a yes or no its own; NaN where there is none.
    additivity_errors, relative_errors : ndarray of float32, shape (K,)
        |Σ values + base − output|, in logits and relative to |output − base|; the relative one
        is NaN where output and base are equal up to rounding.
    segments : ndarray of int32, shape (H, W)
        Region of each pixel, 0 to R − 1.
    region_values : ndarray of float32, shape (K, R)
        Sums of ``values`` over the regions.
    background : str
        What "nothing is seen" means here, in words.
    evaluations, gradient_passes : int
        Forward passes asked for, and gradients.
    command : str
        The command line that reproduces the result.
    """

    explainer: str
    parameters: dict[str, Value]
    targets: tuple[ClassRef, ...]
    values: Array
    base_values: Array
    outputs: Array
    probabilities: Array
    additivity_errors: Array
    relative_errors: Array
    segments: npt.NDArray[np.int32]
    region_values: Array
    background: str
    evaluations: int
    gradient_passes: int
    seed: int
    command: str


@dataclass(frozen=True)
class ShapRequest(InputRequest):
    """Ask how the logits of some classes are shared out over one picture.

    Parameters
    ----------
    explainer : {"partition", "gradient", "kernel"}
    targets : tuple of targets
        What to explain (:mod:`core.targets`); empty for the ``top`` likeliest classes.
    background : tuple of Input
        Pictures that stand for "anything", for explainers that compare with data; each once, in
        the order of their hashes.
    """

    kind: ClassVar[str] = "shap"
    work: ClassVar[str] = "core.shapley.explain:explain"
    result: ClassVar[type[ShapResult]] = ShapResult
    explainer: str
    parameters: dict[str, Value]
    targets: tuple[TargetValue, ...]
    top: int
    background: tuple[Input, ...] = ()
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "explainer": self.explainer,
            "parameters": self.parameters,
            "targets": [_part(each.parts()) for each in self.targets] or f"top {self.top}",
            "background": [seen.sha256 for seen in self.background],
            "seed": self.seed,
        }

    @property
    def batch(self) -> str:
        """Each picture by itself."""
        return self.key

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command)

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request; ``BACKGROUND`` is the folder used."""
        words = ["python", "-m", "core", "shap", self.input.name, *self.model_text()]
        words += ["--explainer", self.explainer]
        for target in self.targets:
            words += target.words()
        if not self.targets:
            words += ["--classes-top", str(self.top)]
        for name, value in self.parameters.items():
            words += ["--param", f"{name}={value}"]
        if self.background:
            words += ["--background", "BACKGROUND"]
        words += [*self.input.options(), "--seed", str(self.seed), "--out", "shap"]
        return shlex.join(words)


def _part(parts: dict[str, Any]) -> Any:
    """Return a target's part of the key: its own value, unless it holds two against each other."""
    return parts if parts["against"] is not None else parts["target"]


@dataclass(frozen=True, slots=True)
class RegionShare:
    """One region's share in a class's logit.

    Parameters
    ----------
    number : int
        Rank by magnitude for that class, from 1.
    region : int
        Its number in ``segments``.
    value : float
        Its share, in logits.
    x, y : float
        A site inside it, near its middle; ``y`` is 0 where sites have one axis.
    """

    number: int
    region: int
    value: float
    x: float
    y: float
