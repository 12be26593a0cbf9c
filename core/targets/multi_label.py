"""One class of a model in which each class is a yes or no of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.targets.base import Probability
from core.targets.output import OutputTarget

__all__ = ["MultiLabelTarget"]


@dataclass(frozen=True)
class MultiLabelTarget(OutputTarget):
    """The logit of class ``index`` before its sigmoid; other classes do not bear on it."""

    id: ClassVar[str] = "multi-label"
    summary: ClassVar[str] = "The logit of one class that is a yes or no of its own."
    needs: ClassVar[frozenset[str]] = frozenset({"labels"})
    probability: ClassVar[Probability] = "sigmoid"
