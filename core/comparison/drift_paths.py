"""The paths along which a picture can change: one small function each, and the one list of them.

A path starts at the picture and gets steadily farther from it; what is drawn at random is drawn
once, so that two steps differ in strength and in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.contracts import Array, DriftPath
from core.registry import Registry
from core.saliency.base import Passes

__all__ = ["PATHS", "Path"]

Frames = Callable[["Start", Array], Array]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a path starts.

    Parameters
    ----------
    pixels : ndarray of float32, shape (h, w, 3)
        In [0, 1].
    target : int
        The explained class.
    passes : Passes
    seed : int
    check : callable
        Called between passes; raises when the work shall stop.
    """

    pixels: Array
    target: int
    passes: Passes
    seed: int
    check: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Path:
    """A path: what it says of itself, and ``frames(start, severities)``.

    ``frames`` returns float32 ``(n, h, w, 3)`` in [0, 1] for severities ``(n,)`` that rise from 0,
    where the picture itself stands.
    """

    card: DriftPath
    frames: Frames

    @property
    def id(self) -> str:
        """What it is called in requests."""
        return self.card.id

    @property
    def needs(self) -> frozenset[str]:
        """What it needs of the model and of its kind of input."""
        needs = {"plane", "classes"} | ({"gradient"} if self.card.needs_gradients else set())
        return frozenset(needs)


_listed: list[Path] = []


def _path(
    *, id: str, name: str, summary: str, limits: str, symbol: str, unit: str,
    maximum: float, highest: float, needs_gradients: bool = False, random: bool = False,
) -> Callable[[Frames], Frames]:  # fmt: skip
    """Put the function below into the list."""
    card = DriftPath(
        id, name, summary, limits, symbol, unit, maximum, highest, needs_gradients, random
    )

    def listed(frames: Frames) -> Frames:
        _listed.append(Path(card, frames))
        return frames

    return listed


@_path(
    id="noise",
    name="Noise",
    summary="Gaussian noise of growing strength, the same grain in every step.",
    limits="One draw of noise; another grain may move the map elsewhere.",
    symbol="σ ", unit="/255", maximum=40.0, highest=255.0, random=True,
)  # fmt: skip
def _noise(start: Start, severities: Array) -> Array:
    grain = np.random.default_rng(start.seed).standard_normal(start.pixels.shape, np.float32)
    strengths = severities[:, None, None, None] / np.float32(255)
    return np.clip(start.pixels + strengths * grain, 0, 1)


@_path(
    id="blur",
    name="Blur",
    summary="Gaussian blur of growing width: fine structure goes first.",
    limits="Blur takes edges and textures alike; it cannot tell which of them mattered.",
    symbol="σ ", unit=" px", maximum=6.0, highest=40.0,
)  # fmt: skip
def _blur(start: Start, severities: Array) -> Array:
    from scipy.ndimage import gaussian_filter

    frames = [gaussian_filter(start.pixels, (s, s, 0), mode="nearest") for s in severities]
    return np.clip(np.stack(frames), 0, 1).astype(np.float32)


@_path(
    id="brightness",
    name="Brightness",
    summary="All pixels become lighter by the same amount, up to white.",
    limits="Towards white only; darkening may act otherwise.",
    symbol="brightness +", unit="/255", maximum=120.0, highest=255.0,
)  # fmt: skip
def _brightness(start: Start, severities: Array) -> Array:
    return np.clip(start.pixels + severities[:, None, None, None] / np.float32(255), 0, 1)


@_path(
    id="contrast",
    name="Contrast",
    summary="The picture fades towards its own mean colour.",
    limits="Says nothing about harder contrast.",
    symbol="contrast −", unit=" %", maximum=90.0, highest=100.0,
)  # fmt: skip
def _contrast(start: Start, severities: Array) -> Array:
    mean = start.pixels.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    kept = 1 - severities[:, None, None, None] / np.float32(100)
    return np.clip(mean + kept * (start.pixels - mean), 0, 1)


_BLOCKS = 14


@_path(
    id="occlude",
    name="Occlusion",
    summary="Grey blocks cover more and more of the picture, in random order.",
    limits="One order of blocks; grey blocks are nothing the model was trained on.",
    symbol="", unit=" % covered", maximum=60.0, highest=100.0, random=True,
)  # fmt: skip
def _occlude(start: Start, severities: Array) -> Array:
    height, width = start.pixels.shape[:2]
    order = np.random.default_rng(start.seed).permutation(_BLOCKS * _BLOCKS)
    rows, columns = (np.arange(side) * _BLOCKS // side for side in (height, width))
    rank = order.reshape(_BLOCKS, _BLOCKS)[rows][:, columns]
    covered = rank < np.rint(severities / 100 * order.size)[:, None, None]
    return np.where(covered[..., None], np.float32(0.5), start.pixels)


@_path(
    id="adversarial",
    name="Adversarial",
    summary="Each step changes every channel a little, in the direction that makes the class less "
            "likely (iterated signed gradient).",
    limits="One attack by one gradient a step: a stronger one may need less.",
    symbol="ε ", unit="/255", maximum=2.0, highest=32.0, needs_gradients=True,
)  # fmt: skip
def _adversarial(start: Start, severities: Array) -> Array:
    """Follow the basic iterative method (Kurakin et al. 2016, arXiv:1607.02533).

    Steps add up to the severity, so frame i lies within the L∞ ball of its own ε. The gradient is
    that of the log-odds of the target: no softmax that saturates.
    """
    frames = [start.pixels]
    for step in np.diff(severities):
        start.check()
        ahead = frames[-1] - np.float32(step / 255) * np.sign(_log_odds_gradient(start, frames[-1]))
        frames.append(np.clip(ahead, 0, 1).astype(np.float32))
    return np.stack(frames)


def _log_odds_gradient(start: Start, pixels: Array) -> Array:
    from scipy.special import softmax

    others = start.passes.logits(pixels[None])[0].astype(np.float64)
    others[start.target] = -np.inf
    direction = -softmax(others).astype(np.float32)
    direction[start.target] = 1.0
    return start.passes.gradient(pixels[None], direction[None])[1][0]


PATHS: Registry[Path] = Registry("path", _listed)
