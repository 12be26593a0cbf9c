"""95 % intervals of means over pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.proportions import wilson

__all__ = ["INTERVAL_WORDS", "mean_interval", "student_interval"]

INTERVAL_WORDS = (
    "Mean over pictures with its 95 % interval: Wilson's where every value is 0 or 1, "
    "else Student's t"
)
_CONFIDENCE = 0.95


def mean_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the mean of independent values.

    Wilson's score interval (Wilson 1927) where every value is 0 or 1, else Student's t interval;
    it may reach beyond the range of the metric where there are few pictures.

    Returns
    -------
    low, high : float or None
        ``None`` for fewer than two values.

    Examples
    --------
    >>> low, high = mean_interval([1.0] * 8 + [0.0] * 2)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    >>> mean_interval([0.5])
    (None, None)
    """
    given = np.asarray(values, dtype=np.float64)
    if len(given) < 2:
        return None, None
    if np.isin(given, (0.0, 1.0)).all():
        return wilson(int(given.sum()), len(given))
    return student_interval(given)


def student_interval(values: npt.ArrayLike) -> tuple[float, float]:
    """Return Student's t interval (95 %) of the mean of two values or more."""
    from scipy.stats import t

    given = np.asarray(values, dtype=np.float64)
    half = t.ppf((1 + _CONFIDENCE) / 2, len(given) - 1) * given.std(ddof=1) / np.sqrt(len(given))
    return float(given.mean() - half), float(given.mean() + half)
