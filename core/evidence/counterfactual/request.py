"""Requests for the smallest set of regions whose removal changes a decision."""

from __future__ import annotations

from collections.abc import Sequence

from core.contracts import CounterfactualRequest, Geometry, OpenedSource
from core.errors import ParameterError, UnknownNameError
from core.models import zoo
from core.models.zoo import DEFAULT_MODEL
from core.options.model import Target, chosen_class, model_fields, model_input

__all__ = ["counterfactual_request"]

_FEWEST, _MOST = 4, 64
_REGIONS, _BASELINE = "superpixels", "blur"
"""Of the kinds of input that have them; of others the first that they offer."""


def counterfactual_request(
    source: OpenedSource,
    *,
    regions: str | None = None,
    count: int = 30,
    baseline: str | None = None,
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
    source : Picture
        As :func:`open_picture` returns it, or the source of another modality.
    regions : str, optional
        How it is cut; superpixels (or ``"grid"``) of a picture.
    count : int
        About how many regions, 4 to 64.
    baseline : str, optional
        What a removed part becomes; a blur of a picture. See :func:`core.api.baselines`.
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
    offered = zoo.modality(model).choices
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    wanted = chosen_class(fields["model"], target)
    return CounterfactualRequest(
        **fields,
        input=model_input(source, model, geometry),
        regions=_one("kind of regions", regions, offered["partitions"], _REGIONS),
        n_regions=count,
        baseline=_one("baseline", baseline, offered["baselines"], _BASELINE),
        target=wanted,
    )


def _one(what: str, given: str | None, names: Sequence[str], usual: str) -> str:
    """Return what was named of ``names``; the usual one by default, or the first."""
    if given is None:
        return usual if usual in names else names[0]
    if given not in names:
        raise UnknownNameError(f"There is no {what} {given!r}. Known: {', '.join(names)}.")
    return given
