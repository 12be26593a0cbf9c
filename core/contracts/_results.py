"""Results: what was computed, and everything needed to judge and to repeat it."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.contracts._codec import Stored
from core.contracts._values import Array, Box, ClassRef, Geometry
from core.parameters import Value

__all__ = ["Explanation", "PictureResult", "Prediction", "Result"]


@dataclass(frozen=True)
class Result(Stored):
    """What every result says of itself.

    ``device`` is where the passes ran, ``seconds`` the time the work took when it was computed.
    """

    key: str
    model: str
    weights_sha256: str
    device: str
    versions: dict[str, str]
    seconds: float
    cached: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class PictureResult(Result):
    """A result about one picture, and which part of it the model saw."""

    image: str
    image_sha256: str
    width: int
    height: int
    box: Box
    geometry: Geometry


@dataclass(frozen=True)
class Prediction(PictureResult):
    """What a model says about one picture.

    ``logits`` is float32 ``(n_classes,)``; :func:`core.api.ranking` makes probabilities of them.
    """

    logits: Array


@dataclass(frozen=True)
class Explanation(PictureResult):
    """An attribution map and everything needed to judge and to repeat it.

    Parameters
    ----------
    map : ndarray of float32, shape (h, w)
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
