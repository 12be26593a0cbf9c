"""Directions of concepts in feature space, and the test whether one matters to a class.

A concept's statistic is its mean alignment over many random counterexample sets. What it would be
without any meaning is found by the same procedure with random pictures taken for a concept: the
p-value is exact whatever the features look like. The classical t-test over the runs (Kim et al.
2018) treats runs with the same concept pictures as independent, and calls random pictures
significant far too often (``tests/concepts/test_cav.py`` measures both).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import Array

__all__ = ["Runs", "cav", "monte_carlo_p", "null_runs", "runs", "t_test_p"]

_HELD_OUT = 1 / 3
_RIDGE = 1.0


@dataclass(frozen=True)
class Runs:
    """One concept against many random sets.

    Parameters
    ----------
    scores : ndarray, shape (n_runs,)
        Share of the class's pictures whose logit rises along the direction.
    alignments : ndarray, shape (n_runs,)
        Mean cosine between gradient and direction.
    accuracies : ndarray, shape (n_runs,)
        Of the classifier, on pictures held out.
    """

    scores: Array
    alignments: Array
    accuracies: Array


def cav(concept: Array, random: Array) -> tuple[Array, float]:
    """Return the concept's direction of length 1 and the accuracy on a third held out.

    Parameters
    ----------
    concept, random : ndarray, shape (n, K)
        As many pictures each, in random order.
    """
    kept = len(concept) - max(1, round(len(concept) * _HELD_OUT))
    train = np.concatenate([concept[:kept], random[:kept]])
    scale = np.float32(train.std() or 1.0)
    signs = np.repeat(np.array([1, -1], np.float32), kept)
    weights, offset = _ridge((train / scale).astype(np.float32), signs)
    test = np.concatenate([concept[kept:], random[kept:]]) / scale
    right = (test @ weights + offset > 0) == np.repeat([True, False], len(test) // 2)
    return weights / max(float(np.linalg.norm(weights)), 1e-30), float(right.mean())


def _ridge(pictures: Array, signs: Array) -> tuple[Array, float]:
    """Fit a ridge classifier, as scikit-learn's ``RidgeClassifier(alpha=1)`` does.

    There are fewer pictures than channels, so the small system is solved: a test needs thousands
    of fits, and scikit-learn spends twenty times as long on checking its arguments.
    """
    centre = pictures.mean(axis=0)
    centred = pictures - centre
    inner = centred @ centred.T
    inner[np.diag_indices_from(inner)] += _RIDGE
    weights = centred.T @ np.linalg.solve(inner, signs - signs.mean())
    return weights, float(signs.mean() - centre @ weights)


def runs(
    concept: Array, pool: Array, gradients: Array, *, n_runs: int, rng: np.random.Generator
) -> Runs:
    """Hold a concept against ``n_runs`` random sets of its own size.

    Parameters
    ----------
    concept : ndarray, shape (n, K)
    pool : ndarray, shape (m, K)
        Pictures of no concept in particular, m ≥ n.
    gradients : ndarray, shape (p, K)
        Of the class's logit, one row a picture: the derivative when every place moves alike.
    """
    lengths = np.linalg.norm(gradients, axis=1, keepdims=True)
    unit = np.divide(gradients, lengths, out=np.zeros_like(gradients), where=lengths > 0)
    rows = [_one(concept, pool, unit, rng) for _ in range(n_runs)]
    scores, alignments, accuracies = np.array(rows).T
    return Runs(scores, alignments, accuracies)


def _one(
    concept: Array, pool: Array, unit: Array, rng: np.random.Generator
) -> tuple[float, float, float]:
    drawn = pool[rng.choice(len(pool), len(concept), replace=False)]
    direction, accuracy = cav(rng.permutation(concept), drawn)
    cosines = unit @ direction
    return float((cosines > 0).mean()), float(cosines.mean()), accuracy


def null_runs(
    pool: Array,
    size: int,
    gradients: Array,
    *,
    n_runs: int,
    n_null: int,
    rng: np.random.Generator,
    check: Callable[[int], None] = lambda done: None,
) -> Iterator[Runs]:
    """Yield ``n_null`` results of random pictures taken for a concept of ``size``."""
    for done in range(n_null):
        check(done)
        shuffled = rng.permutation(len(pool))
        concept, rest = pool[shuffled[:size]], pool[shuffled[size:]]
        yield runs(concept, rest, gradients, n_runs=n_runs, rng=rng)


def monte_carlo_p(value: float, null: npt.NDArray[np.floating]) -> float:
    """Return the two-sided p-value of ``value`` among draws without meaning.

    Distance is taken from the mean of all, the value included, so that under the null hypothesis
    every order of the n + 1 numbers is equally likely and the test is exact.
    """
    everything = np.append(null, value)
    distances = np.abs(everything - everything.mean())
    return float((distances >= distances[-1] - 1e-12).mean())


def t_test_p(scores: Array, null: Array) -> float:
    """Return the two-sided p-value of Welch's t-test; 1 for equal constants, 0 for others."""
    from scipy import stats

    if max(scores.std(), null.std()) < 1e-9:
        return 1.0 if scores[0] == null[0] else 0.0
    with warnings.catch_warnings():
        # One side is often constant (all pictures, every run): SciPy warns of lost digits.
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(stats.ttest_ind(scores, null, equal_var=False).pvalue)
