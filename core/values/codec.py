"""Frozen results to documents and arrays and back: nothing is pickled, nothing is guessed.

Arrays, however deep, go into the npz under a dotted path; everything else into the JSON. What comes
back is checked field by field against the declared types.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict, TypeAdapter

from core.values.basic import Artefact

__all__ = ["Stored"]

_ARRAY = "$array"

_CONFIG = ConfigDict(arbitrary_types_allowed=True, extra="forbid", strict=False)


class Stored:
    """Base of results and of the dataclasses inside them: what the store can keep."""

    __pydantic_config__: ClassVar[ConfigDict] = _CONFIG

    def to_artefact(self) -> Artefact:
        """Return the document and the arrays that :meth:`from_artefact` reads back."""
        arrays: dict[str, npt.NDArray[Any]] = {}
        document = _encoded(self, "", arrays)
        return Artefact(document, arrays)

    @classmethod
    def from_artefact(cls, artefact: Artefact) -> Self:
        """Rebuild the value; a field too many, too few or of another type is a ``ValueError``."""
        return _adapter(cls).validate_python(_decoded(artefact.document, artefact.arrays))

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays: what caches weigh a result by."""
        return sum(array.nbytes for array in self.to_artefact().arrays.values())


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _encoded(item: Any, path: str, arrays: dict[str, npt.NDArray[Any]]) -> Any:
    def inside(name: str | int, part: Any) -> Any:
        return _encoded(part, f"{path}.{name}" if path else str(name), arrays)

    if is_dataclass(item) and not isinstance(item, type):
        return {f.name: inside(f.name, getattr(item, f.name)) for f in fields(item)}
    if isinstance(item, np.ndarray):
        arrays[path] = item
        return {_ARRAY: path}
    if isinstance(item, np.generic):
        return item.item()
    if isinstance(item, dict):
        return {name: inside(name, part) for name, part in item.items()}
    if isinstance(item, list | tuple):
        return [inside(i, part) for i, part in enumerate(item)]
    return item


def _decoded(item: Any, arrays: dict[str, npt.NDArray[Any]]) -> Any:
    if isinstance(item, dict):
        if item.keys() == {_ARRAY}:
            return arrays[item[_ARRAY]]
        return {name: _decoded(part, arrays) for name, part in item.items()}
    if isinstance(item, list):
        return [_decoded(part, arrays) for part in item]
    return item
