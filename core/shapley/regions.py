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
    """Return the site of a region that is nearest to its mean: a bent region may not hold that.

    Its place along the last axis, then along the one before; 0 where there is none.
    """
    places = np.argwhere(segments == region)
    distance = np.square(places - places.mean(axis=0)).sum(axis=1)
    nearest = places[int(distance.argmin())].astype(float).tolist()
    return nearest[-1], nearest[-2] if len(nearest) > 1 else 0.0
