"""Which gaps there are: of one rate, of several combined, of areas, of one class of several."""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts import MetricName
from core.errors import UnknownNameError
from core.fairness.gaps.null_distribution import Combine
from core.fairness.metrics.base import Proportion
from core.fairness.metrics.registry import METRICS
from core.registry import Registry

__all__ = ["GAPS", "GapSpec", "default_gaps", "get_gap"]

_MOST_ONE_VS_REST = 20


@dataclass(frozen=True, slots=True)
class GapSpec:
    """A gap between groups.

    Parameters
    ----------
    parts : tuple of str
        Ids of the metrics whose gaps it is made of.
    combine : {"max", "mean"}
        How, where there are several.
    of : str
        The class of several that it is about; ``""`` for none.
    given : str
        The condition within whose values it is taken; ``""`` for none.
    """

    id: str
    name: str
    summary: str
    parts: tuple[str, ...]
    combine: Combine = "max"
    of: str = ""
    given: str = ""


_NAMED = (
    GapSpec(
        "selection_rate",
        "Demographic parity",
        "Groups are selected equally often.",
        ("selection_rate",),
    ),
    GapSpec(
        "tpr",
        "Equal opportunity",
        "Positives are found equally often in all groups (Hardt et al. 2016).",
        ("tpr",),
    ),
    GapSpec(
        "fpr",
        "Predictive equality",
        "Negatives are taken for positive equally often in all groups.",
        ("fpr",),
    ),
    GapSpec(
        "equalized_odds",
        "Equalized odds",
        "The larger one of the gaps of TPR and FPR (Hardt et al. 2016).",
        ("tpr", "fpr"),
    ),
    GapSpec(
        "average_odds",
        "Average odds",
        "The mean of the gaps of TPR and FPR.",
        ("tpr", "fpr"),
        "mean",
    ),
    GapSpec(
        "precision",
        "Predictive parity",
        "A predicted positive is right equally often in all groups.",
        ("precision",),
    ),
    GapSpec("accuracy", "Accuracy gap", "Rows are classified right equally often.", ("accuracy",)),
    GapSpec(
        "balanced_accuracy",
        "Balanced accuracy gap",
        "Classes are recognised equally well, averaged over the classes.",
        ("balanced_accuracy",),
    ),
    GapSpec("auc", "AUC gap", "Positives are ranked above negatives equally often.", ("auc",)),
    GapSpec(
        "scoring_rate",
        "Scoring rate gap",
        "Groups score above the median of all rows equally often (Local Law 144).",
        ("scoring_rate",),
    ),
)
_OF_RATES = tuple(
    GapSpec(id, f"{metric.name} gap", metric.summary, (id,))
    for id, metric in METRICS.items()
    if isinstance(metric, Proportion) and id not in {spec.id for spec in _NAMED}
)
GAPS: Registry[GapSpec] = Registry("gap", (*_NAMED, *_OF_RATES))
"""Every gap by id; in multiclass tables rates are asked for by class, as ``tpr[cat]``."""

_BINARY = (
    "selection_rate", "tpr", "fpr", "equalized_odds", "average_odds", "precision", "accuracy",
)  # fmt: skip
_ONE_VS_REST = ("selection_rate", "tpr")


def get_gap(gap_id: str) -> GapSpec:
    """Return the gap called ``gap_id``, ``tpr[cat]`` included.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    asked = MetricName.parse(gap_id)
    if not asked.of:
        return GAPS.find(gap_id)
    metric = METRICS.get(asked.base)
    if not isinstance(metric, Proportion) or metric.tasks != "binary":
        raise UnknownNameError(
            f"There is no gap {gap_id!r}. One class against the rest is written as tpr[CLASS]."
        )
    spec = GAPS[asked.base]
    return GapSpec(asked.text, f"{spec.name}, {asked.of}", spec.summary, (asked.base,), of=asked.of)


def default_gaps(
    classes: tuple[str, ...], *, binary: bool, labels: bool, scores: bool
) -> tuple[str, ...]:
    """Return the gaps that are tested unless others are asked for.

    The complements (FNR, TNR, FDR, FOR) have the same gaps, so they do not swell the family.
    """
    if not labels:
        rates = ("selection_rate",) if binary else ()
        return (*rates, *(("scoring_rate",) if scores else ()))
    if binary:
        return (*_BINARY, "auc") if scores else _BINARY
    named = classes if len(classes) <= _MOST_ONE_VS_REST else ()
    each = [MetricName(rate, of=label).text for label in named for rate in _ONE_VS_REST]
    return ("accuracy", "balanced_accuracy", *each)
