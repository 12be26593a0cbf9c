"""The one list of metrics of groups: tables, gaps, slices, exports and the glossary read it."""

from __future__ import annotations

from core.fairness.metrics.base import Metric, Proportion
from core.fairness.metrics.composites import COMPOSITES, IMPACT_RATIO
from core.fairness.metrics.inequality import INEQUALITY
from core.fairness.metrics.rates import RATES
from core.fairness.metrics.scores import OF_SCORES
from core.lookup import lookup

__all__ = ["METRICS", "get", "get_rate"]

_METRICS: tuple[Metric, ...] = (*RATES, IMPACT_RATIO, *COMPOSITES, *OF_SCORES, *INEQUALITY)

METRICS: dict[str, Metric] = {metric.id: metric for metric in _METRICS}


def get(metric_id: str) -> Metric:
    """Return the metric called ``metric_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    return lookup(METRICS, metric_id, what="metric of groups")


def get_rate(metric_id: str) -> Proportion:
    """Return the rate called ``metric_id``; errors as in :func:`get`."""
    rates = {id: metric for id, metric in METRICS.items() if isinstance(metric, Proportion)}
    return lookup(rates, metric_id, what="rate")
