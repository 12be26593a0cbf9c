"""Empty pictures: what a path starts from, and what a removed pixel becomes.

No baseline is neutral (Sturmfels et al. 2020, Visualizing the Impact of Feature Attribution
Baselines, distill.pub/2020/attribution-baselines): a black one says that black pixels do not
matter. Whoever uses one shows f(baseline) with the map.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.contracts import Array
from core.errors import UnknownNameError

__all__ = ["AVERAGED", "BASELINES", "BLUR", "baseline", "blur"]

BLUR = 0.1
"""Standard deviation of the blurred baseline, as a share of the picture's side (22.4 of 224)."""


def blur(picture: Array, sigma: float) -> Array:
    """Return ``picture`` under a Gaussian of ``sigma`` pixels, mirrored at its border.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W, 3)
    sigma : float
        0 returns the picture itself.
    """
    import cv2

    if sigma <= 0:
        return picture
    blurred = cv2.GaussianBlur(
        np.ascontiguousarray(picture), (0, 0), sigma, borderType=cv2.BORDER_REFLECT
    )
    return np.asarray(blurred, np.float32).reshape(picture.shape)  # cv2 drops one channel


def _noise(picture: Array, seed: int) -> Array:
    return np.random.default_rng(seed).random(picture.shape, dtype=np.float32)


BASELINES: dict[str, Callable[[Array, int], Array]] = {
    "black": lambda picture, _: np.zeros_like(picture),
    "white": lambda picture, _: np.ones_like(picture),
    "grey": lambda picture, _: np.full_like(picture, 0.5),
    "mean": lambda picture, _: np.broadcast_to(
        picture.mean(axis=(0, 1), dtype=np.float64).astype(np.float32), picture.shape
    ).copy(),
    "blur": lambda picture, _: blur(picture, BLUR * max(picture.shape[:2])),
    "noise": _noise,
}
"""Name → function of the picture and the seed; ``noise`` alone depends on the seed."""

AVERAGED = ("black", "white", "mean", "blur")
"""What "average" stands for: maps of these baselines, of which no two are blind to the same."""


def baseline(name: str, picture: Array, *, seed: int) -> Array:
    """Return the empty picture called ``name``.

    Parameters
    ----------
    name : str
        One of :data:`BASELINES`.
    picture : ndarray of float32, shape (H, W, 3)
        Pixels in [0, 1].
    seed : int
        Of the uniform noise.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        In [0, 1]; ``mean`` is the picture's mean colour.

    Raises
    ------
    UnknownNameError
        If there is no such baseline.

    Examples
    --------
    >>> baseline("grey", np.zeros((2, 2, 3), np.float32), seed=0)[0, 0].tolist()
    [0.5, 0.5, 0.5]
    """
    if name not in BASELINES:
        raise UnknownNameError(f"There is no baseline {name!r}. Known: {', '.join(BASELINES)}.")
    return BASELINES[name](picture, seed)
