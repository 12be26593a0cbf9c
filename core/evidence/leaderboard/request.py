"""Rank methods over many inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import LEADERBOARD_METHODS, ExplainRequest, Geometry, LeaderboardRequest
from core.errors import InputError
from core.evidence.base import check_mask
from core.evidence.request import evidence_request
from core.evidence.sanity.metrics import SANITY_METRICS
from core.modalities.capabilities import lack
from core.models import zoo
from core.models.request import PredictOptions
from core.models.zoo import DEFAULT_MODEL
from core.options.model import Target, model_input
from core.saliency import registry
from core.saliency.request import explanation_request
from core.targets.one_class import ClassTarget

__all__ = ["leaderboard_request", "LeaderboardOptions"]


class LeaderboardOptions(PredictOptions, total=False):
    """Of :func:`~core.requests.leaderboard_request`."""

    methods: Sequence[str] | None
    metrics: Sequence[str] | None
    groups: Sequence[str]
    masks: Sequence[npt.NDArray[np.generic] | None]
    preset: str
    target: Target
    against: Target
    parameters: Mapping[str, object] | None
    layer: str | None


_NO_GROUP = "(none)"  # the empty name means all pictures

Mask = npt.NDArray[np.generic]


def leaderboard_request(
    pictures: Iterable[object],
    *,
    model: str = DEFAULT_MODEL,
    methods: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    groups: Sequence[str] = (),
    masks: Sequence[Mask | None] = (),
    preset: str | None = None,
    target: Target = "auto",
    against: Target = None,
    parameters: Mapping[str, object] | None = None,
    layer: str | None = None,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry | None = None,
    seed: int | None = None,
) -> LeaderboardRequest:
    """Describe the work of comparing methods over pictures, every argument checked.

    Parameters
    ----------
    pictures : iterable of Picture
        Taken one by one; only what the model sees of them is held.
    methods : sequence of str, optional
        By default four common methods and three controls, as far as the model can serve them; each
        with its default parameters and layer. Twice the same counts once.
    metrics : sequence of str, optional
        Ids of metrics of maps, ``"randomisation"`` or ``"random_logit"``; the quick set by default.
    groups : sequence of str, optional
        Subgroup of each picture.
    masks : sequence of (ndarray or None), optional
        Where the object is in each picture, at the model's input size.
    preset : str, optional
        Protocol of deletion and insertion.
    target, against : int or str, optional
        What every map explains, as in :func:`explanation_request`; of each picture the class that
        is predicted by default.
    parameters, layer
        As in :func:`explanation_request`, of a single method; without them each has its own.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    LeaderboardRequest

    Raises
    ------
    InputError
        For an unknown name, no picture, a model without what a method needs, groups or masks of
        another number than the pictures, a mask that is empty or of another size, or parameters
        or a layer for several methods.
    """
    protocol = zoo.modality(model).preset(preset).id
    names = _methods(methods, model)
    if (parameters or layer is not None) and len(names) != 1:
        raise InputError(
            f"Parameters and a layer (--param, --layer) go with one method. Received: "
            f"{', '.join(names)}. Name one (--methods), or leave them out."
        )
    options: dict[str, Any] = {
        "model": model, "weights": weights, "classes": classes, "seed": seed, "target": target,
        "against": against, "parameters": parameters, "layer": layer,
    }  # fmt: skip
    shape = zoo.get(model).input_shape
    blank = zoo.modality(model).blank(shape)
    asked = [explanation_request(blank, method=name, **options) for name in names]
    chosen, of_metrics = _metrics(
        metrics, asked[0], protocol, with_masks=any(m is not None for m in masks)
    )
    inputs = tuple(model_input(p, model, geometry) for p in pictures)
    if not inputs:
        raise InputError("There is no picture to compare methods on. Give at least one.")
    _same_number("groups", groups, len(inputs))
    _same_number("masks", masks, len(inputs))
    first = asked[0]
    return LeaderboardRequest(
        model=first.model,
        weights_sha256=first.weights_sha256,
        versions={name: text for each in asked for name, text in each.versions.items()}
        | of_metrics,
        seed=first.seed,
        inputs=inputs,
        groups=tuple(group or _NO_GROUP for group in groups),
        masks=tuple(_marked(mask, shape[:-1]) for mask in masks),
        methods=names,
        metrics=chosen,
        preset=protocol,
        target=None if first.target == ClassTarget() else first.target,
        parameters=first.parameters if parameters else None,
        layer=first.layer,
    )


def _methods(methods: Sequence[str] | None, model: str) -> tuple[str, ...]:
    if methods is None:
        return tuple(name for name in LEADERBOARD_METHODS if _can(model, name))
    if not methods:
        raise InputError(f"Choose at least one method. Known: {', '.join(registry.METHODS)}.")
    return tuple(dict.fromkeys(methods))


def _can(model: str, method: str) -> bool:
    needs = registry.METHODS.find(method).needs - {"probability"}
    return not lack(needs, zoo.get(model).offer.has)


def _metrics(
    metrics: Sequence[str] | None, explain: ExplainRequest, preset: str, *, with_masks: bool
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the metrics, those of methods last, and the versions that they depend on."""
    known = [m for m in metrics or () if m in SANITY_METRICS]
    rest = None if metrics is None else [m for m in metrics if m not in SANITY_METRICS]
    if rest == [] and known:
        return tuple(dict.fromkeys(known)), {}
    mask = np.ones(explain.input.tensor().shape[:-1], bool) if with_masks else None
    of_maps = evidence_request(explain, metrics=rest, preset=preset, mask=mask)
    return (*of_maps.metrics, *dict.fromkeys(known)), of_maps.versions


def _same_number(what: str, given: Sequence[object], n_pictures: int) -> None:
    if given and len(given) != n_pictures:
        raise InputError(
            f"Expected one of {what} for each picture ({n_pictures}). Received {len(given)}."
        )


def _marked(mask: Mask | None, sites: tuple[int, ...]) -> npt.NDArray[np.bool_] | None:
    if mask is None:
        return None
    marked: npt.NDArray[np.bool_] = np.asarray(mask) != 0
    check_mask(marked, sites)
    return marked
