"""Requests for Shapley values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.contracts import DEFAULT_EXPLAINER, Geometry, Input, OpenedSource, ShapRequest
from core.errors import InputError
from core.modalities.capabilities import require
from core.models import zoo
from core.models.labels import class_names
from core.models.zoo import DEFAULT_MODEL
from core.options.model import Target, chosen_target, model_fields, model_input
from core.shapley import registry
from core.shapley.base import Explainer
from core.targets.registry import TARGETS

__all__ = ["shap_request"]

_MOST_CLASSES = 10


def shap_request(
    picture: object,
    *,
    model: str = DEFAULT_MODEL,
    explainer: str = DEFAULT_EXPLAINER,
    parameters: Mapping[str, object] | None = None,
    targets: Sequence[Target] = (),
    top: int = 3,
    background: Sequence[OpenedSource] = (),
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry | None = None,
    seed: int | None = None,
) -> ShapRequest:
    """Describe the work of sharing out logits over one picture, every argument checked.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it; for a model of another modality, its kind of source.
    explainer : str
        An id of :func:`core.api.explainers`.
    parameters : mapping
        Values for the explainer's parameters; defaults for the rest.
    targets : sequence of int or str
        Classes by index, name or WordNet id, or targets as ``"kind:…"``; none for the ``top``
        likeliest classes.
    top : int
        How many classes, where no targets are named; at most 10.
    background : sequence of Picture
        For explainers that compare with data: at least two that differ from each other and from
        ``picture``, which is left out of its own background.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    ShapRequest

    Raises
    ------
    InputError
        For an unknown model, explainer, class or parameter, or a background that does not do.
    """
    spec, chosen = zoo.get(model), registry.EXPLAINERS.find(explainer)
    require(chosen.name, chosen.needs, spec.offer)
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    names = class_names(fields["model"])
    asked = [chosen_target(fields["model"], t) for t in targets if t is not None]
    wanted = tuple(dict.fromkeys(asked))
    for each in wanted:
        fields["versions"] |= TARGETS.versions(each.id)
    _check_count(len(wanted) or top)
    seen = model_input(picture, model, geometry)
    others = [model_input(b, model, geometry) for b in background]
    return ShapRequest(
        **fields,
        input=seen,
        explainer=explainer,
        parameters=zoo.modality(model).resolve(
            chosen.parameters, parameters or {}, owner=explainer
        ),
        targets=wanted,
        top=min(top, len(names.labels)),
        background=_checked_background(chosen, seen, others),
    )


def _check_count(n: int) -> None:
    if not 1 <= n <= _MOST_CLASSES:
        raise InputError(f"Expected 1 to {_MOST_CLASSES} classes to explain. Received: {n}.")


def _checked_background(
    chosen: type[Explainer], seen: Input, given: Sequence[Input]
) -> tuple[Input, ...]:
    if not chosen.needs_background:
        if given:
            raise InputError(
                f"{chosen.name} hides parts of the picture and needs no background pictures: leave "
                "the background out, or choose the explainer 'gradient'."
            )
        return ()
    different = {other.sha256: other for other in given if other.sha256 != seen.sha256}
    if len(different) < 2:
        raise InputError(_too_few(chosen, len(given), len(different)))
    return tuple(different[sha256] for sha256 in sorted(different))


def _too_few(chosen: type[Explainer], given: int, different: int) -> str:
    what = "no background picture" if not given else f"{given} background picture"
    what += "s" if given > 1 else ""
    but = "" if given == different else f", of which {different} differ from the picture itself"
    return (
        f"{chosen.name} averages over background pictures, at least 2 different ones, better 20 or "
        f"more. Received: {what}{but}. Against a single picture it would be integrated gradients "
        "from there, and say as much about that picture as about yours. Add pictures, or choose "
        "the explainer 'partition', which needs none."
    )
