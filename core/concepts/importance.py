"""How much each concept matters to a logit: total-order Sobol indices, and taking it out.

Concepts are turned down inside the real activations, a(m) = a − Σₖ (1 − mₖ) uₖ wₖ, so that a(1) is
the picture itself and whatever the concepts do not explain stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.contracts import Array

__all__ = ["Importance", "designs", "measure", "total_indices"]

_POINTS = 32
"""Base points of the design; each concept costs as many passes behind the layer."""
_BATCH = 64

Score = Callable[[Array], Array]
"""From activations ``(N, h, w, K)`` to the class's logits ``(N,)``."""


@dataclass(frozen=True)
class Importance:
    """What one picture says of each of r concepts.

    Parameters
    ----------
    total : ndarray, shape (r,)
        Total-order Sobol indices of the logit.
    effect : ndarray, shape (r,)
        Change of the logit when one concept alone is taken out.
    level : ndarray, shape (r,)
        Mean coefficient over the picture's places.
    all_out, nothing_left : float
        Change of the logit when all concepts, and when all activations are taken out.
    """

    total: Array
    effect: Array
    level: Array
    all_out: float
    nothing_left: float


def designs(n_concepts: int, *, seed: int) -> tuple[Array, Array]:
    """Return two independent sets of strengths in [0, 1], ``(points, n_concepts)`` each."""
    from scipy.stats import qmc

    drawn = qmc.Sobol(2 * n_concepts, rng=np.random.default_rng(seed)).random(_POINTS)
    return (
        drawn[:, :n_concepts].astype(np.float32),
        drawn[:, n_concepts:].astype(np.float32),
    )


def total_indices(first: Array, second: Array, mixed: Array) -> Array:
    """Return total-order indices by Jansen's estimator (1999).

    Parameters
    ----------
    first, second : ndarray, shape (points,)
        f at the designs A and B.
    mixed : ndarray, shape (r, points)
        f at A with column k taken from B.

    Returns
    -------
    ndarray of float32, shape (r,)
        All 0 where f does not vary.
    """
    variance = float(np.var(np.concatenate([first, second]), dtype=np.float64))
    if variance <= 1e-12:
        return np.zeros(len(mixed), np.float32)
    return np.asarray(((first - mixed) ** 2).mean(axis=1) / (2 * variance), np.float32)


def measure(
    activations: Array, found: Array, bank: Array, score: Score, *, seed: int
) -> Importance:
    """Measure every concept in one picture.

    Parameters
    ----------
    activations : ndarray, shape (h, w, K)
    found : ndarray, shape (h, w, r)
        The concepts' coefficients.
    bank : ndarray, shape (r, K)
    score : callable
    """
    r = len(bank)
    first, second = designs(r, seed=seed)
    mixed = np.repeat(first[None], r, axis=0)
    mixed[np.arange(r), :, np.arange(r)] = second.T
    single = 1 - np.eye(r, dtype=np.float32)
    ends = np.stack([np.ones(r, np.float32), np.zeros(r, np.float32)])
    strengths = np.concatenate([ends, single, first, second, mixed.reshape(-1, r)])
    logits = _scores(activations, found, bank, strengths, score)
    silent = float(score(np.zeros_like(activations)[None])[0])
    whole, none = float(logits[0]), float(logits[1])
    rest = logits[2 + r :]
    n = len(first)
    return Importance(
        total_indices(rest[:n], rest[n : 2 * n], rest[2 * n :].reshape(r, n)),
        logits[2 : 2 + r] - whole,
        found.mean(axis=(0, 1)),
        none - whole,
        silent - whole,
    )


def _scores(activations: Array, found: Array, bank: Array, strengths: Array, score: Score) -> Array:
    parts = []
    for start in range(0, len(strengths), _BATCH):
        missing = 1 - strengths[start : start + _BATCH]
        taken = (found[None] * missing[:, None, None, :]) @ bank
        parts.append(score((activations[None] - taken).astype(np.float32)))
    return np.concatenate(parts)
