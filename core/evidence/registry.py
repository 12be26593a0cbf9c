"""The one list of metrics: requests, the CLI, the card and the contract test read it.

Packages add theirs through entry points of the group ``pellucid.metrics``.
"""

from __future__ import annotations

from core.evidence.average import AverageDrop, AverageGain, AverageIncrease
from core.evidence.base import Metric
from core.evidence.complexity import Entropy, Sparseness
from core.evidence.deletion import Deletion, Insertion
from core.evidence.mufidelity import MuFidelity
from core.evidence.picture.infidelity import Infidelity
from core.evidence.picture.localisation import PointingGame, RelevanceMass, RelevanceRank
from core.evidence.picture.road import Road, RoadLerf, RoadMorf
from core.evidence.stability import InputStability, SeedStability, SensitivityMax
from core.registry import Registry

__all__ = ["METRICS", "QUICK"]

_OWN: tuple[type[Metric], ...] = (
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

METRICS: Registry[type[Metric]] = Registry("metric", _OWN, group="pellucid.metrics", base=Metric)

QUICK: frozenset[str] = frozenset(metric.id for metric in _OWN if metric.quick)
"""What an evidence card measures unless asked for more; those with a mask only if there is one.

Its passes are counted out, so what packages bring is measured when it is asked for.
"""
