"""Requests: what is asked, of which model; each knows its content key and its command."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeVar

from core.contracts._input import Input
from core.contracts._results import Explanation, Prediction, Result
from core.contracts._target import TargetValue
from core.contracts._values import Lane, ModelRef, content_key
from core.parameters import Value

__all__ = [
    "ExplainRequest", "ModelRequest", "InputRequest", "PredictRequest", "Request", "RequestFor",
]  # fmt: skip

R_co = TypeVar("R_co", bound=Result, covariant=True)


class Request(Protocol):
    """Work to be done: what engine, job table and store need to know of any request.

    Attributes
    ----------
    kind : str
        Its own among all requests.
    work : str
        ``"module:function"``, which takes requests and a control and returns their results. It is
        named, not imported: whoever only asks never loads what computes.
    result : type
        What it returns for each request.
    durable : bool
        Whether results are runs, which put themselves beside the store and are never evicted.
    """

    kind: ClassVar[str]
    work: ClassVar[str]
    durable: ClassVar[bool]

    @property
    def result(self) -> type[Result]:
        """Class of what it returns."""

    @property
    def key(self) -> str:
        """Content key: the SHA-256 of everything the result depends on."""

    @property
    def lane(self) -> Lane:
        """``"interactive"`` for answers within seconds, ``"batch"`` for the rest."""

    @property
    def batch(self) -> str:
        """What requests must share to be computed in one call."""

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, marked as cached."""


class RequestFor(Request, Protocol[R_co]):
    """A request whose class of result is known: what makes the type of an answer known as well."""

    @property
    def result(self) -> type[R_co]:
        """Class of what it returns."""


@dataclass(frozen=True)
class ModelRequest:
    """What every request about a model depends on; subclasses extend ``parts``."""

    kind: ClassVar[str]
    work: ClassVar[str]
    result: ClassVar[type[Result]]
    durable: ClassVar[bool] = False
    model: ModelRef
    weights_sha256: str
    versions: dict[str, str]
    seed: int

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return {
            "kind": self.kind,
            "model": self.model.id,
            "weights": self.weights_sha256,
            "classes": self.model.classes,
            "versions": self.versions,
        }

    @cached_property
    def key(self) -> str:
        """Content key: everything the result depends on."""
        return content_key(self.parts())

    @property
    def batch(self) -> str:
        """What requests must share to be computed in one call; pictures and targets may differ."""
        about = {"kind": self.kind, "model": asdict(self.model), "seed": self.seed}
        return content_key(about | {"weights": self.weights_sha256})

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request."""
        return replace(stored, cached=True)

    def model_text(self) -> list[str]:
        """Return the options of a command line that name the model."""
        words = ["--model", self.model.id]
        if self.model.weights != "pretrained":
            words += ["--weights", self.model.weights]
        if self.model.classes is not None:
            words += ["--classes", self.model.classes]
        return words


@dataclass(frozen=True)
class InputRequest(ModelRequest):
    """What every request about one input and one model depends on."""

    input: Input

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | self.input.parts()

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, about this request's source."""
        return replace(stored, seen=self.input.seen(), cached=True)


@dataclass(frozen=True)
class PredictRequest(InputRequest):
    """Ask for the logits of one picture (the weights' hash of random weights has the seed)."""

    kind: ClassVar[str] = "predict"
    work: ClassVar[str] = "core.models.predict:predict"
    result: ClassVar[type[Prediction]] = Prediction
    lane: Lane = "interactive"


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
