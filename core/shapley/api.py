"""Shapley values: the explainers, and what to do with a result."""

from __future__ import annotations

import io
import json

import numpy as np

from core.contracts import ExplainerCard, RegionShare, ShapResult
from core.modalities import registry as modalities
from core.modalities.registry import DEFAULT_MODALITY
from core.shapley import registry
from core.shapley.export import shap_explanation_npz, to_shap
from core.shapley.regions import ranked

__all__ = [
    "explainers",
    "shap_explanation_npz",
    "shap_json",
    "shap_npz",
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
