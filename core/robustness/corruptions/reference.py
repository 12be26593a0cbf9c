"""AlexNet's errors on ImageNet-C, by which mean corruption errors are divided.

Hendrycks and Dietterich 2019 (arXiv:1903.12261), table 4, with the digits of the authors' program:
mean top-1 error over the five severities, on the 50 000 validation pictures.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["ALEXNET", "mean_corruption_error"]

ALEXNET: dict[str, float] = {
    "gaussian_noise": 0.886428,
    "shot_noise": 0.894468,
    "impulse_noise": 0.922640,
    "defocus_blur": 0.819880,
    "glass_blur": 0.826268,
    "motion_blur": 0.785948,
    "zoom_blur": 0.798360,
    "snow": 0.866816,
    "frost": 0.826572,
    "fog": 0.819324,
    "brightness": 0.564592,
    "contrast": 0.853204,
    "elastic_transform": 0.646056,
    "pixelate": 0.717840,
    "jpeg": 0.606500,
}


def mean_corruption_error(errors: Mapping[str, float]) -> float | None:
    """Return the mCE of errors by corruption, each a mean over the five severities.

    ``None`` unless all fifteen are there.

    >>> mean_corruption_error(ALEXNET)
    1.0
    """
    if not ALEXNET.keys() <= errors.keys():
        return None
    return float(np.mean([errors[id] / reference for id, reference in ALEXNET.items()]))
