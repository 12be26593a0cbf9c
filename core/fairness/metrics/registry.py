"""The one list of metrics of groups: tables, gaps, slices, exports and the glossary read it."""

from __future__ import annotations

from core.fairness.metrics.base import Metric, Proportion
from core.fairness.metrics.composites import COMPOSITES, IMPACT_RATIO
from core.fairness.metrics.inequality import INEQUALITY
from core.fairness.metrics.rates import RATES
from core.fairness.metrics.scores import OF_SCORES
from core.registry import Registry

__all__ = ["METRICS", "get_rate"]

_METRICS: tuple[Metric, ...] = (*RATES, IMPACT_RATIO, *COMPOSITES, *OF_SCORES, *INEQUALITY)

METRICS: Registry[Metric] = Registry("metric of groups", _METRICS)
_RATES: Registry[Proportion] = Registry(
    "rate", tuple(metric for metric in _METRICS if isinstance(metric, Proportion))
)


def get_rate(metric_id: str) -> Proportion:
    """Return the rate called ``metric_id``; errors as of ``METRICS.find``."""
    return _RATES.find(metric_id)
