"""Maps as pictures: colour scales safe for colour-blind eyes, laid over the original.

Unsigned maps: cividis, more opaque where stronger, so that the picture stays visible. Signed maps:
blue for, orange against, transparent at zero, limits symmetric at the 99th percentile of |map|.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.contracts import Array, Box, Explanation, Picture, picture_seen

__all__ = [
    "ROUNDING", "Ends", "OverlayLayer", "colour_scale", "compose", "draw", "lay_over", "layer",
    "limits", "png",
]  # fmt: skip

_PERCENTILE = 99.0
ROUNDING = 1e-6
"""Of float32: what a whole map holds, relative to the score, up to which it is taken for 0."""
_DIMMED = 0.35
"""Brightness of what the model did not see."""

# Cividis (Nuñez et al. 2018), nine stops; and a diverging scale between ColorBrewer's PuOr ends.
_SEQUENTIAL = ("#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74",
               "#c3b369", "#e1cc55", "#fee838")  # fmt: skip
_DIVERGING = ("#b35806", "#e08214", "#fdb863", "#f7f7f7", "#92c5de", "#4393c3", "#2166ac")

Ends = Literal["percentile", "maximum", "given"]


@dataclass(frozen=True)
class OverlayLayer:
    """A map as a transparent picture, and what its colours mean.

    Parameters
    ----------
    png : bytes
        RGBA at the model's input size; to be stretched over ``box`` on the original.
    limits : tuple of float
        Values at the two ends of the colour scale, in the map's own unit.
    signed : bool
    empty : bool
        No positive evidence anywhere: nothing is drawn, and no scale is stretched over nothing.
    ends : {"percentile", "maximum", "given"}
        What the limits are: the 99th percentile of |map|; its maximum, where that is 0; or what
        the caller set, where several maps share a scale.
    """

    png: bytes
    limits: tuple[float, float]
    signed: bool
    empty: bool
    ends: Ends = "given"


def colour_scale(signed: bool) -> list[tuple[float, str]]:
    """Return the stops ``(position in [0, 1], "#rrggbb")`` of a scale, low to high.

    Parameters
    ----------
    signed : bool
        Whether the map has two signs.

    Returns
    -------
    list of tuple of (float, str)
    """
    stops = _DIVERGING if signed else _SEQUENTIAL
    return [(i / (len(stops) - 1), colour) for i, colour in enumerate(stops)]


def limits(values: Array, *, signed: bool) -> tuple[float, float]:
    """Return the values at the ends of the scale.

    The 99th percentile of |values|, or their maximum where that percentile is 0.
    """
    magnitude = np.abs(values)
    top = float(np.percentile(magnitude, _PERCENTILE)) or float(magnitude.max())
    return (-top, top) if signed else (0.0, top)


def _own_ends(values: Array) -> Ends:
    return "percentile" if np.percentile(np.abs(values), _PERCENTILE) > 0 else "maximum"


@lru_cache(maxsize=2)
def _table(signed: bool) -> npt.NDArray[np.uint8]:
    stops = colour_scale(signed)
    at = np.linspace(0, 1, 256)
    where = [position for position, _ in stops]
    rgb = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in stops]
    channels = [np.interp(at, where, [c[i] for c in rgb]) for i in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def _rgba(values: Array, signed: bool, ends: tuple[float, float]) -> npt.NDArray[np.uint8]:
    low, high = ends
    scaled = np.clip((values - low) / max(high - low, 1e-30), 0, 1)
    strength = np.abs(2 * scaled - 1) if signed else scaled
    rgb = _table(signed)[np.rint(scaled * 255).astype(np.uint8)]
    # In proportion: weak evidence must not veil the picture.
    alpha = np.rint(255 * strength).astype(np.uint8)
    if not values.any():
        alpha[:] = 0
    return np.concatenate([rgb, alpha[..., None]], axis=-1)


def draw(values: Array, *, signed: bool, ends: tuple[float, float] | None = None) -> OverlayLayer:
    """Render values ``(h, w)`` as a transparent PNG.

    Parameters
    ----------
    values : ndarray of float32, shape (h, w)
    signed : bool
    ends : tuple of float, optional
        Values at the ends of the scale, where several maps share one; by default the map's own
        :func:`limits`.
    """
    scale = limits(values, signed=signed) if ends is None else ends
    kind: Ends = "given" if ends is not None else _own_ends(values)
    return OverlayLayer(png(_rgba(values, signed, scale)), scale, signed, not values.any(), kind)


def layer(explanation: Explanation) -> OverlayLayer:
    """Render the map of ``explanation`` as a transparent PNG."""
    return draw(_shown(explanation), signed=explanation.signed)


def _shown(explanation: Explanation) -> Array:
    """Return the map, or zeros where it is nothing but rounding.

    What all pixels together hold, against what float32 can tell of the score. Maps of a
    probability have no such floor: it may be tiny itself, and their methods look after rounding.
    """
    if explanation.parameters.get("score") == "probability":
        return explanation.map
    held = float(np.abs(explanation.map).sum(dtype=np.float64))
    noise = held <= ROUNDING * max(1.0, abs(explanation.logit))
    return np.zeros_like(explanation.map) if noise else explanation.map


def compose(
    picture: Picture, explanation: Explanation, *, opacity: float = 0.7
) -> npt.NDArray[np.uint8]:
    """Draw the map over the original picture.

    Parameters
    ----------
    picture : Picture
        The original; what lies outside the model's view is dimmed.
    explanation : Explanation
    opacity : float
        In [0, 1].

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    return lay_over(
        picture,
        _shown(explanation),
        signed=explanation.signed,
        box=picture_seen(explanation.seen).box,
        opacity=opacity,
    )


def lay_over(
    picture: Picture, values: Array, *, signed: bool, box: Box, opacity: float = 0.7
) -> npt.NDArray[np.uint8]:
    """Draw values ``(h, w)`` over ``box`` of the original; uint8 ``(H, W, 3)``."""
    base = Image.fromarray(_dimmed(picture.pixels, box))
    rgba = _rgba(values, signed, limits(values, signed=signed))
    rgba[..., 3] = np.rint(rgba[..., 3] * float(np.clip(opacity, 0, 1))).astype(np.uint8)
    columns = _covered(picture.width, box.left, box.right)
    rows = _covered(picture.height, box.top, box.bottom)
    across = (box.right - box.left) / values.shape[1]
    down = (box.bottom - box.top) / values.shape[0]
    over = Image.fromarray(rgba, mode="RGBA").resize(
        (columns.stop - columns.start, rows.stop - rows.start),
        Image.Resampling.BILINEAR,
        box=(
            max(0.0, (columns.start - box.left) / across),
            max(0.0, (rows.start - box.top) / down),
            min(float(values.shape[1]), (columns.stop - box.left) / across),
            min(float(values.shape[0]), (rows.stop - box.top) / down),
        ),
    )
    base.paste(over, (columns.start, rows.start), over)
    return np.asarray(base)


def _covered(length: int, low: float, high: float) -> slice:
    """Return the whole pixels of a side that lie between ``low`` and ``high``, at least one."""
    start = min(max(0, round(low)), length - 1)
    return slice(start, max(start + 1, min(length, round(high))))


def _dimmed(pixels: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    out = (pixels * np.float32(_DIMMED)).astype(np.uint8)
    rows = _covered(pixels.shape[0], box.top, box.bottom)
    columns = _covered(pixels.shape[1], box.left, box.right)
    out[rows, columns] = pixels[rows, columns]
    return out


def png(pixels: npt.NDArray[np.generic] | Sequence[object]) -> bytes:
    """Encode uint8 ``(H, W, 3)`` or ``(H, W, 4)`` as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
