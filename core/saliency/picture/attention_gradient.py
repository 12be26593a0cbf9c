"""Gradient-weighted attention (Chefer et al. 2021): what the attended says for the class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.contracts import Array
from core.saliency.picture.attention import AttentionMethod, Flow

__all__ = ["AttentionGradient", "weighted_rollout"]


class AttentionGradient(AttentionMethod):
    """R ← R + Ā R from R = I, Ā the mean over heads of ReLU(∂f/∂A ⊙ A); the map is of R − I.

    The paper reads the row of a class token, where the identity has no part in the map. Where the
    mean of all tokens is classified it would add the same to each of them, so it is taken off.
    """

    id = "attention_gradient"
    name = "Gradient-weighted attention"
    summary = "Which parts of the picture are attended to where that speaks for the class."
    limits = (
        "Coarse (one token a cell), positive evidence only. Gradients say what a little more "
        "attention would add; what values and MLPs do between the layers is not followed."
    )
    paper = "Chefer, Gur & Wolf 2021, Generic Attention-model Explainability, arXiv:2103.15679"
    needs = frozenset({"attention", "gradient", "plane"})
    gradients = True

    def relevance(self, attention: Sequence[Array], gradients: Sequence[Array]) -> Flow:
        """Return the relevance without the identity."""
        return weighted_rollout(attention, gradients)


def weighted_rollout(attention: Sequence[Array], gradients: Sequence[Array]) -> Flow:
    """Return R − I behind the last layer.

    Parameters
    ----------
    attention, gradients : sequence of ndarray, shape (heads, T, T)
        The first layer first; gradients of the score.

    Returns
    -------
    ndarray of float64, shape (T, T)
        At least 0.

    Examples
    --------
    >>> weighted_rollout([np.full((1, 2, 2), 0.5)], [np.array([[[0.0, 2.0], [-1.0, 0.0]]])])
    array([[0., 1.],
           [0., 0.]])
    """
    added: Flow = np.zeros(attention[0].shape[-2:])
    for each, slope in zip(attention, gradients, strict=True):
        weighed = np.maximum(np.multiply(each, slope, dtype=np.float64), 0).mean(axis=0)
        added = added + weighed + weighed @ added
    return added
