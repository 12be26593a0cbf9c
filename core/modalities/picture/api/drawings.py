"""Results of the rooms drawn over pictures: maps, differences, Shapley values, counterfactuals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.contracts import (
    Array,
    Counterfactual,
    CounterfactualRequest,
    Drift,
    Explanation,
    ExplanationDrift,
    MapComparison,
    Picture,
    ShapRequest,
    ShapResult,
    picture_input,
)  # fmt: skip
from core.evidence.counterfactual.search import removed
from core.modalities.base import Labels
from core.modalities.picture import overlay as overlays
from core.modalities.picture import overlay_shap
from core.modalities.picture.overlay import OverlayLayer, png

__all__ = [
    "counterfactual_png",
    "difference_overlay",
    "difference_png",
    "drift_overlays",
    "explanation_drift_overlays",
    "magnified",
    "overlay",
    "overlay_png",
    "shap_colours",
    "shap_layers",
    "shap_maps",
    "shap_panels",
]

_HALF = 127.0
"""8-bit levels from grey to black or white."""

_TINY = 0.01
"""What float32 takes from a quotient that should be whole."""

_ENLARGED = 4
"""Pixels of the drawing for one pixel of the model's input, so that outlines are thin."""

_OUTLINES = ((9, (255, 255, 255)), (5, (15, 118, 110)))
"""Widths in pixels of the drawing, and colours: a light seam with a dark line inside."""


def overlay(explanation: Explanation) -> OverlayLayer:
    """Return the map as a transparent PNG with the values at the ends of its scale.

    Parameters
    ----------
    explanation : Explanation
        As :func:`explain` returns it.

    Returns
    -------
    OverlayLayer
        Of another kind of input its scale alone is of use; see :func:`drawn` for its drawing.
    """
    return overlays.layer(explanation)


def overlay_png(picture: Picture, explanation: Explanation, *, opacity: float = 0.7) -> bytes:
    """Return the original picture with the map over it, as PNG.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    explanation : Explanation
        As :func:`explain` returns it.
    opacity : float
        Of the map, from 0 to 1.

    Returns
    -------
    bytes
        PNG.
    """
    return overlays.png(overlays.compose(picture, explanation, opacity=opacity))


def difference_overlay(comparison: MapComparison) -> OverlayLayer | None:
    """Return first map − second map as a transparent PNG (blue: first), for ``comparison.box``.

    Parameters
    ----------
    comparison : MapComparison
        As :func:`compare` returns it.

    Returns
    -------
    OverlayLayer or None
        ``None`` where the maps have no difference to draw.
    """
    if comparison.difference is None:
        return None
    return overlays.draw(comparison.difference, signed=True)


def difference_png(picture: Picture, comparison: MapComparison) -> bytes | None:
    """Return the picture with first map − second map over it; ``None`` where there is none.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    comparison : MapComparison
        As :func:`compare` returns it.

    Returns
    -------
    bytes or None
        PNG.
    """
    if comparison.difference is None or comparison.box is None:
        return None
    values, box = comparison.difference, comparison.box
    return overlays.png(overlays.lay_over(picture, values, signed=True, box=box))


def drift_overlays(result: Drift) -> tuple[OverlayLayer, ...]:
    """Return every frame's map as a transparent PNG, all on one scale, so that fading shows.

    Parameters
    ----------
    result : Drift
        As :func:`drift` returns it.

    Returns
    -------
    tuple of OverlayLayer
        One a frame.
    """
    ends = [overlays.limits(each, signed=result.signed) for each in result.maps]
    top = float(np.max([high for _, high in ends]))
    scale = (-top, top) if result.signed else (0.0, top)
    return tuple(overlays.draw(each, signed=result.signed, ends=scale) for each in result.maps)


def explanation_drift_overlays(result: ExplanationDrift) -> tuple[OverlayLayer, ...]:
    """Return the map at every ε as a transparent PNG, each on its own scale.

    Gradients grow by orders of magnitude under attack: on one scale only the largest map would
    show. What is compared is where the maps point.

    Parameters
    ----------
    result : ExplanationDrift
        As :func:`explanation_drift` returns it.

    Returns
    -------
    tuple of OverlayLayer
        One a step.
    """
    return tuple(overlays.draw(each, signed=result.signed) for each in result.maps)


def magnified(change: Array) -> tuple[npt.NDArray[np.uint8], float]:
    """Return a perturbation around grey, and how often it was magnified to be seen.

    Parameters
    ----------
    change : ndarray, shape (h, w, 3)
        Adversarial minus original, pixels in [0, 1].

    Returns
    -------
    pixels : ndarray of uint8, shape (h, w, 3)
    factor : float
        1 where nothing was changed, or more than can be magnified.
    """
    most = float(np.abs(change).max()) * 255
    factor = 1.0 if most == 0 else max(1.0, float(np.floor(_HALF / most + _TINY)))
    levels = 128 + np.clip(change.astype(np.float64) * 255 * factor, -_HALF - 1, _HALF)
    return np.rint(levels).astype(np.uint8), factor


def counterfactual_png(
    request: CounterfactualRequest, found: Counterfactual, *, steps: int | None = None
) -> bytes:
    """Return a transparent PNG to lay over the picture: removed regions as the model saw them.

    Parameters
    ----------
    request : CounterfactualRequest
        As :func:`counterfactual_request` returns it.
    found : Counterfactual
        As :func:`counterfactual` returns it.
    steps : int, optional
        Regions removed, in their order; all by default.

    Returns
    -------
    bytes
        PNG with alpha.
    """
    regions = [step.region for step in found.steps[:steps]]
    inside = np.isin(found.labels, regions).repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)
    labels = found.labels.repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)
    seen = np.rint(removed(request, found.labels, regions) * 255).astype(np.uint8)
    colours = seen.repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)
    alpha = np.where(inside, 255, 0).astype(np.uint8)
    border = _border(np.where(inside, labels, -1))
    for width, colour in _OUTLINES:
        line = _widened(border, width)
        colours[line], alpha[line] = colour, 255
    return overlays.png(np.dstack([colours, alpha]))


def shap_colours() -> tuple[str, str]:
    """Return SHAP's colours for "takes from the class" and "adds to it".

    Returns
    -------
    tuple of two str
        Two of ``"#rrggbb"``.
    """
    return overlay_shap.BLUE, overlay_shap.RED


def shap_layers(result: ShapResult, *, regions: bool = False) -> list[OverlayLayer]:
    """Return one transparent PNG a class, all on one scale, in SHAP's colours.

    Parameters
    ----------
    result : ShapResult
        As :func:`answer` returns it for a :func:`shap_request`.
    regions : bool
        Draw regions in place of pixels.

    Returns
    -------
    list of OverlayLayer
        One a class.
    """
    return overlay_shap.layers(result, regions=regions)


def shap_maps(request: ShapRequest, result: ShapResult, *, regions: bool = False) -> list[bytes]:
    """Return each class's map over what the model saw, pale and grey, as PNG.

    Parameters
    ----------
    request : ShapRequest
        As :func:`shap_request` returns it.
    result : ShapResult
        Its answer.
    regions : bool
        Draw regions in place of pixels.

    Returns
    -------
    list of bytes
        One PNG a class.
    """
    seen = picture_input(request.input)
    return [png(one) for one in overlay_shap.maps(seen, result, regions=regions)]


def shap_panels(request: ShapRequest, result: ShapResult, *, regions: bool = False) -> bytes:
    """Return a PNG with what the model saw and the maps of all classes side by side.

    Parameters
    ----------
    request : ShapRequest
        As :func:`shap_request` returns it.
    result : ShapResult
        Its answer.
    regions : bool
        Draw regions in place of pixels.

    Returns
    -------
    bytes
        PNG.
    """
    return overlay_shap.panels(picture_input(request.input), result, regions=regions)


def _border(labels: Labels) -> npt.NDArray[np.bool_]:
    """Return the pixels whose right or lower neighbour has another label."""
    border = np.zeros(labels.shape, bool)
    border[:, :-1] |= np.diff(labels, axis=1) != 0
    border[:-1] |= np.diff(labels, axis=0) != 0
    return border


def _widened(line: npt.NDArray[np.bool_], width: int) -> npt.NDArray[np.bool_]:
    import cv2

    return cv2.dilate(line.astype(np.uint8), np.ones((width, width), np.uint8)) > 0
