"""Results: what was computed, and everything needed to judge and to repeat it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from core.contracts._values import Array, Artefact, Box, ClassRef
from core.parameters import Value

__all__ = ["Explanation", "Prediction", "Result"]


@dataclass(frozen=True)
class _Stored:
    """Save and load by field: arrays into the npz, everything else into the JSON."""

    def to_artefact(self) -> Artefact:
        """Return the document and the arrays that :meth:`from_artefact` reads back."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {name: v for name, v in values.items() if isinstance(v, np.ndarray)}
        document = {
            name: asdict(v) if hasattr(v, "__dataclass_fields__") else v
            for name, v in values.items()
            if name not in arrays
        }
        return Artefact(document, arrays)

    @classmethod
    def from_artefact(cls, artefact: Artefact) -> Self:
        """Rebuild the value; unknown fields are an error, so that formats do not drift."""
        values: dict[str, Any] = {**artefact.document, **artefact.arrays}
        for name, kind in _NESTED.items():
            if isinstance(values.get(name), dict):
                values[name] = kind(**values[name])
        return cls(**values)


_NESTED: dict[str, type] = {"box": Box, "target": ClassRef, "against": ClassRef}


@dataclass(frozen=True)
class Prediction(_Stored):
    """What a model says about one picture.

    ``logits`` is float32 ``(n_classes,)``; :func:`core.api.ranking` makes probabilities of them.
    ``seconds`` is the time the work took when it was computed.
    """

    key: str
    model: str
    weights_sha256: str
    device: str
    image: str
    image_sha256: str
    width: int
    height: int
    box: Box
    geometry: str
    logits: Array
    seconds: float
    versions: dict[str, str]
    cached: bool = False


@dataclass(frozen=True)
class Explanation(_Stored):
    """An attribution map and everything needed to judge and to repeat it.

    Parameters
    ----------
    map : ndarray of float32, shape (h, w)
        At the model's input size, signed where the method is signed, never normalised.
    logit : float
        The explained quantity f(x): the target's logit, or the difference of two logits.
    completeness_error : float or None
        |Σ map − (f(x) − f(baseline))| / |f(x) − f(baseline)| for methods that promise completeness.
    diagnostics : dict
        Figures of the method, such as the baseline's f, the passes spent, the summed defect.
    command : str
        The command line that reproduces the map.
    """

    key: str
    model: str
    weights_sha256: str
    device: str
    image: str
    image_sha256: str
    width: int
    height: int
    box: Box
    geometry: str
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
    seconds: float
    versions: dict[str, str]
    command: str
    cached: bool = False


Result = Prediction | Explanation
