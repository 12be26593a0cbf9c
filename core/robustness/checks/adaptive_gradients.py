"""Passes that see through a mask: gradients averaged over draws, passed straight, or estimated.

Each stands in for a model's own :class:`~core.robustness.attacks.base.Passes`, so that any attack
can be run on it: EOT and BPDA (Athalye et al. 2018, arXiv:1802.00420) and NES on tiles (Ilyas et
al. 2018, arXiv:1804.08598 and 1807.07978).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.axes import along
from core.contracts import Array
from core.robustness.attacks.base import Labels, LossName, Passes
from core.robustness.checks.gradient_check import loss_of

__all__ = ["Averaged", "Estimated"]

_TILES = (4, 8, 16)
"""Sides of the tiles' grids: a smooth gradient has most of its length in so few values."""


class Averaged:
    """Gradients averaged over draws of a model that draws (expectation over transformation).

    Parameters
    ----------
    passes : Passes
    draws : int
    """

    def __init__(self, passes: Passes, *, draws: int) -> None:
        self._passes = passes
        self._draws = draws
        self.n_classes = passes.n_classes

    def logits(self, batch: Array) -> Array:
        """Return logits of one draw."""
        return self._passes.logits(batch)

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return mean logits and the mean gradient of ``directions · logits``."""
        found = [self._passes.gradient(batch, directions) for _ in range(self._draws)]
        logits, gradients = (np.mean(column, axis=0) for column in zip(*found, strict=True))
        return logits, gradients

    def ascent(
        self, batch: Array, loss: LossName, labels: Labels, targets: Labels | None = None
    ) -> tuple[Array, Array, Array]:
        """Return the last draw's logits, the mean loss and the mean gradient."""
        found = [self._passes.ascent(batch, loss, labels, targets) for _ in range(self._draws)]
        values, gradients = (np.mean([f[i] for f in found], axis=0) for i in (1, 2))
        return found[-1][0], values, gradients


class Estimated:
    """Gradients estimated from forward passes: differences along random tiles, both ways.

    Of cross-entropy, and of the margin in place of every other loss.

    Parameters
    ----------
    passes : Passes
        Its gradients are not read.
    step : float
        Of the differences, in pixel values: over it a mask's own ripples cancel.
    pairs : int
        Differences for one gradient, two forward passes each.
    seed : int
    """

    def __init__(self, passes: Passes, *, step: float, pairs: int, seed: int) -> None:
        self._passes = passes
        self._step = np.float32(step)
        self._pairs = pairs
        self._rng = np.random.default_rng([seed, 5])
        self.n_classes = passes.n_classes

    def logits(self, batch: Array) -> Array:
        """Return the model's logits."""
        return self._passes.logits(batch)

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and the estimated gradient of ``directions · logits``."""
        return self._estimated(batch, lambda z: np.einsum("nc,nc->n", z, directions))

    def ascent(
        self, batch: Array, loss: LossName, labels: Labels, targets: Labels | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, losses and the estimated gradient."""
        climbed: LossName = "ce" if loss == "ce" else "margin"
        logits, gradient = self._estimated(batch, lambda z: loss_of(z, labels, climbed))
        return logits, loss_of(logits, labels, climbed), gradient

    def _estimated(self, batch: Array, value: Callable[[Array], Array]) -> tuple[Array, Array]:
        total = np.zeros_like(batch)
        for number in range(self._pairs):
            way = self._tiles(batch.shape, _TILES[number % len(_TILES)])
            ahead, behind = (np.clip(batch + s * self._step * way, 0, 1) for s in (1, -1))
            up, down = (value(self._passes.logits(x)) for x in (ahead, behind))
            total += along((up - down).astype(np.float32), way) * way
        return self._passes.logits(batch), total / np.float32(2 * self._step * self._pairs)

    def _tiles(self, shape: tuple[int, ...], grid: int) -> Array:
        """Return random signs on a grid of tiles, stretched over the pictures."""
        n, height, width, channels = shape
        signs = self._rng.choice((-1.0, 1.0), (n, grid, grid, channels)).astype(np.float32)
        rows, columns = np.arange(height) * grid // height, np.arange(width) * grid // width
        return np.asarray(signs[:, rows][:, :, columns])
