"""Claims about TCAV: random pictures taken for a concept do not matter, a planted one does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.calibration.base import Claim, claim, each
from core.concepts.cav import monte_carlo_p, null_runs, runs
from core.concepts.tcav import ALPHA
from core.contracts import Array

__all__ = ["CLAIMS"]

_TOPIC = "Concepts: TCAV"
_CHANNELS, _POOL, _CONCEPT, _CLASS = 40, 90, 20, 30
_RUNS, _NULL = 5, 100


def _features(rng: np.random.Generator, n: int) -> Array:
    """Return features as networks have them: positive, skewed, of unlike sizes, correlated."""
    latent = rng.standard_normal((n, 8)) @ np.random.default_rng(5).standard_normal((8, _CHANNELS))
    return np.maximum(latent + rng.standard_normal((n, _CHANNELS)), 0).astype(np.float32)


def _significant(rng: np.random.Generator, effect: float) -> bool:
    """Whether a concept is called significant; ``effect`` shifts it along the class's gradient."""
    slope = rng.standard_normal(_CHANNELS)
    slope /= np.linalg.norm(slope)
    gradients = slope + 0.1 * rng.standard_normal((_CLASS, _CHANNELS))
    concept = _features(rng, _CONCEPT) + np.float32(effect) * slope.astype(np.float32)
    pool, given = _features(rng, _POOL), gradients.astype(np.float32)
    found = runs(concept, pool, given, n_runs=_RUNS, rng=rng)
    null = null_runs(pool, _CONCEPT, given, n_runs=_RUNS, n_null=_NULL, rng=rng)
    drawn = np.array([each_run.alignments.mean() for each_run in null])
    return monte_carlo_p(float(found.alignments.mean()), drawn) <= ALPHA


def _of(effect: float) -> Callable[[np.random.Generator], bool]:
    def trial(rng: np.random.Generator) -> bool:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="blas"):
            return _significant(rng, effect)

    return trial


CLAIMS: tuple[Claim, ...] = (
    claim(
        "concepts.tcav.null", _TOPIC,
        "Random pictures taken for a concept are significant in at most 5 % of tests.",
        "Skewed, correlated features; concept and random pictures are drawn alike.",
        each(_of(0.0)), unit="tests", n=400, quick=8, at_most=0.05, beside="concepts.tcav.found",
    ),
    claim(
        "concepts.tcav.found", _TOPIC,
        "A concept that lies along the class's gradient is significant in at least 90 % of tests.",
        "The same features, shifted along the gradient.",
        each(_of(6.0)), unit="tests", n=100, quick=5, at_least=0.9,
    ),
)  # fmt: skip
