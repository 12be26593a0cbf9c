"""Units of any input: the blocks of a regular grid over its sites."""

from __future__ import annotations

import numpy as np

from core.modalities.base import Labels

__all__ = ["grid"]


def grid(sites: tuple[int, ...], blocks: tuple[int, ...]) -> Labels:
    """Return the blocks of a regular grid over ``sites``, numbered in reading order.

    Blocks differ by at most one site a side; a grid finer than the sites has one block a site.

    Parameters
    ----------
    sites, blocks : tuple of int
        Sites and blocks along each axis.

    Returns
    -------
    ndarray of int32, shape ``sites``

    Examples
    --------
    >>> grid((2, 4), (1, 2))
    array([[0, 0, 1, 1],
           [0, 0, 1, 1]], dtype=int32)
    """
    labels: Labels = np.zeros(sites, np.int32)
    for axis, (length, n) in enumerate(zip(sites, blocks, strict=True)):
        bands = np.arange(length) * min(n, length) // length
        labels *= np.int32(bands[-1] + 1)
        labels += bands.astype(np.int32).reshape(-1, *[1] * (len(sites) - axis - 1))
    return labels
