"""Results: what was computed, and everything needed to judge and to repeat it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

from core.contracts._codec import Stored
from core.contracts._input import Seen
from core.contracts._values import DEFAULT_MODALITY, Array, Artefact, ClassRef
from core.parameters import Value

__all__ = ["Explanation", "InputResult", "Prediction", "Result"]

_SEEN, _MODALITY = "seen", "modality"


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
class InputResult(Result):
    """A result about one input, and what it tells of the source of it.

    In documents the fields of ``seen`` stand beside the others.
    """

    seen: Seen

    def to_artefact(self) -> Artefact:
        """Return the document and the arrays that :meth:`from_artefact` reads back."""
        whole = super().to_artefact()
        document: dict[str, Any] = {}
        for name, part in whole.document.items():
            document |= self._told(part) if name == _SEEN else {name: part}
        return Artefact(document, whole.arrays)

    def _told(self, seen: dict[str, Any]) -> dict[str, Any]:
        kind = self.seen.modality
        return seen if kind == DEFAULT_MODALITY else {_MODALITY: kind, **seen}

    @classmethod
    def from_artefact(cls, artefact: Artefact) -> Self:
        """Rebuild the value; a field too many, too few or of another type is a ``ValueError``."""
        document = dict(artefact.document)
        kind = Seen.kinds[document.pop(_MODALITY, DEFAULT_MODALITY)]
        told = {f.name: document.pop(f.name) for f in fields(kind)}
        document[_SEEN] = kind.from_artefact(Artefact(told, artefact.arrays))
        return super().from_artefact(Artefact(document, artefact.arrays))


@dataclass(frozen=True)
class Prediction(InputResult):
    """What a model says about one input.

    ``logits`` is float32 ``(n_classes,)``; :func:`core.api.ranking` makes probabilities of them.
    """

    logits: Array


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
