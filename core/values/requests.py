"""Requests: what is asked, of which model; each knows its content key and its command."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeVar

from core.values.basic import Lane, ModelRef, content_key
from core.values.inputs import Input
from core.values.results import Result

__all__ = ["InputRequest", "ModelRequest", "Request", "RequestFor"]

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
