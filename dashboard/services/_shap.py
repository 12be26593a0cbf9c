"""Shapley values: requests, maps encoded once, downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from core import api
from core.api import shap_colours, shap_explanation_npz, shap_json, shap_npz, shap_panels
from core.contracts import (
    ExplainerCard,
    OpenedSource,
    RegionShare,
    ShapRequest,
    ShapResult,
    Value,
)
from dashboard.lru import Lru
from dashboard.services._cards import by_id
from dashboard.services._pictures import data_uri
from dashboard.services._requests import asked, reading
from dashboard.state import Choice

__all__ = [
    "explainers",
    "explainers_for",
    "shap_colours",
    "shap_end",
    "shap_explanation_npz",
    "shap_json",
    "shap_npz",
    "shap_panels",
    "shap_regions",
    "shap_request",
    "shap_uris",
]

_maps: Lru[tuple[str, bool], tuple[str, ...]] = Lru(
    32 * 2**20, lambda uris: sum(len(uri) for uri in uris)
)
_ends: Lru[tuple[str, bool], float] = Lru(256)
_ranked: Lru[tuple[str, int], tuple[RegionShare, ...]] = Lru(256)


explainers: Callable[[], dict[str, ExplainerCard]] = by_id(api.explainers)
"""The cards of the SHAP explainers by id, the default first; parameters as pictures have them."""


@lru_cache(maxsize=16)
def explainers_for(modality: str) -> dict[str, ExplainerCard]:
    """Return the same cards, parameters as a kind of input has them."""
    return {card.id: card for card in api.explainers(modality)}


def shap_request(
    source: OpenedSource,
    choice: Choice,
    *,
    explainer: str,
    parameters: tuple[tuple[str, Value], ...],
    classes: tuple[int, ...],
    background: Sequence[OpenedSource],
) -> ShapRequest:
    """Return the request for Shapley values; no ``classes`` stand for the three likeliest.

    Raises
    ------
    InputError
        If a part does not exist or does not fit.
    """
    return asked(
        api.shap_request,
        source,
        model=choice.model,
        **reading(choice),
        explainer=explainer,
        parameters=dict(parameters),
        targets=classes,
        background=background,
    )


def shap_uris(request: ShapRequest, result: ShapResult, *, regions: bool) -> tuple[str, ...]:
    """Return one map a class over the pale picture as data URIs, encoded once, on one scale."""

    def make() -> tuple[str, ...]:
        maps = api.shap_maps(request, result, regions=regions)
        return tuple(data_uri(one, "image/png") for one in maps)

    return _maps.get_or((result.key, regions), make)


def shap_end(result: ShapResult, *, regions: bool) -> float:
    """Return the value at the end of the scale that the maps share."""
    return _ends.get_or(
        (result.key, regions), lambda: api.shap_layers(result, regions=regions)[0].limits[1]
    )


def shap_regions(result: ShapResult, k: int) -> tuple[RegionShare, ...]:
    """Return the regions by the magnitude of their share in the ``k``-th class."""
    return _ranked.get_or((result.key, k), lambda: api.shap_regions(result, k))
