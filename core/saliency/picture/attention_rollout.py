"""Attention rollout (Abnar & Zuidema 2020): where the attention of all layers leads to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.contracts import Array
from core.saliency.picture.attention import AttentionMethod, Flow

__all__ = ["AttentionRollout", "rollout"]


class AttentionRollout(AttentionMethod):
    """Σ over all ways through the layers: the product of (A + I) / 2, A the mean of the heads.

    The identity stands for the connection around each layer of attention. Each row stays a share
    of 1; the share that the model's own tokens keep is in the diagnostics.
    """

    id = "attention_rollout"
    name = "Attention rollout"
    summary = "Which parts of the picture attention leads to, through all layers together."
    limits = (
        "Class-agnostic: the same for every class, so it never says why this class. It takes "
        "attention for all there is: what values, MLPs and single heads do with it is not seen."
    )
    paper = "Abnar & Zuidema 2020, Quantifying Attention Flow in Transformers, arXiv:2005.00928"
    needs = frozenset({"attention", "plane"})
    class_agnostic = True
    gradients = False

    def relevance(self, attention: Sequence[Array], gradients: Sequence[Array]) -> Flow:
        """Return the rollout."""
        del gradients
        return rollout(attention)


def rollout(attention: Sequence[Array]) -> Flow:
    """Return how much of each token each token holds behind the last layer.

    Parameters
    ----------
    attention : sequence of ndarray, shape (heads, T, T)
        Rows add up to 1; the first layer first.

    Returns
    -------
    ndarray of float64, shape (T, T)
        Rows add up to 1.

    Examples
    --------
    >>> rollout([np.eye(2)[None], np.full((1, 2, 2), 0.5)])
    array([[0.75, 0.25],
           [0.25, 0.75]])
    """
    held: Flow = np.eye(attention[0].shape[-1])
    for each in attention:
        mean = each.mean(axis=0, dtype=np.float64)
        held = (mean @ held + held) / 2
    return held
