"""What targets that read one output share: its index, and how it is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from core.contracts import Array, ClassRef
from core.targets.base import Find, LinearTarget, one_hot, settled

__all__ = ["OutputTarget"]


@dataclass(frozen=True)
class OutputTarget(LinearTarget):
    """The output at ``index``; ``None``: the one that is largest."""

    index: int | None = None

    @classmethod
    def parse(cls, text: str, find: Find) -> Self:
        """Return the output called ``text``; "auto" leaves it open."""
        return cls(None if text == "auto" else find(text))

    def settle(self, index: int) -> Self:
        """Return the output at ``index`` where it was left open."""
        return replace(self, index=index) if self.index is None else self

    def direction(self, n_outputs: int) -> Array:
        """Return 1 for the output."""
        return one_hot(settled(self.index), n_outputs)

    def refs(self, names: Sequence[str]) -> tuple[ClassRef, None]:
        """Return the output."""
        index = settled(self.index)
        return ClassRef(index, names[index]), None

    def parts(self) -> dict[str, Any]:
        """Return kind and index."""
        return {"target": {self.id: self.index}, "against": None}

    def words(self) -> list[str]:
        """Return ``--target 2``: on a model of this kind of outputs, an index means it."""
        return ["--target", "auto" if self.index is None else str(self.index)]
