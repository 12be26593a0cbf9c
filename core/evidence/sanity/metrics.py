"""Metrics of a method on a model, not of one map: the findings of the randomisation checks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.contracts import GroupScore, Sanity

__all__ = ["SANITY_METRICS", "sanity_score"]

SANITY_METRICS: dict[str, Callable[[Sanity], float | None]] = {
    "randomisation": lambda found: (
        float(np.mean([stage.spearman for stage in found.stages])) if found.stages else None
    ),
    "random_logit": lambda found: found.random_logit,
}
"""By id; lower is better for both: the map follows the weights, and the class."""


def sanity_score(metric: str, found: Sanity) -> GroupScore:
    """Return one finding as a row of a leaderboard; ``n`` counts probe photographs."""
    value = SANITY_METRICS[metric](found)
    return GroupScore(
        method=found.method,
        metric=metric,
        group="",
        mean=value,
        low=None,
        high=None,
        n=0 if value is None else found.n_pictures,
        protocol=found.protocol if value is not None else found.words,
    )
