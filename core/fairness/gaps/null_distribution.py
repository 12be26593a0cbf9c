"""How large a gap chance alone makes, between groups of these sizes.

The largest of many gaps is biased upwards: on tables without any true difference its bootstrap
interval excluded 0 every time. So its p value comes from groups that are drawn alike, at the same
margins: the same rows in each group and the same events in all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.fairness.groups.comparable import Comparable

__all__ = ["Combine", "calibrated_p", "spread"]

Combine = Literal["max", "mean"]
_BATCH = 2000
_MOST_DRAWS = 4000
"""No verdict is read from this p, so that it need not survive an adjustment."""
_ENOUGH = 100
"""Draws beyond the observed one after which p is known to a tenth of itself."""
_LEAST = 1e-300
_MOST_NUMBERS = 20_000_000
_TIE = 1e-9

Floats = npt.NDArray[np.float64]


def spread(deviations: Floats) -> Floats:
    """Return largest minus smallest deviation: the largest gap in units that groups share.

    For groups of equal size it orders tables as the largest gap itself does; for two groups always.
    """
    found: Floats = deviations.max(axis=-1) - deviations.min(axis=-1)
    return found


def calibrated_p(
    parts: Sequence[Comparable], combine: Combine, *, seed: int, check: Callable[[], None],
    most: int = _MOST_DRAWS,
) -> float:  # fmt: skip
    """Return the p value of the largest gap.

    Parameters
    ----------
    parts : sequence of Comparable
        Whose spreads are combined (equalized odds: the larger one of two).
    most : int
        Draws at most; it stops early where p is large (Besag and Clifford 1991), which keeps p
        valid, and where a bound puts p below what so many draws could show: p is that bound then.
    check : callable
        Called between batches; raises to stop.

    Returns
    -------
    float
        In (0, 1].
    """
    observed = float(_combined([spread(part.observed()) for part in parts], combine))
    n_groups = len(parts[0].values)
    most = max(_BATCH, min(most, _MOST_NUMBERS // n_groups // _BATCH * _BATCH))
    least = 1 / (most + 1)
    bound = min(sum(part.apart(observed - _TIE, below=least) for part in parts), 1.0)
    if bound < least:
        return max(bound, _LEAST)
    rng = np.random.default_rng([seed, n_groups, len(parts)])
    batch = max(1, min(_BATCH, 4_000_000 // n_groups))
    beyond = done = 0
    while done < most:
        check()
        found = _combined([spread(part.null(rng, batch)) for part in parts], combine)
        reached = np.cumsum(found >= observed - _TIE)
        if beyond + reached[-1] >= _ENOUGH:
            last = done + int(np.searchsorted(reached, _ENOUGH - beyond)) + 1
            return _ENOUGH / last
        beyond += int(reached[-1])
        done += batch
    return (beyond + 1) / (done + 1)


def _combined(spreads: Sequence[Floats], combine: Combine) -> Floats:
    stacked = np.stack(np.broadcast_arrays(*spreads))
    found: Floats = stacked.max(axis=0) if combine == "max" else stacked.mean(axis=0)
    return found
