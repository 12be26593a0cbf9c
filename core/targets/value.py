"""One value of a regression, in its own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from core.targets.output import OutputTarget

__all__ = ["ValueTarget"]


@dataclass(frozen=True)
class ValueTarget(OutputTarget):
    """The value at ``index``; ``None``: the first. It has no probability, being no yes or no."""

    id: ClassVar[str] = "value"
    summary: ClassVar[str] = "One value of a regression, in its own unit."
    needs: ClassVar[frozenset[str]] = frozenset({"values"})

    def settle(self, index: int) -> Self:
        """Return the first value where it was left open: which is largest means nothing."""
        return super().settle(0)
