"""Shapley values: requests, maps encoded once, downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core import api
from core.api import shap_colours, shap_explanation_npz, shap_json, shap_npz, shap_panels
from core.contracts import ExplainerCard, Picture, RegionShare, ShapRequest, ShapResult, Value
from dashboard.lru import Lru
from dashboard.services._cards import by_id
from dashboard.services._pictures import data_uri
from dashboard.services._requests import asked
from dashboard.state import Choice

__all__ = [
    "explainers",
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

_Drawn = tuple[float, tuple[str, ...]]
_maps: Lru[tuple[str, bool], _Drawn] = Lru(
    32 * 2**20, lambda value: sum(len(uri) for uri in value[1])
)
_ranked: Lru[tuple[str, int], tuple[RegionShare, ...]] = Lru(256)


explainers: Callable[[], dict[str, ExplainerCard]] = by_id(api.explainers)
"""The cards of the SHAP explainers by id, the default first."""


def shap_request(
    picture: Picture,
    choice: Choice,
    *,
    explainer: str,
    parameters: tuple[tuple[str, Value], ...],
    classes: tuple[int, ...],
    background: Sequence[Picture],
) -> ShapRequest:
    """Return the request for Shapley values; no ``classes`` stand for the three likeliest.

    Raises
    ------
    InputError
        If a part does not exist or does not fit.
    """
    return asked(
        api.shap_request,
        picture,
        model=choice.model,
        geometry=choice.geometry,
        explainer=explainer,
        parameters=dict(parameters),
        targets=classes,
        background=background,
    )


def _drawn(request: ShapRequest, result: ShapResult, regions: bool) -> _Drawn:
    def make() -> _Drawn:
        end = api.shap_layers(result, regions=regions)[0].limits[1]
        maps = api.shap_maps(request, result, regions=regions)
        return end, tuple(data_uri(one, "image/png") for one in maps)

    return _maps.get_or((result.key, regions), make)


def shap_uris(request: ShapRequest, result: ShapResult, *, regions: bool) -> tuple[str, ...]:
    """Return one map a class over the pale picture as data URIs, encoded once, on one scale."""
    return _drawn(request, result, regions)[1]


def shap_end(request: ShapRequest, result: ShapResult, *, regions: bool) -> float:
    """Return the value at the end of the scale that the maps share."""
    return _drawn(request, result, regions)[0]


def shap_regions(result: ShapResult, k: int) -> tuple[RegionShare, ...]:
    """Return the regions by the magnitude of their share in the ``k``-th class."""
    return _ranked.get_or((result.key, k), lambda: api.shap_regions(result, k))
