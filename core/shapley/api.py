"""Shapley values: the explainers, and what to do with a result."""

from __future__ import annotations

import io
import json

import numpy as np

from core.contracts import ExplainerCard, RegionShare, ShapRequest, ShapResult, picture_input
from core.modalities import registry as modalities
from core.modalities.picture import overlay_shap
from core.modalities.picture.overlay import OverlayLayer, png
from core.modalities.registry import DEFAULT_MODALITY
from core.shapley import registry
from core.shapley.export import shap_explanation_npz, to_shap
from core.shapley.regions import ranked

__all__ = [
    "explainers",
    "shap_colours",
    "shap_explanation_npz",
    "shap_json",
    "shap_layers",
    "shap_maps",
    "shap_npz",
    "shap_panels",
    "shap_regions",
    "to_shap",
]


def explainers(modality: str = DEFAULT_MODALITY) -> tuple[ExplainerCard, ...]:
    """Return a card for every SHAP explainer, for a kind of input; the default comes first.

    Parameters
    ----------
    modality : str
        Kind of input that the choices of parameters are for.

    Returns
    -------
    tuple of ExplainerCard
    """
    of = modalities.get(modality)
    return tuple(explainer.card(of) for explainer in registry.EXPLAINERS.values())


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


def shap_npz(result: ShapResult) -> bytes:
    """Return an npz with the arrays of a result and ``metadata`` (JSON text).

    Parameters
    ----------
    result : ShapResult
        As :func:`answer` returns it for a :func:`shap_request`.

    Returns
    -------
    bytes
        A file for ``numpy.load``.
    """
    buffer = io.BytesIO()
    arrays = result.to_artefact().arrays
    np.savez(buffer, metadata=np.array(shap_json(result)), **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def shap_json(result: ShapResult) -> str:
    """Return everything but the arrays as JSON.

    Parameters
    ----------
    result : ShapResult
        As :func:`answer` returns it for a :func:`shap_request`.

    Returns
    -------
    str
        JSON.
    """
    return json.dumps(result.to_artefact().document, indent=2, ensure_ascii=False)


def shap_regions(result: ShapResult, k: int) -> tuple[RegionShare, ...]:
    """Return the regions by the magnitude of their share in the ``k``-th class, largest first.

    Parameters
    ----------
    result : ShapResult
        As :func:`answer` returns it for a :func:`shap_request`.
    k : int
        Place of the class among those explained, from 0.

    Returns
    -------
    tuple of RegionShare
    """
    return ranked(result, k)
