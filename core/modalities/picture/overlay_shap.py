"""Shapley values in the colours of ``shap``: red adds to the class, blue takes from it.

As in ``shap.image_plot``: no value is transparent, the scale is symmetric, ends at the 99.9th
percentile of |values| over all classes shown, and the picture lies beneath, pale and grey.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from core.contracts import Array, ModelInput, ShapResult
from core.modalities.picture.overlay import ROUNDING, OverlayLayer, png

__all__ = ["BLUE", "RED", "layers", "maps", "panels", "per_region", "scale_end"]

RED = "#ff0051"
BLUE = "#008bfb"
_PERCENTILE = 99.9
_PALE = 0.3
_GAP, _TITLE, _LEGEND = 12, 44, 48
_INK = (38, 50, 48)


def per_region(result: ShapResult) -> Array:
    """Return the mean value of each pixel's region, ``(K, H, W)``: SHAP's superpixel colouring."""
    pixels = np.bincount(result.segments.ravel())
    return np.asarray((result.region_values / pixels)[:, result.segments], np.float32)


def _shown(result: ShapResult, *, regions: bool) -> Array:
    """Return what is painted; zeros where all shares are rounding of the logits they share out."""
    logits = np.abs(np.concatenate([result.base_values, result.outputs])).max()
    shares = (
        np.abs(result.values).sum(axis=tuple(range(1, result.values.ndim)), dtype=np.float64).max()
    )
    if shares <= ROUNDING * max(1.0, float(logits)):
        return np.zeros_like(result.values)
    return per_region(result) if regions else result.values


def scale_end(values: Array) -> float:
    """Return the value at the end of the scale that several maps share."""
    magnitude = np.abs(values)
    return float(np.percentile(magnitude, _PERCENTILE)) or float(magnitude.max())


def layers(result: ShapResult, *, regions: bool) -> list[OverlayLayer]:
    """Return a transparent PNG for each class, all on one scale.

    Parameters
    ----------
    result : ShapResult
    regions : bool
        Colour whole regions by their mean instead of single pixels.
    """
    values = _shown(result, regions=regions)
    end = scale_end(values)
    return [
        OverlayLayer(png(_rgba(one, end)), (-end, end), signed=True, empty=not one.any())
        for one in values
    ]


def _rgba(values: Array, end: float) -> npt.NDArray[np.uint8]:
    strength = np.clip(np.abs(values) / max(end, 1e-30), 0, 1)
    red, blue = (np.array(_rgb(colour), np.uint8) for colour in (RED, BLUE))
    rgb = np.where((values > 0)[..., None], red, blue)
    alpha = np.rint(255 * strength).astype(np.uint8)
    return np.concatenate([rgb, alpha[..., None]], axis=-1)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def maps(seen: ModelInput, result: ShapResult, *, regions: bool) -> list[npt.NDArray[np.uint8]]:
    """Return each class's map over what the model saw, pale and grey: uint8 ``(H, W, 3)``."""
    grey = seen.pixels.astype(np.float32) @ np.array([0.2989, 0.5870, 0.1140], np.float32)
    base = np.repeat((255 - _PALE * (255 - grey))[..., None], 3, axis=-1)
    values = _shown(result, regions=regions)
    end = scale_end(values)
    return [_over(base, _rgba(one, end)) for one in values]


def _over(base: Array, rgba: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.rint(alpha * rgba[..., :3] + (1 - alpha) * base).astype(np.uint8)


def panels(seen: ModelInput, result: ShapResult, *, regions: bool = False) -> bytes:
    """Return a PNG: what the model saw, one map a class beside it, and the scale below."""
    size = seen.pixels.shape[0]
    drawn = maps(seen, result, regions=regions)
    width = (size + _GAP) * (len(drawn) + 1) + _GAP
    sheet = Image.new("RGB", (width, size + _TITLE + _LEGEND), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    sheet.paste(Image.fromarray(seen.pixels), (_GAP, _TITLE))
    for k, target in enumerate(result.targets):
        left = (size + _GAP) * (k + 1) + _GAP
        sheet.paste(Image.fromarray(drawn[k]), (left, _TITLE))
        lines = _titles(target.label, float(result.base_values[k]), float(result.outputs[k]))
        _write(pen, lines, left, size, font)
    end = scale_end(_shown(result, regions=regions))
    _legend(pen, end, (width, size + _TITLE), font)
    return png(np.asarray(sheet))


def _titles(label: str, base: float, output: float) -> tuple[str, str]:
    return label, f"logit {base:.3g} to {output:.3g}"


def _write(
    pen: ImageDraw.ImageDraw, lines: tuple[str, str], left: int, width: int, font: object
) -> None:
    for row, line in enumerate(lines):
        text = line
        while pen.textlength(text, font=font) > width and len(text) > 2:  # type: ignore[arg-type]
            text = text[:-2] + "…"
        pen.text((left, 4 + 18 * row), text, fill=_INK, font=font)  # type: ignore[arg-type]


def _legend(pen: ImageDraw.ImageDraw, end: float, corner: tuple[int, int], font: object) -> None:
    width, top = corner
    length, middle = min(240, width // 3), width // 2
    for x in range(length):
        at = 2 * x / (length - 1) - 1
        colour = _rgb(RED if at > 0 else BLUE)
        mixed = tuple(round(255 + (c - 255) * abs(at)) for c in colour)
        pen.line([(middle - length // 2 + x, top + 8), (middle - length // 2 + x, top + 18)], mixed)
    words = f"{-end:.2g} against      SHAP value of a pixel (logit)      for {end:.2g}"
    pen.text((middle, top + 24), words, fill=_INK, font=font, anchor="ma")  # type: ignore[arg-type]
