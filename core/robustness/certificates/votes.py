"""Certified radii by randomised smoothing (Cohen et al. 2019, arXiv:1902.02918)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.control import Control
from core.robustness.certificates.certificate import Certificate

__all__ = ["certify", "lower_bound", "radius", "smoothed_predict"]

_BATCH = 64


def lower_bound(hits: int, n: int, alpha: float) -> float:
    """Return the one-sided Clopper–Pearson bound: below the true rate with probability 1 − α.

    >>> round(lower_bound(100, 100, 0.001), 4)
    0.9333
    """
    from scipy.stats import beta

    return 0.0 if hits == 0 else float(beta.ppf(alpha, hits, n - hits + 1))


def radius(hits: int, n: int, *, sigma: float, alpha: float) -> float:
    """Return σ Φ⁻¹(p) of the bound p; 0 where p ≤ ½, which is an abstention.

    >>> round(radius(100, 100, sigma=0.25, alpha=0.001), 4)
    0.3751
    """
    from scipy.stats import norm

    p = lower_bound(hits, n, alpha)
    return sigma * float(norm.ppf(p)) if p > 0.5 else 0.0


def certify(
    logits: Callable[[Array], Array], picture: Array, *, sigma: float, n_select: int = 100,
    n_estimate: int = 1000, alpha: float = 0.001, seed: int | Sequence[int] = 0,
    control: Control,
) -> Certificate:  # fmt: skip
    """Certify one picture: choose a class on some noisy copies, estimate its rate on others.

    Parameters
    ----------
    logits : callable
        Pictures ``(N, H, W, 3)`` → ``(N, n_classes)``; they may leave [0, 1], as noise does.
    sigma : float
        Standard deviation of the noise, in pixels of [0, 1].

    Returns
    -------
    Certificate
        What holds with probability 1 − α, of the class that most noisy copies are given. Its facts:
        ``hits``, the copies that were given it, of ``n``; ``p_low``, the bound of their share.

    Raises
    ------
    Cancelled
        Between batches.
    """
    rng = np.random.default_rng(seed)
    first = _counts(logits, picture, sigma, n_select, rng, control)
    chosen = int(first.argmax())
    counts = _counts(logits, picture, sigma, n_estimate, rng, control)
    hits = int(counts[chosen]) if chosen < len(counts) else 0
    certified = radius(hits, n_estimate, sigma=sigma, alpha=alpha)
    facts = {"hits": hits, "n": n_estimate, "p_low": lower_bound(hits, n_estimate, alpha)}
    return Certificate(chosen if certified > 0 else None, certified, facts)


def smoothed_predict(counts: npt.ArrayLike, *, alpha: float = 0.001) -> int | None:
    """Return the class that noisy copies are given, or ``None`` if two are too close to tell.

    >>> smoothed_predict([60, 40]) is None, smoothed_predict([95, 5])
    (True, 0)
    """
    from scipy.stats import binomtest

    given = np.asarray(counts)
    top = np.argsort(-given, kind="stable")[:2]
    a, b = int(given[top[0]]), int(given[top[1]])
    return int(top[0]) if binomtest(a, a + b, 0.5).pvalue <= alpha else None


def _counts(
    logits: Callable[[Array], Array], picture: Array, sigma: float, n: int,
    rng: np.random.Generator, control: Control,
) -> npt.NDArray[np.int64]:  # fmt: skip
    total = np.zeros(0, np.int64)
    for start in range(0, n, _BATCH):
        control.check()
        number = min(_BATCH, n - start)
        noise = rng.standard_normal((number, *picture.shape), np.float32)
        found = logits(picture[None] + np.float32(sigma) * noise)
        total = total if len(total) else np.zeros(found.shape[1], np.int64)
        total += np.bincount(found.argmax(axis=1), minlength=found.shape[1])
    return total
