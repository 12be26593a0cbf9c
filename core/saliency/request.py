"""Explain one input."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import DEFAULT_METHOD, ExplainRequest, Geometry
from core.errors import InputError
from core.modalities.capabilities import require
from core.models import zoo
from core.models.request import PredictOptions
from core.models.zoo import DEFAULT_MODEL, ModelSpec
from core.options.model import Target, chosen_target, model_fields, model_input
from core.saliency import registry
from core.saliency.perturb import watchable
from core.targets.registry import TARGETS

__all__ = ["ExplainOptions", "explanation_request"]


class ExplainOptions(PredictOptions, total=False):
    """Of :func:`~core.requests.explanation_request`."""

    method: str
    parameters: Mapping[str, object] | None
    target: Target
    against: Target
    layer: str | None


def explanation_request(
    picture: object,
    *,
    model: str = DEFAULT_MODEL,
    method: str = DEFAULT_METHOD,
    parameters: Mapping[str, object] | None = None,
    target: Target = "auto",
    against: Target = None,
    layer: str | None = None,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry | None = None,
    seed: int | None = None,
) -> ExplainRequest:
    """Describe the work of explaining one picture, every argument checked.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it; for a model of another modality, its kind of source.
    method : str
        Id of a saliency method.
    parameters : mapping
        Values for the method's parameters; defaults for the rest.
    target : int, str or None
        ``"auto"`` or ``None`` for the class the model predicts; else index, name or WordNet id of
        a class or another output, or a target as ``"kind:…"`` (:mod:`core.targets`).
    against : int, str or None
        Explains logit(target) − logit(against).
    layer : str, optional
        Feature layer, for methods that read one.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    ExplainRequest

    Raises
    ------
    InputError
        For an unknown model, method, class, layer or parameter, or a value out of range.
    CapabilityError
        If model and target lack what the method needs.
    """
    spec, chosen = zoo.get(model), registry.METHODS.find(method)
    require(chosen.name, chosen.needs - {"probability"}, spec.offer)
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    fields["versions"] |= registry.METHODS.versions(method)
    explained = chosen_target(fields["model"], target, against)
    fields["versions"] |= TARGETS.versions(explained.id)
    offer = explained.offer(spec.offer)
    require(chosen.name, chosen.needs, offer)
    declared = watchable(chosen.parameters, parameters or {}, offer)
    return ExplainRequest(
        **fields,
        input=model_input(picture, model, geometry),
        method=method,
        parameters=zoo.modality(model).resolve(declared, parameters or {}, owner=method),
        target=explained,
        layer=_checked_layer(spec, chosen.uses_layer, layer),
        lane="batch" if chosen.slow else "interactive",
    )


def _checked_layer(spec: ModelSpec, uses_layer: bool, layer: str | None) -> str | None:
    if layer is None:
        return None
    if not uses_layer:
        raise InputError("This method reads the pixels, not a layer: leave it out (--layer).")
    if layer not in spec.layers:
        raise InputError(
            f"{spec.id} offers no layer {layer!r} for maps. Choose one of {', '.join(spec.layers)}."
        )
    return None if layer == spec.feature_layer else layer
