"""How much a sampled map still moves: two halves of its samples against each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.parameters import Parameter

__all__ = ["TOLERANCE", "Convergence"]

TOLERANCE = Parameter(
    "tolerance",
    "float",
    0.0,
    "Stop early once the maps of two halves of the samples agree: 1 − their rank correlation. "
    "With 0 all samples are taken",
    low=0.0,
    high=0.5,
    step=0.01,
)

_EXPECTED = 0.1
"""1 − rank correlation of the halves up to which a map counts as converged, unless asked."""

Numbers = npt.NDArray[np.floating]


class Convergence:
    """Compares the maps of two disjoint halves of the samples.

    The rank correlation (Spearman) of the halves is a lower bound: the map of all samples is
    steadier than each of them. Their difference gives its standard error, √mean((a − b)²)/2.

    Parameters
    ----------
    tolerance : float
        1 − rank correlation at which sampling may stop; 0 for never.
    """

    def __init__(self, tolerance: float) -> None:
        self._stops = tolerance > 0
        self._sought = 1 - (tolerance or _EXPECTED)
        self._correlation = 0.0
        self._error = float("inf")

    def enough(self, a: Numbers, b: Numbers) -> bool:
        """Whether sampling may stop, judged by the halves' maps so far."""
        if not self._stops:
            return False
        self.compare(a, b)
        return self._correlation >= self._sought

    def compare(self, a: Numbers, b: Numbers) -> None:
        """Take in the maps of both halves, of any shape."""
        a, b = np.ravel(a).astype(np.float64), np.ravel(b).astype(np.float64)
        self._correlation = _rank_correlation(a, b)
        spread = float(np.std((a + b) / 2))
        error = float(np.sqrt(np.mean((a - b) ** 2)) / 2)
        self._error = error / spread if spread > 0 else 0.0

    def figures(self, passes: int) -> dict[str, float | int | str | bool]:
        """Return the diagnostics of a map that took ``passes`` forward passes."""
        return {
            "forward_passes": passes,
            "halves_correlation": self._correlation,
            "relative_standard_error": self._error,
            "correlation_sought": self._sought,
            "converged": self._correlation >= self._sought,
        }


def _rank_correlation(a: Numbers, b: Numbers) -> float:
    """Return Spearman's correlation; of constant maps 1 where they are equal, else 0."""
    from scipy.stats import rankdata

    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float(np.array_equal(a, b))
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
