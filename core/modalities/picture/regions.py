"""Regions of a picture: superpixels that follow its edges, or blocks of a regular grid."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from core.contracts import Array
from core.modalities.base import Labels
from core.modalities.units import grid

__all__ = ["PARTITIONS", "Partition", "partition", "superpixels"]

Partition = Literal["superpixels", "grid"]
PARTITIONS: tuple[Partition, ...] = get_args(Partition)

_COMPACTNESS = (10.0, 30.0, 100.0, 1000.0)
"""From regions that follow edges to plain squares: on noise the former melt into one."""

_SMALLEST = 0.2
"""Share of the mean size below which a region joins a neighbour; with more, half of them do."""


def superpixels(picture: Array, n_regions: int) -> Labels:
    """Cut a picture along its edges (SLIC, Achanta et al. 2012, TPAMI 34).

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].
    n_regions : int
        About how many; small ones are joined to their neighbours. Where that leaves fewer than
        half, the cut follows edges less closely.

    Returns
    -------
    ndarray of int32, shape (H, W)
        Each region hangs together (4 neighbours). The same picture gives the same regions.
    """
    for compactness in _COMPACTNESS:
        labels = _slic(picture, n_regions, compactness)
        if 2 * (labels.max() + 1) >= n_regions:
            break
    return labels


def _slic(picture: Array, n_regions: int, compactness: float) -> Labels:
    from skimage.measure import label
    from skimage.segmentation import slic

    segments = slic(
        picture,
        n_segments=n_regions,
        compactness=compactness,
        min_size_factor=_SMALLEST,
        start_label=1,
        channel_axis=-1,
    )
    connected = label(segments, connectivity=1, background=0)
    return np.asarray(connected - 1, dtype=np.int32)


def partition(picture: Array, kind: Partition, n_regions: int) -> Labels:
    """Return about ``n_regions`` regions of ``picture``: superpixels, or a square grid."""
    if kind == "superpixels":
        return superpixels(picture, n_regions)
    side = max(1, round(n_regions**0.5))
    return grid(picture.shape[:2], (side, side))
