"""The difference of two classes' logits: why the one rather than the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit

from core.contracts import Array, ClassRef
from core.errors import InputError
from core.targets.base import Find, LinearTarget, Outputs, Probability, one_hot, settled

__all__ = ["ContrastTarget"]


@dataclass(frozen=True)
class ContrastTarget(LinearTarget):
    """logit(index) − logit(against); ``index`` is ``None`` for the class that is predicted."""

    id: ClassVar[str] = "contrast"
    summary: ClassVar[str] = "The logit of one class minus that of another: why this one."
    needs: ClassVar[frozenset[str]] = frozenset({"classes"})
    probability: ClassVar[Probability] = "softmax"
    index: int | None
    against: int

    @classmethod
    def parse(cls, text: str, find: Find) -> Self:
        """Return the contrast of two classes with a ``/`` between them."""
        target, slash, against = text.partition("/")
        if not slash:
            raise InputError(
                f"A contrast is two classes, as in contrast:281/285. Received: {text!r}.",
            )
        return cls(None if target == "auto" else find(target), find(against))

    def settle(self, index: int) -> ContrastTarget:
        """Return the contrast with the class at ``index`` where it was left open."""
        return replace(self, index=index) if self.index is None else self

    def direction(self, n_outputs: int) -> Array:
        """Return 1 and −1 for the two classes; 0 where they are the same."""
        direction = one_hot(settled(self.index), n_outputs)
        direction[self.against] -= 1.0
        return direction

    def chance(self, outputs: Outputs) -> Outputs:
        """Return the class's probability, were there no others but the two."""
        return np.asarray(expit(self.score(outputs)))

    def refs(self, names: Sequence[str]) -> tuple[ClassRef, ClassRef]:
        """Return the two classes."""
        index = settled(self.index)
        return ClassRef(index, names[index]), ClassRef(self.against, names[self.against])

    def parts(self) -> dict[str, Any]:
        """Return both indices."""
        return {"target": self.index, "against": self.against}

    def words(self) -> list[str]:
        """Return ``--target 281 --against 285``."""
        target = "auto" if self.index is None else str(self.index)
        return ["--target", target, "--against", str(self.against)]
