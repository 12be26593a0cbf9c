"""Fisher's exact test for thousands of tables at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["fisher"]

Floats = npt.NDArray[np.float64]
_EXACT_SPREAD = 200.0
_NEGLIGIBLE = 1e-13


def fisher(k: Floats, n: Floats, k_rest: Floats, n_rest: Floats) -> Floats:
    """Return p values of both sides, twice the smaller tail, for ``k`` of ``n`` against the rest.

    Counts are rounded (weights leave fractions). Where the count has a standard deviation of 200
    and more, the tail is the normal one with a continuity correction.

    Notes
    -----
    The hypergeometric tail is summed term by term away from the mean, for all tables together:
    SciPy sums one table at a time, a hundred times slower.
    """
    a, size = np.rint(k), np.maximum(np.rint(n), 1)
    events, total = a + np.rint(k_rest), size + np.maximum(np.rint(n_rest), 1)
    mean = size * events / total
    variance = mean * (1 - events / total) * (total - size) / np.maximum(total - 1, 1)
    p = np.ones(len(a))
    exact = (variance < _EXACT_SPREAD**2) & (variance > 0)
    many = variance >= _EXACT_SPREAD**2
    p[exact] = 2 * _tail(a[exact], size[exact], events[exact], total[exact], mean[exact])
    p[many] = 2 * _normal_tail((np.abs(a - mean)[many] - 0.5) / np.sqrt(variance[many]))
    return np.minimum(p, 1.0)


def _normal_tail(z: Floats) -> Floats:
    from scipy.stats import norm

    found: Floats = norm.sf(np.maximum(z, 0.0))
    return found


def _tail(a: Floats, size: Floats, events: Floats, total: Floats, mean: Floats) -> Floats:
    """Return the chance of a count as far from the mean, on its own side."""
    from scipy.special import gammaln

    # The lower tail of events is the upper tail of non-events.
    flip = a < mean
    a, events = np.where(flip, size - a, a), np.where(flip, total - events, events)

    def log_choose(n: Floats, k: Floats) -> Floats:
        found: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return found

    term = np.exp(
        log_choose(events, a) + log_choose(total - events, size - a) - log_choose(total, size)
    )
    summed = term.copy()
    active = np.flatnonzero(term > 0)
    while len(active):
        at, n, m, t = a[active], size[active], events[active], total[active]
        term[active] *= (m - at) * (n - at) / ((at + 1) * (t - m - n + at + 1))
        a[active] += 1
        summed[active] += term[active]
        active = active[term[active] > _NEGLIGIBLE * summed[active]]
    return summed
