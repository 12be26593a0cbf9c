"""Shares summed over regions, and the regions by what they matter."""

from __future__ import annotations

import numpy as np

from core.contracts import RegionShare, ShapResult
from core.shapley.base import Floats, Segments

__all__ = ["middle", "ranked", "sums"]


def sums(values: Floats, segments: Segments) -> Floats:
    """Return the sums of ``values`` ``(K, H, W)`` over each region of ``segments``, ``(K, R)``."""
    flat = segments.ravel()
    return np.stack([np.bincount(flat, weights=one.ravel()) for one in values])


def ranked(result: ShapResult, k: int) -> tuple[RegionShare, ...]:
    """Return the regions by the magnitude of their share in class ``k``, the largest first."""
    values = result.region_values[k].astype(np.float64)
    order = np.argsort(-np.abs(values), kind="stable")
    middles = [middle(result.segments, int(region)) for region in order]
    return tuple(
        RegionShare(number, int(region), float(values[region]), x, y)
        for number, (region, (x, y)) in enumerate(zip(order, middles, strict=True), start=1)
    )


def middle(segments: Segments, region: int) -> tuple[float, float]:
    """Return the pixel of a region that is nearest to its mean: a bent region may not hold that."""
    rows, columns = np.nonzero(segments == region)
    distance = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
    nearest = int(distance.argmin())
    return float(columns[nearest]), float(rows[nearest])
