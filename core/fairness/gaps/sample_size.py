"""How many rows a group would need: the power of the very test that decides.

Groups without a true gap, of one common rate, are to pass four times in five. Of one rate the power
is summed exactly over all counts; of several, and of areas, it is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.differences import difference_limits, normal_z, on_circle
from core.fairness.counting.intervals import area_variance
from core.fairness.gaps.null_distribution import Combine
from core.fairness.groups.comparable import Areas, Comparable, Rates
from core.proportions import exact_limits

__all__ = ["needed_rows"]

Floats = npt.NDArray[np.float64]
_POWER = 0.8
_MOST = 10**7
_NEGLIGIBLE = 1e-7
_FAR = 8.0
_DRAWS = 1000
_NUMBERS = 100_000


def needed_rows(
    parts: Sequence[Comparable], combine: Combine, tolerance: float, level: float
) -> int | None:
    """Return rows in each group's denominator at which groups that do not differ would pass.

    Parameters
    ----------
    level : float
        Of the test of this gap, as its family leaves it.

    Returns
    -------
    int or None
        ``None`` where ten million rows would not do (a tolerance of 0).
    """
    if tolerance <= 0:
        return None
    n_groups, n_limits = len(parts[0].values), len(parts) if combine == "mean" else 1
    z = normal_z(float(-np.expm1(np.log1p(-level) / n_limits)))
    rates = [_common(part) for part in parts]
    single = [(float(each[0]), n_groups) for each in rates if each is not None and len(each) == 1]
    if combine == "max" and len(single) == len(parts):
        return _exact(tuple(sorted(single)), tolerance, z)
    return _smallest(lambda n: _drawn_power(parts, combine, tolerance, z, n), _guess(tolerance, z))


def _common(part: Comparable) -> Floats | None:
    """Return the rates of all groups together; ``None`` for areas."""
    if not isinstance(part, Rates):
        return None
    found: Floats = (part.rates * part.n).sum(axis=1) / part.n.sum(axis=1)
    return found


def _guess(tolerance: float, z: float) -> int:
    return max(4, int((z / tolerance) ** 2 / 4))


@lru_cache(maxsize=1024)
def _exact(rates: tuple[tuple[float, int], ...], tolerance: float, z: float) -> int | None:
    def power(n: int) -> float:
        each = (_power(n, rate, n_groups, tolerance, z) for rate, n_groups in rates)
        return float(np.prod(list(each)))

    return _smallest(power, _guess(tolerance, z))


def _smallest(power: Callable[[int], float], guess: int) -> int | None:
    """Return the smallest number with enough power, to a hundredth of itself.

    Searched between two numbers of which one has it: by normal quantiles of the power, which are
    nearly straight over the roots of the numbers.
    """
    low, high, below, above = 1, guess, -_FAR, _quantile(power(guess))
    while above < 0:
        low, high, below = high, 2 * high, above
        if high > _MOST:
            return None
        above = _quantile(power(high))
    while high - low > max(1, low // 100):
        share = np.clip(-below / (above - below), 0.1, 0.9) if below > -_FAR else 0.5
        middle = round((low**0.5 + share * (high**0.5 - low**0.5)) ** 2)
        middle = min(max(middle, low + 1), high - 1)
        found = _quantile(power(middle))
        if found < 0:
            low, below = middle, found
        else:
            high, above = middle, found
    return high


def _quantile(power: float) -> float:
    """Return by how many standard deviations a power lies above the one that is asked for."""
    from scipy.special import ndtri

    return float(np.clip(ndtri(power) - ndtri(_POWER), -_FAR, _FAR))


def _power(n: int, rate: float, n_groups: int, tolerance: float, z: float) -> float:
    """Return the chance that groups of ``n`` rows and one rate are shown to lie within.

    The pair that decides is that of the largest and the smallest count: for each smallest one,
    P(smallest = a, largest ≤ b) of independent binomial counts, where b is the largest count that
    passes beside a.
    """
    from scipy.stats import binom

    first, last = (int(end) for end in binom.ppf([_NEGLIGIBLE, 1 - _NEGLIGIBLE], n, rate))
    k = np.arange(first, last + 1)
    low, high = on_circle(lambda at: exact_limits(k, n, at), z)
    at = np.arange(len(k))

    def fits(top: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        widest = (high[:, top] - low[::-1][:, at]).max(axis=0)
        inside: npt.NDArray[np.bool_] = widest < tolerance
        return inside

    least, most = at - 1, np.full(len(k), len(k))
    while (most - least > 1).any():
        middle = np.clip((least + most) // 2, 0, len(k) - 1)
        good = fits(middle) & (most - least > 1)
        bad = ~good & (most - least > 1)
        least, most = np.where(good, middle, least), np.where(bad, middle, most)
    below = np.append(0.0, binom.cdf(k, n, rate))
    upto = below[least + 1]
    chance = np.maximum(upto - below[at], 0) ** n_groups
    chance -= np.maximum(upto - below[at + 1], 0) ** n_groups
    return float(chance.sum())


def _drawn_power(
    parts: Sequence[Comparable], combine: Combine, tolerance: float, z: float, n: int
) -> float:
    draws = max(200, min(_DRAWS, _NUMBERS // len(parts[0].values)))
    rng = np.random.default_rng(n)
    highs = np.stack([_drawn_high(part, draws, n, z, rng) for part in parts])
    widest = highs.max(axis=0) if combine == "max" else highs.mean(axis=0)
    return float((widest < tolerance).mean())


def _drawn_high(part: Comparable, draws: int, n: int, z: float, rng: np.random.Generator) -> Floats:
    """Return upper limits of the gap between groups drawn alike, from those that lie farthest."""
    n_groups = len(part.values)
    drawn = _areas(part, draws * n_groups, n, rng) if isinstance(part, Areas) else _counts(
        part, draws * n_groups, n, rng
    )  # fmt: skip
    values = drawn.values.reshape(draws, n_groups)
    first = np.arange(draws) * n_groups
    top, bottom = (drawn.of(first + end) for end in (values.argmax(axis=1), values.argmin(axis=1)))
    return difference_limits(top.limits, bottom.limits, np.full(draws, z))[1]


class _Alike(Rates):
    """Rates of equal numbers of rows: limits are worked out once for each count that occurs."""

    def of(self, groups: npt.NDArray[np.intp]) -> _Alike:
        """Return some of the groups."""
        return _Alike(self.weights, self.rates[:, groups], self.n[:, groups])

    def single_limits(self, z: Floats) -> tuple[Floats, Floats]:
        """Return each rate's own limits ``(C, A, G)``."""
        n = self.n[0, 0]
        known, at = np.unique(np.rint(self.rates * n), return_inverse=True)
        low, high = exact_limits(known, n, z[:, :1])
        at = at.reshape(self.rates.shape)
        return low[:, at].transpose(1, 0, 2), high[:, at].transpose(1, 0, 2)


def _counts(part: Comparable, size: int, n: int, rng: np.random.Generator) -> Rates:
    assert isinstance(part, Rates), "rates or areas"
    common = (part.rates * part.n).sum(axis=1) / part.n.sum(axis=1)
    k = rng.binomial(n, common[:, None], size=(len(common), size))
    return _Alike(part.weights, k / n, np.full(k.shape, float(n)))


def _areas(part: Areas, size: int, n: int, rng: np.random.Generator) -> Areas:
    sizes = np.full(size, float(n))
    common = np.full(size, part.common)
    variance = area_variance(common, sizes, sizes)
    drawn = np.clip(rng.normal(common, np.sqrt(variance)), 0.0, 1.0)
    return Areas(drawn, area_variance(drawn, sizes, sizes), sizes, sizes)
