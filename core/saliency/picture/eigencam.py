"""Eigen-CAM (Muhammad & Yeasin 2020): the main pattern of the features, whatever the class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.picture.cam import positive

__all__ = ["EigenCam"]


class EigenCam(Method):
    """Features ``(h·w, K)`` projected on their first right singular vector, not centred.

    A singular vector has no sign: it is turned so that the map's sum is positive, which for
    features behind a ReLU makes the whole map positive.
    """

    id = "eigencam"
    name = "Eigen-CAM"
    summary = "Where the layer's features are strongest together: what stands out to the model."
    limits = (
        "Class-agnostic: the same for every class and whatever the weights behind the layer, so "
        "it never says why this class. "
        "Coarse; in a picture with several objects the most active one takes it all."
    )
    paper = "Muhammad & Yeasin 2020, Eigen-CAM, arXiv:2008.00299"
    needs = frozenset({"layer", "plane"})
    class_agnostic = True

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the upsampled projection of each picture."""
        _, features = problem.passes.features(problem.inputs, problem.layer)
        attributions = []
        for one in features:
            raw, share = _projection(one)
            size = problem.inputs.shape[1:3]
            attributions.append(positive(raw, size, class_agnostic=True, share_explained=share))
        return attributions


def _projection(features: Array) -> tuple[Array, float]:
    """Return the first principal projection ``(h, w)`` and its share of the squared length.

    The eigenvectors of the smaller of both Gram matrices give it without a whole decomposition.
    """
    rows = features.reshape(-1, features.shape[-1]).astype(np.float64)
    wide = rows.shape[0] < rows.shape[1]
    values, vectors = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    first = vectors[:, -1]
    raw = np.sqrt(max(values[-1], 0.0)) * first if wide else rows @ first
    total = float(np.square(rows).sum())
    share = float(values[-1]) / total if total else 0.0
    raw = raw if raw.sum() >= 0 else -raw
    return raw.reshape(features.shape[:2]).astype(np.float32), share
