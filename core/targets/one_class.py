"""The logit of one class: the one that the model predicts, or another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.targets.base import Outputs, Probability, probabilities, settled
from core.targets.output import OutputTarget

__all__ = ["ClassTarget"]


@dataclass(frozen=True)
class ClassTarget(OutputTarget):
    """The logit of class ``index``; ``None``: of the class that the model predicts."""

    id: ClassVar[str] = "class"
    summary: ClassVar[str] = "The logit of one class, as a rule the one that is predicted."
    needs: ClassVar[frozenset[str]] = frozenset({"classes"})
    probability: ClassVar[Probability] = "softmax"

    def chance(self, outputs: Outputs) -> Outputs:
        """Return the class's softmax probability."""
        return np.asarray(probabilities("softmax", outputs)[:, settled(self.index)])

    def parts(self) -> dict[str, Any]:
        """Return the index."""
        return {"target": self.index, "against": None}
