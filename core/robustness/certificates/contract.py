"""Certificates: distances within which no perturbation whatever changes an answer."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.data.contract import DatasetRef, SplitName
from core.parameters import Parameter, Value
from core.robustness.attacks.contract import Norm
from core.robustness.contract import RobustCurve, RobustGap
from core.values.basic import ClassRef, ClassScore, Lane, content_key
from core.values.codec import Stored
from core.values.requests import InputRequest, ModelRequest
from core.values.results import InputResult, Result

__all__ = [
    "Certified",
    "CertifierCard",
    "CertifyChunk",
    "CertifyPictureRequest",
    "CertifyRequest",
    "ClassBias",
    "PictureCertificate",
]


@dataclass(frozen=True, slots=True)
class CertifierCard:
    """What the registry declares about a way to certify.

    ``norm``: what its radii are measured in. ``needs_network``: compressed models cannot serve it.
    """

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    norm: Norm
    needs_network: bool
    parameters: tuple[Parameter, ...]


def _method_text(method: str, parameters: dict[str, Value]) -> list[str]:
    words = ["--method", method]
    for name, value in parameters.items():
        words += ["--param", f"{name}={value}"]
    return words


@dataclass(frozen=True)
class CertifyChunk(Stored):
    """Certificates of some pictures that follow one another.

    Parameters
    ----------
    radii : ndarray of float64, shape (n,)
        0 where nothing is certain.
    answers : ndarray of int64
        The certified classes; −1 where the method abstains.
    clean : ndarray of int64
        What the model itself says of the unharmed pictures.
    """

    radii: npt.NDArray[np.float64]
    answers: npt.NDArray[np.int64]
    clean: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Certified(Result):
    """How accuracy that is certain falls with the radius.

    Parameters
    ----------
    n : int
        Pictures certified; fewer than ``asked`` while the work runs or when it was stopped.
    clean_accuracy, clean_low, clean_high : float
        Of the model itself on the unharmed pictures, with Wilson's interval.
    abstained : float
        Share of pictures that the method says nothing about.
    average_radius : float
        Mean radius, a wrong answer counting 0 (Zhai et al. 2020, arXiv:2001.02378).
    curves : tuple of RobustCurve
        Share of pictures that are right and stay so, of all pictures first, then of each group; a
        curve's ``attack`` is the method's id, its distances are certified radii.
    gaps : tuple of RobustGap
        The groups that differ most, at each radius.
    radii : ndarray of float64, shape (n,)
        As of :class:`CertifyChunk`, like ``answers``.
    """

    dataset: str
    fingerprint: str
    split: SplitName
    classes: tuple[str, ...]
    asked: int
    n: int
    method: str
    norm: Norm
    parameters: dict[str, Value]
    clean_accuracy: float
    clean_low: float
    clean_high: float
    abstained: float
    average_radius: float
    by: str
    slice: str
    curves: tuple[RobustCurve, ...]
    gaps: tuple[RobustGap, ...]
    ids: tuple[str, ...]
    indices: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    groups: tuple[str, ...]
    radii: npt.NDArray[np.float64]
    answers: npt.NDArray[np.int64]
    seed: int
    command: str


@dataclass(frozen=True)
class CertifyRequest(ModelRequest):
    """Ask how far around each picture of a split an answer is certain.

    Parameters
    ----------
    method : str
        Id of a certifier.
    radii : tuple of float
        Of the curve, ascending, without 0; empty for a grid that grows until nothing is left.
    by, class_map, slice
        As of :class:`RobustnessRequest`.
    """

    kind: ClassVar[str] = "certify"
    work: ClassVar[str] = "core.robustness.certificates.certify:certify"
    result: ClassVar[type[Certified]] = Certified
    dataset: DatasetRef
    fingerprint: str
    split: SplitName
    limit: int
    method: str
    parameters: dict[str, Value]
    radii: tuple[float, ...]
    by: str
    class_map: tuple[int, ...]
    slice: str
    lane: Lane = "batch"

    def common(self) -> dict[str, Any]:
        """Return what every picture's certificate depends on."""
        return super().parts() | {
            "dataset": self.fingerprint,
            "split": self.split,
            "limit": self.limit,
            "slice": self.slice,
            "method": self.method,
            "parameters": self.parameters,
            "seed": self.seed,
        }

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        own = {"radii": list(self.radii), "by": self.by, "class_map": list(self.class_map)}
        return self.common() | own

    def chunk_key(self, start: int) -> str:
        """Return the key of the certificates of the pictures from ``start`` on."""
        return content_key({**self.common(), "start": start, "kind": "certify_chunk"})

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        words = ["python", "-m", "core", "certify", *self.model_text()]
        words += ["--dataset", self.dataset.text, "--split", self.split]
        words += ["--limit", str(self.limit), *_method_text(self.method, self.parameters)]
        words += ["--radii", ",".join(f"{r:.9g}" for r in self.radii) or "auto"]
        words += ["--by", self.by] if self.by else []
        words += ["--slice", self.slice] if self.slice else []
        return shlex.join([*words, "--seed", str(self.seed)])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), dataset=self.dataset.text, command=self.command)


@dataclass(frozen=True, slots=True)
class ClassBias:
    """An answer that is given more often than it is true.

    Parameters
    ----------
    label : str
    answers, true : int
        Certified pictures with this answer, and those that it is true of.
    certified : int
        Pictures with a certified answer; abstentions are none.
    p : float
        Of an exact McNemar test, adjusted over the classes that are answered (Bonferroni).
    """

    label: str
    answers: int
    true: int
    certified: int
    p: float


@dataclass(frozen=True)
class PictureCertificate(InputResult):
    """How far around one picture the answer is certain.

    Parameters
    ----------
    predicted : ClassScore
        What the model itself says of the picture.
    answer : ClassRef or None
        The certified class, which may differ from the model's; ``None`` for an abstention.
    radius : float
        No perturbation below it, in ``norm``, changes the answer; 0 where nothing is certain.
    facts : dict
        Figures of the method, such as how many noisy copies were given the answer.
    """

    method: str
    norm: Norm
    parameters: dict[str, Value]
    predicted: ClassScore
    answer: ClassRef | None
    radius: float
    facts: dict[str, float]
    seed: int
    command: str


@dataclass(frozen=True)
class CertifyPictureRequest(InputRequest):
    """Ask how far around one picture the answer is certain."""

    kind: ClassVar[str] = "certify_picture"
    work: ClassVar[str] = "core.robustness.certificates.certify:certify_pictures"
    result: ClassVar[type[PictureCertificate]] = PictureCertificate
    method: str
    parameters: dict[str, Value]
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        own = {"method": self.method, "parameters": self.parameters, "seed": self.seed}
        return super().parts() | own

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        words = ["python", "-m", "core", "certify", self.input.name, *self.model_text()]
        words += _method_text(self.method, self.parameters)
        return shlex.join([*words, *self.input.options(), "--seed", str(self.seed)])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command)
