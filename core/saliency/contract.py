"""A method's card, what asks for a map, and the map."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from core.parameters import Parameter, Value
from core.values.basic import Array, ClassRef, Lane, content_key
from core.values.requests import InputRequest
from core.values.results import InputResult
from core.values.targets import TargetValue

__all__ = ["ExplainRequest", "Explanation", "MethodCard"]


@dataclass(frozen=True, slots=True)
class MethodCard:
    """What a saliency method declares about itself.

    ``signs`` says what negative and positive values of a signed map mean.
    """

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    signed: bool
    uses_layer: bool
    needs_gradients: bool
    slow: bool
    random: bool
    control: bool
    parameters: tuple[Parameter, ...]
    signs: tuple[str, str] = ("against", "for")


@dataclass(frozen=True)
class Explanation(InputResult):
    """An attribution map and everything needed to judge and to repeat it.

    Parameters
    ----------
    map : ndarray of float32, shape (*sites,)
        At the model's input size, signed where the method is signed, never normalised.
    logit : float
        The explained quantity f(x): the target's logit, or the difference of two logits.
    completeness_error : float or None
        |Σ map − (f(x) − f(baseline))| / |f(x) − f(baseline)| for methods that promise completeness.
        ``None`` also where f(x) and f(baseline) are equal up to rounding: the diagnostics then
        hold the ``absolute_error``, in the unit of f.
    diagnostics : dict
        Figures of the method, such as the baseline's f, the passes spent, the summed defect.
    command : str
        The command line that reproduces the map.
    """

    method: str
    parameters: dict[str, Value]
    layer: str | None
    target: ClassRef
    against: ClassRef | None
    seed: int
    signed: bool
    map: Array
    logit: float
    completeness_error: float | None
    diagnostics: dict[str, float | int | str | bool]
    command: str


@dataclass(frozen=True)
class ExplainRequest(InputRequest):
    """Ask for one map of one picture.

    ``target`` is the number that is explained (:mod:`core.targets`); one that leaves the class open
    means the class that the model predicts. ``layer`` is ``None`` for the declared one.
    """

    kind: ClassVar[str] = "explain"
    work: ClassVar[str] = "core.saliency.explain:explain"
    result: ClassVar[type[Explanation]] = Explanation
    method: str
    parameters: dict[str, Value]
    target: TargetValue
    layer: str | None
    lane: Lane = "interactive"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "method": self.method,
            "parameters": self.parameters,
            **self.target.parts(),
            "layer": self.layer,
            "seed": self.seed,
        }

    @property
    def batch(self) -> str:
        """Of maps: the method, its parameters and the layer as well."""
        own = {"method": self.method, "parameters": self.parameters, "layer": self.layer}
        if not self.target.linear:  # such a target is explained by itself
            own |= self.target.parts()
        return content_key({"above": super().batch, **own})

    def adopt(self, stored: Any) -> Any:
        """Return a stored map as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command(stored.target.index))

    def command(self, target: int) -> str:
        """Return the command line that repeats this request for the output ``target``."""
        words = ["python", "-m", "core", "explain", self.input.name]
        words += [*self.model_text(), "--method", self.method, *self.words(target)]
        words += [*self.input.options(), "--seed", str(self.seed), "--out", "maps"]
        return shlex.join(words)

    def words(self, target: int | None = None) -> list[str]:
        """Return the options of a command line that say what is explained, and how.

        ``target`` is the output that was found where it was left open.
        """
        words = (self.target if target is None else self.target.settle(target)).words()
        words += ["--layer", self.layer] if self.layer is not None else []
        for name, value in self.parameters.items():
            words += ["--param", f"{name}={value}"]
        return words
