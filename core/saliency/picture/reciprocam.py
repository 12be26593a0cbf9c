"""Recipro-CAM (Byun & Lee 2022): what each cell of the feature map says alone; no gradients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.modalities.picture.resample import upsample
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["ReciproCam", "spatial_masks"]

_CHUNK = 16
_ROUNDING = 1e-6
"""Of float32 logits: what a cell adds to them below it is nothing."""
_WEIGHTS = {"gaussian": (0.25, 0.5, 0.25), "cell": (0.0, 1.0, 0.0)}
"""The three weights of a mask along each axis."""


class ReciproCam(Method):
    """f of the features seen through a mask at (i, j), less f of features that are all 0.

    The paper scales the scores to [0, 1] for each picture, which hides their sign. Here the score
    of the empty map, one more pass, is the zero: a cell above it speaks for the class by itself, a
    cell below it against. Of a transformer's tokens a class token, and whatever else stands before
    the grid, is kept as it is, as in the paper: what is heard is what a token and its neighbours
    tell it. Behind global pooling and one dense layer the map of single cells is
    ``features · weights / (h·w)``, the class activation map with its signs.
    """

    id = "reciprocam"
    name = "Recipro-CAM"
    summary = "Which region speaks for the class when the model sees its features alone."
    limits = (
        "Coarse. Each cell is heard by itself: what takes two regions together is missed, and a "
        "head may never have met features that are 0 almost everywhere."
    )
    paper = "Byun & Lee 2022, Recipro-CAM, arXiv:2209.14074"
    signed = True
    needs = frozenset({"layer", "plane"})
    parameters = (
        Parameter(
            "mask", "choice", "gaussian",
            "What of the features is left: a cell with its eight neighbours, 3 × 3 weights of a "
            "Gaussian as in the paper, or the cell alone",
            choices=tuple(_WEIGHTS),
        ),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the upsampled map of each picture."""
        _, features = problem.passes.features(problem.inputs, problem.layer)
        own = problem.passes.own_tokens(problem.inputs, problem.layer)
        masks = spatial_masks(features.shape[1], features.shape[2], str(parameters["mask"]))
        return [
            self._one(problem, i, features[i], own[i], masks) for i in range(len(problem.inputs))
        ]

    def _one(
        self, problem: Problem, i: int, features: Array, own: Array, masks: Array
    ) -> Attribution:
        shown = np.concatenate([np.zeros_like(masks[:1]), masks])
        scores, largest = np.empty(len(shown)), 0.0
        for start in range(0, len(shown), _CHUNK):
            problem.control.check()
            some = shown[start : start + _CHUNK]
            logits = problem.passes.head_logits(
                some[..., None] * features, problem.layer, np.repeat(own[None], len(some), axis=0)
            )
            scores[start : start + len(some)] = logits.astype(np.float64) @ problem.directions[i]
            largest = max(largest, float(np.abs(logits).max()))
            done = start + len(some)
            share = (i + done / len(shown)) / len(problem.inputs)
            problem.control.progress(share, f"cell {done - 1} of {len(masks)}")
        added = scores[1:] - scores[0]
        added[np.abs(added) <= _ROUNDING * largest] = 0.0
        return Attribution(
            upsample(
                added.reshape(features.shape[:2]).astype(np.float32), problem.inputs.shape[1:3]
            ),
            diagnostics={
                "cells": len(masks),
                "empty_score": float(scores[0]),
                "head_passes": len(shown),
                "positive_evidence": bool((added > 0).any()),
            }
            | ({"own_tokens": len(own)} if len(own) else {}),
        )


def spatial_masks(height: int, width: int, mask: str) -> Array:
    """Return one mask for each cell of a feature map, row by row.

    Parameters
    ----------
    height, width : int
        Cells of the feature map.
    mask : {"gaussian", "cell"}
        3 × 3 weights that add up to 1 (what falls outside the map is cut off), or 1 at the cell.

    Returns
    -------
    ndarray of float32, shape (height · width, height, width)
    """
    rows, columns = (
        sum(
            share * np.eye(n, k=offset, dtype=np.float32)
            for share, offset in zip(_WEIGHTS[mask], (-1, 0, 1), strict=True)
        )
        for n in (height, width)
    )
    return np.einsum("ik,jl->ijkl", rows, columns).reshape(height * width, height, width)
