"""Which operator is rebuilt by which function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import UnknownOperatorError
from core.models.reading.opset.making import Maker
from core.models.reading.opset.values import Numbers, Value

__all__ = ["REBUILDS", "Node", "Rebuild", "operator"]


@dataclass(frozen=True)
class Node:
    """One node of the graph, what it reads already rebuilt.

    Parameters
    ----------
    kind : str
        Name of the operator, ``"Convolution"``.
    name : str
    given : list of Value or ndarray
    attributes : mapping
    shapes : list of tuple of int
        Of its outputs, for one picture.
    sole : list of bool
        Whether it alone reads each input.
    read : list of bool
        Whether something reads each output.
    real : list of bool
        Whether each input, and then the output, holds fractions.
    """

    kind: str
    name: str
    given: Sequence[Value | Numbers]
    attributes: Mapping[str, Any]
    shapes: Sequence[tuple[int, ...]]
    sole: Sequence[bool]
    read: Sequence[bool]
    real: Sequence[bool]

    def unknown(self, what: str) -> UnknownOperatorError:
        """Return the error that says what of this node is not known."""
        return UnknownOperatorError.of(self.kind, self.name, what)

    def numbers(self, index: int, what: str) -> Numbers:
        """Return an input that has to be in the file.

        Raises
        ------
        UnknownOperatorError
            If it is computed from the picture.
        """
        if index >= len(self.given) or isinstance(self.given[index], Value):
            raise self.unknown(f"its {what} depends on the picture")
        return np.asarray(self.given[index])

    def value(self, index: int = 0) -> Value:
        """Return an input that is computed from the picture.

        Raises
        ------
        UnknownOperatorError
            If it is in the file.
        """
        given = self.given[index]
        if not isinstance(given, Value):
            raise self.unknown("it takes numbers of the file where a picture's are expected")
        return given


Rebuild = Callable[[Node, Maker], Value | list[Value]]
REBUILDS: dict[str, Rebuild] = {}


def operator(*kinds: str) -> Callable[[Rebuild], Rebuild]:
    """Register a function for operators of these names."""

    def register(rebuild: Rebuild) -> Rebuild:
        for kind in kinds:
            REBUILDS[kind] = rebuild
        return rebuild

    return register
