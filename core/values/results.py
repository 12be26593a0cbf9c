"""Results: what was computed, and everything needed to judge and to repeat it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

from core.values.basic import DEFAULT_MODALITY, Artefact
from core.values.codec import Stored
from core.values.inputs import Seen

__all__ = ["InputResult", "Result"]

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
