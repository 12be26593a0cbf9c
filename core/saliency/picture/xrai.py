"""XRAI (Kapishnikov et al. 2019): integrated gradients gathered in segments of the picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.path import MAX_PASSES, TOLERANCE, attribution, integrals

__all__ = ["Xrai", "grow", "segments"]

Mask = npt.NDArray[np.bool_]

_BASELINES = ("black", "white")
_SCALES = (50, 100, 150, 250, 500, 1200)
_SIGMA = 0.8
_SIDE = 224  # what the three sizes below are meant for
_SMALLEST_SEGMENT = 150
_SMALLEST_GAIN = 50
_DILATION = 5


class Xrai(Method):
    """Segments taken in the order of their mean attribution; each pixel gets its segment's.

    The mean of integrated gradients from black and white is gathered in overlapping segments of
    six sizes (Felzenszwalb & Huttenlocher 2004), each widened by a few pixels. The segment whose
    pixels not yet taken have the highest mean is taken next, and they get that mean, so the sum
    over the picture stays f(x) − f(baseline). A pixel's attribution is the sum of its channels;
    the authors' program takes the largest, which adds up to nothing.
    """

    id = "xrai"
    name = "XRAI"
    summary = (
        "Which regions of the picture hold the evidence: blue for the class, orange against, one "
        "value for each region."
    )
    limits = (
        "Its outlines are those of the picture's colours, not of what the model sees; inside one "
        "it shows no difference."
    )
    paper = "Kapishnikov et al. 2019, XRAI, arXiv:1906.02825"
    needs = frozenset({"gradient", "plane"})
    signed = True
    slow = True
    parameters = (TOLERANCE, MAX_PASSES)

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the map of regions of each picture."""
        cap, tolerance = int(parameters["max_passes"]), float(parameters["tolerance"])
        attributions = []
        for i, picture in enumerate(problem.inputs):
            paths = integrals(problem, i, _BASELINES, tolerance=tolerance, cap=cap)
            pixels = attribution(paths, _BASELINES)
            problem.control.check()
            masks = segments(picture)
            area = _SMALLEST_GAIN * _relative_area(picture)
            regions, taken = grow(pixels.map, masks, smallest=max(1, round(area)))
            figures = {**pixels.diagnostics, "segments": len(masks), "regions": taken}
            attributions.append(Attribution(regions, pixels.completeness_error, figures))
        return attributions


def _relative_area(picture: Array) -> float:
    return picture.shape[0] * picture.shape[1] / _SIDE**2


def segments(picture: Array) -> Mask:
    """Return overlapping segments of ``picture`` as masks ``(n, H, W)``."""
    import cv2
    from skimage.morphology import disk
    from skimage.segmentation import felzenszwalb

    spread = max(float(np.ptp(picture)), 1e-6)
    stretched = 2 * (picture - picture.min()) / spread - 1
    smallest = max(1, round(_SMALLEST_SEGMENT * _relative_area(picture)))
    footprint = disk(round(_DILATION * max(picture.shape[:2]) / _SIDE))
    masks = []
    for scale in _SCALES:
        labels = felzenszwalb(stretched, scale=scale, sigma=_SIGMA, min_size=smallest)
        masks += [
            cv2.dilate((labels == label).astype(np.uint8), footprint) > 0
            for label in range(labels.max() + 1)
        ]
    return np.stack(masks)


def grow(pixels: Array, masks: Mask, *, smallest: int) -> tuple[Array, int]:
    """Give each pixel the mean attribution of the segment that takes it.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W)
    masks : ndarray of bool, shape (n, H, W)
    smallest : int
        A segment with fewer pixels not yet taken is dropped.

    Returns
    -------
    map : ndarray of float32, shape (H, W)
        Pixels in no segment share the mean of what is left.
    taken : int
        Segments used.
    """
    from scipy.sparse import csr_matrix

    flat = pixels.ravel().astype(np.float64)
    rows = csr_matrix(masks.reshape(len(masks), -1), dtype=np.float64)
    columns = rows.tocsc()
    sums, counts = rows @ flat, rows @ np.ones_like(flat)
    free = np.ones(flat.size, bool)
    out = np.zeros_like(flat)
    taken = 0
    while (counts >= smallest).any():
        means = np.where(counts >= smallest, sums / np.maximum(counts, 1), -np.inf)
        best = int(means.argmax())
        members = rows.indices[rows.indptr[best] : rows.indptr[best + 1]]
        new = members[free[members]]
        out[new] = flat[new].mean()
        free[new] = False
        covering = columns[:, new]
        sums -= covering @ flat[new]
        counts -= covering @ np.ones(len(new))
        counts[best] = 0
        taken += 1
    if free.any():
        out[free] = flat[free].mean()
    return out.reshape(pixels.shape).astype(np.float32), taken
