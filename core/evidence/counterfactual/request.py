"""Requests for the smallest set of regions whose removal changes a decision."""

from __future__ import annotations

from typing import get_args

from core.contracts import CounterfactualRequest, Geometry, Picture, RegionKind
from core.errors import ParameterError, UnknownNameError
from core.models import zoo
from core.models.zoo import DEFAULT_MODEL
from core.options.model import Target, chosen_class, model_fields, model_input

__all__ = ["counterfactual_request"]

_FEWEST, _MOST = 4, 64
_KINDS: tuple[RegionKind, ...] = get_args(RegionKind)


def counterfactual_request(
    picture: Picture,
    *,
    regions: str = "superpixels",
    count: int = 30,
    baseline: str = "blur",
    target: Target = None,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry | None = None,
    seed: int | None = None,
) -> CounterfactualRequest:
    """Describe the search for few regions whose removal changes the decision.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    regions : {"superpixels", "grid"}
    count : int
        About how many regions, 4 to 64.
    baseline : str
        What a removed pixel becomes.
    target : int, str or None
        The class that the decision shall turn to; ``None`` for any other.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    CounterfactualRequest

    Raises
    ------
    InputError
        For an unknown model, class, kind of regions or baseline, or a count out of range.
    """
    if not _FEWEST <= count <= _MOST:
        raise ParameterError(
            f"count must be a whole number from {_FEWEST} to {_MOST}. Received: count={count}. "
            "The default is 30."
        )
    known = zoo.modality(model).choices["baselines"]
    if baseline not in known:
        raise UnknownNameError(f"There is no baseline {baseline!r}. Known: {', '.join(known)}.")
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    wanted = chosen_class(fields["model"], target)
    return CounterfactualRequest(
        **fields,
        input=model_input(picture, model, geometry),
        regions=_kind(regions),
        n_regions=count,
        baseline=baseline,
        target=wanted,
    )


def _kind(text: str) -> RegionKind:
    for kind in _KINDS:
        if text == kind:
            return kind
    raise UnknownNameError(f"Regions must be one of {', '.join(_KINDS)}. Received: {text!r}.")
