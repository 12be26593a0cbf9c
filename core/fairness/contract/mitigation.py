"""Thresholds for each group: what they would lead to, and mitigation on rows held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from core.data.contract import DatasetPredictRequest
from core.fairness.contract.audits import AuditRequest
from core.fairness.contract.rates import GroupTable
from core.fairness.contract.report import FairnessReport
from core.values.codec import Stored
from core.values.counts import exactly
from core.values.results import Result

__all__ = [
    "CONSTRAINTS", "MITIGATORS", "Constraint", "Mitigation", "MitigationRequest", "Mitigator",
    "ParityCost", "ThresholdEffect",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Constraint = Literal["selection_rate", "tpr", "fpr", "equalized_odds"]
CONSTRAINTS: tuple[Constraint, ...] = get_args(Constraint)
"""What shall be alike in all groups, by the id of its gap."""
Mitigator = Literal["group_thresholds", "threshold_optimizer"]
MITIGATORS: tuple[Mitigator, ...] = get_args(Mitigator)


@dataclass(frozen=True)
class ThresholdEffect(Stored):
    """What thresholds for each group lead to.

    Parameters
    ----------
    thresholds : dict
        For each group the score from which it is selected: the next one that its curve knows, so
        that all counts are exact; ``inf`` where nobody is.
    table : GroupTable
        Rates of each group, with Wilson's intervals.
    overall : GroupTable
        Of all rows together.
    differences : dict
        For each rate, the largest minus the smallest value over the groups; NaN where none is
        estimable.
    """

    thresholds: dict[str, float]
    table: GroupTable
    overall: GroupTable
    differences: dict[str, float]


@dataclass(frozen=True)
class ParityCost(Stored):
    """How much accuracy a smaller gap costs, with one threshold for each group.

    Parameters
    ----------
    constraint : str
        Id of the rate whose gap is bounded.
    allowed : ndarray of float64, shape (P,)
        Bounds of the gap, rising.
    accuracy, gap : ndarray of float64, shape (P,)
        Best accuracy over all rows under each bound, and the gap that it has.
    thresholds : ndarray of float64, shape (P, G)
        ``inf`` where nobody of the group is selected.
    best_accuracy : float
        Without any bound.
    """

    attribute: str
    constraint: str
    groups: tuple[str, ...]
    allowed: Floats
    accuracy: Floats
    gap: Floats
    thresholds: Floats
    best_accuracy: float


@dataclass(frozen=True)
class Mitigation(Result):
    """Decisions before and after, both on the rows held out.

    Parameters
    ----------
    thresholds : dict
        Of ``group_thresholds``, for each group; empty for a randomised rule.
    never : dict
        Groups of which nobody is selected (their threshold is ``inf``), with the reason.
    rule : str
        What decides now, in words.
    n_fit : int
        Rows that the decisions were made from.
    before, after : FairnessReport
    """

    source: str
    attribute: str
    constraint: str
    mitigator: str
    thresholds: dict[str, float]
    never: dict[str, str]
    rule: str
    n_fit: int
    before: FairnessReport
    after: FairnessReport
    command: str


@dataclass(frozen=True)
class MitigationRequest(AuditRequest):
    """Ask for decisions that treat groups more alike, judged on rows that they were not made from.

    Parameters
    ----------
    attribute : str
        One of ``columns.groups``.
    constraint : {"selection_rate", "tpr", "fpr", "equalized_odds"}
    mitigator : {"group_thresholds", "threshold_optimizer"}
        Thresholds for each group with the best accuracy under a gap of at most the tolerance, or
        Fairlearn's randomised rule without a gap.
    held_out : float
        Share of a table's rows that are judged, drawn by the seed; with ``rows="confirm"`` the
        confirming half is judged, and decisions are made from the exploring half.
    fit : DatasetPredictRequest or None
        For a model on a dataset: predictions of the split that decisions are made from.
    """

    kind: ClassVar[str] = "fairness_mitigation"
    work: ClassVar[str] = "core.fairness.mitigation.mitigate:mitigate"
    result: ClassVar[type[Mitigation]] = Mitigation
    command_name: ClassVar[str] = "mitigate"
    attribute: str = ""
    constraint: Constraint = "tpr"
    mitigator: Mitigator = "group_thresholds"
    held_out: float = 0.5
    fit: DatasetPredictRequest | None = None

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "attribute": self.attribute,
            "constraint": self.constraint,
            "mitigator": self.mitigator,
            "held_out": self.held_out,
            "fit": None if self.fit is None else self.fit.key,
        }

    def source_options(self) -> list[str]:
        """Return the words of a command line that name what is mitigated, and how."""
        words = [*super().source_options(), "--attribute", self.attribute]
        words += ["--constraint", self.constraint, "--mitigator", self.mitigator]
        if self.fit is not None:
            return [*words, "--fit-split", self.fit.split]
        return [*words, "--held-out", exactly(self.held_out)]
