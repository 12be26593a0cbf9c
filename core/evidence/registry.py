"""The one list of metrics: requests, the CLI, the card and the contract test read it."""

from __future__ import annotations

from core.evidence.average import AverageDrop, AverageGain, AverageIncrease
from core.evidence.base import Metric
from core.evidence.complexity import Entropy, Sparseness
from core.evidence.deletion import Deletion, Insertion
from core.evidence.infidelity import Infidelity
from core.evidence.localisation import PointingGame, RelevanceMass, RelevanceRank
from core.evidence.mufidelity import MuFidelity
from core.evidence.road import Road, RoadLerf, RoadMorf
from core.evidence.stability import InputStability, SeedStability, SensitivityMax
from core.lookup import lookup

__all__ = ["METRICS", "QUICK", "get"]

_METRICS: tuple[type[Metric], ...] = (
    Deletion,
    Insertion,
    AverageDrop,
    AverageIncrease,
    AverageGain,
    MuFidelity,
    Infidelity,
    Road,
    RoadMorf,
    RoadLerf,
    InputStability,
    SeedStability,
    SensitivityMax,
    Sparseness,
    Entropy,
    PointingGame,
    RelevanceMass,
    RelevanceRank,
)

METRICS: dict[str, type[Metric]] = {metric.id: metric for metric in _METRICS}

QUICK: frozenset[str] = frozenset(metric.id for metric in _METRICS if metric.quick)
"""What an evidence card measures unless asked for more; those with a mask only if there is one."""


def get(metric_id: str) -> type[Metric]:
    """Return the metric called ``metric_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    return lookup(METRICS, metric_id, what="metric")
