"""Passes in which targets are the outputs: how numbers that are no sum of outputs are explained.

Methods, metrics and explainers work on directions over outputs. For a target that is not linear the
model is shown to them with the target's score as its only output; gradients are then those of the
model along :meth:`~core.targets.base.Target.slope` (the chain rule), at one more forward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from core.contracts import Array
from core.targets.base import Target
from core.targets.output import OutputTarget

__all__ = ["AttentionPass", "Passes", "ScorePasses", "outputs_of", "pose"]


@dataclass(frozen=True)
class AttentionPass:
    """What each token of a picture pays to each, layer after layer.

    Parameters
    ----------
    logits : ndarray of float32, shape (N, n_classes)
    attention : tuple of ndarray of float32, shape (N, heads, T, T)
        One a layer. Rows are the tokens that look, and add up to 1; the T tokens are ``before`` of
        the model's own, and then the grid, row by row.
    gradients : tuple of ndarray of float32, shape (N, heads, T, T)
        Of the score with respect to each; empty where it was not asked for.
    grid : (int, int)
        Height and width of the grid of tokens.
    before : int
        How many tokens stand for no place: a class token, registers.
    rows : tuple of int
        The tokens that the logits read behind the last layer of attention.
    """

    logits: Array
    attention: tuple[Array, ...]
    gradients: tuple[Array, ...]
    grid: tuple[int, int]
    before: int
    rows: tuple[int, ...]


class Passes(Protocol):
    """The passes that methods are built from (:class:`core.models.runtime.Runtime` has them)."""

    def logits(self, batch: Array) -> Array:
        """Return logits ``(N, n_classes)``."""

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and gradients with respect to the pixels."""

    def guided_gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and gradients of a model whose ReLUs pass only positive gradients."""

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        """Return logits and the layer's output."""

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, features, and gradients with respect to the features."""

    def own_tokens(self, batch: Array, layer: str | None = None) -> Array:
        """Return the tokens ``(N, n, K)`` that stand before a layer's grid; n is 0 without."""

    def head_logits(
        self, features: Array, layer: str | None = None, own: Array | None = None
    ) -> Array:
        """Return logits from a layer's output, and the tokens before it where it has some."""

    def attention(self, batch: Array, directions: Array | None = None) -> AttentionPass:
        """Return the attention between tokens; with directions, its gradients too."""

    def prepare(self, n_passes: int) -> None:
        """Announce forward passes to come."""


class ScorePasses:
    """The passes of a model whose outputs are the scores of targets, ``(N, T)``.

    Parameters
    ----------
    passes : Passes
    targets : sequence of Target

    Attributes
    ----------
    forward : int
        Forward passes that the chain rule cost, beside those that were asked for.
    """

    def __init__(self, passes: Passes, targets: Sequence[Target]) -> None:
        self._passes = passes
        self._targets = tuple(targets)
        self.forward = 0

    def logits(self, batch: Array) -> Array:
        """Return the scores."""
        return self._scores(self._passes.logits(batch))

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return the scores and the gradient of ``directions · scores``."""
        outputs, gradients = self._passes.gradient(batch, self._along(batch, directions))
        return self._scores(outputs), gradients

    def guided_gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return the scores and guided gradients."""
        outputs, gradients = self._passes.guided_gradient(batch, self._along(batch, directions))
        return self._scores(outputs), gradients

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        """Return the scores and the layer's output."""
        outputs, features = self._passes.features(batch, layer)
        return self._scores(outputs), features

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        """Return the scores, features, and gradients with respect to the features."""
        along = self._along(batch, directions)
        outputs, features, gradients = self._passes.features_and_gradients(batch, along, layer)
        return self._scores(outputs), features, gradients

    def own_tokens(self, batch: Array, layer: str | None = None) -> Array:
        """Return the tokens before a layer's grid."""
        return self._passes.own_tokens(batch, layer)

    def head_logits(
        self, features: Array, layer: str | None = None, own: Array | None = None
    ) -> Array:
        """Return the scores from a layer's output."""
        return self._scores(self._passes.head_logits(features, layer, own))

    def attention(self, batch: Array, directions: Array | None = None) -> AttentionPass:
        """Return the scores and the attention, with gradients of ``directions · scores``."""
        along = None if directions is None else self._along(batch, directions)
        found = self._passes.attention(batch, along)
        return replace(found, logits=self._scores(found.logits))

    def prepare(self, n_passes: int) -> None:
        """Announce forward passes to come."""
        self._passes.prepare(n_passes)

    def _scores(self, outputs: Array) -> Array:
        columns = [target.score(outputs) for target in self._targets]
        return np.stack(columns, axis=1).astype(np.float32, copy=False)

    def _along(self, batch: Array, directions: Array) -> Array:
        """Return the directions over the model's own outputs, ``(N, K)``, at each input."""
        outputs = self._passes.logits(batch)
        self.forward += len(batch)
        slopes = np.stack([target.slope(outputs) for target in self._targets], axis=1)
        return np.einsum("nt,ntk->nk", directions, slopes).astype(np.float32, copy=False)


def pose(passes: Passes, targets: Sequence[Target], n_outputs: int) -> tuple[Passes, Array]:
    """Return the passes to explain ``targets`` on, and a direction over their outputs for each.

    Parameters
    ----------
    passes : Passes
        The model's own.
    targets : sequence of Target
        One for each input; none left open.
    n_outputs : int
        Of the model.

    Returns
    -------
    passes : Passes
        The same where every target is linear.
    directions : ndarray of float32, shape (len(targets), K)
    """
    if all(target.linear for target in targets):
        none = np.zeros((1, n_outputs), np.float32)
        return passes, np.concatenate([target.slope(none) for target in targets])
    distinct = list(dict.fromkeys(targets))
    which = [distinct.index(target) for target in targets]
    return ScorePasses(passes, distinct), np.eye(len(distinct), dtype=np.float32)[which]


def outputs_of(
    passes: Passes, targets: Sequence[Target], n_outputs: int
) -> tuple[Passes, list[int], int]:
    """Return passes in which each target is an output, which outputs these are, and of how many.

    The passes are the same where every target is an output of the model by itself.
    """
    columns = [t.index for t in targets if isinstance(t, OutputTarget) and t.index is not None]
    if len(columns) == len(targets):
        return passes, columns, n_outputs
    return ScorePasses(passes, targets), list(range(len(targets))), len(targets)
