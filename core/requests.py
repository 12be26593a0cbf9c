"""From a picture and options to a checked request, ready to be computed anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from core import images
from core import parameters as specs
from core.contracts import (
    ExplainRequest,
    Geometry,
    ModelRef,
    Picture,
    PredictRequest,
)
from core.errors import CapabilityError, InputError
from core.models import zoo
from core.models.fingerprint import versions
from core.models.labels import class_names
from core.models.runtime import identify
from core.models.zoo import DEFAULT_MODEL, ModelSpec
from core.saliency import registry
from core.saliency.base import Method
from core.settings import settings

__all__ = ["Target", "explanation_request", "prediction_request"]

Target = int | str | None


def prediction_request(
    picture: Picture,
    *,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry = "crop",
    seed: int | None = None,
) -> PredictRequest:
    """Describe the work of predicting one picture, ready to be submitted."""
    ref = ModelRef(model, weights, classes)
    spec = zoo.get(model)
    class_names(ref)
    return PredictRequest(
        model=ref,
        weights_sha256=identify(ref, seed=_seed(seed)),
        input=images.to_input(picture, size=spec.input_size, geometry=geometry),
        versions=versions(),
        seed=_seed(seed),
    )


def explanation_request(
    picture: Picture,
    *,
    model: str = DEFAULT_MODEL,
    method: str = "gradcam",
    parameters: Mapping[str, object] | None = None,
    target: Target = "auto",
    against: Target = None,
    layer: str | None = None,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry = "crop",
    seed: int | None = None,
) -> ExplainRequest:
    """Describe the work of explaining one picture, every argument checked.

    Parameters
    ----------
    target : int, str or None
        ``"auto"`` or ``None`` for the class the model predicts; else index, name or WordNet id.
    against : int, str or None
        Explains logit(target) − logit(against).
    parameters : mapping
        Values for the method's parameters; defaults for the rest.
    layer : str, optional
        Feature layer, for methods that read one.

    Raises
    ------
    InputError
        For an unknown model, method, class, layer or parameter, or a value out of range.
    """
    ref = ModelRef(model, weights, classes)
    spec, chosen = zoo.get(model), registry.get(method)
    _check_capabilities(spec, chosen)
    target_index, against_index = _targets(ref, target, against)
    return ExplainRequest(
        model=ref,
        weights_sha256=identify(ref, seed=_seed(seed)),
        input=images.to_input(picture, size=spec.input_size, geometry=geometry),
        versions=versions(),
        method=method,
        parameters=specs.resolve(chosen.parameters, parameters or {}, owner=method),
        target=target_index,
        against=against_index,
        layer=_checked_layer(spec, chosen.uses_layer, layer),
        seed=_seed(seed),
        lane="batch" if chosen.slow else "interactive",
    )


def _check_capabilities(spec: ModelSpec, method: type[Method]) -> None:
    if method.needs_gradients and not spec.gradients:
        raise CapabilityError(f"{method.name} needs gradients, which {spec.id} has not.")
    if method.uses_layer and not spec.features:
        raise CapabilityError(
            f"{method.name} reads a convolutional layer, and {spec.id} declares none."
        )


def _targets(ref: ModelRef, target: Target, against: Target) -> tuple[int | None, int | None]:
    names = class_names(ref)
    wanted = None if target is None or target == "auto" else names.find(target).index
    other = None if against is None else names.find(against).index
    if other is not None and other == wanted:
        raise InputError(
            f"The target and the class it is held against are the same ({names.labels[other]}): "
            "their difference is always 0. Choose two classes."
        )
    return wanted, other


def _seed(seed: int | None) -> int:
    return settings().seed if seed is None else seed


def _checked_layer(spec: ModelSpec, uses_layer: bool, layer: str | None) -> str | None:
    if layer is None:
        return None
    if not uses_layer:
        raise InputError("This method reads the pixels, not a layer: leave --layer out.")
    if layer not in spec.layers:
        raise InputError(
            f"{spec.id} offers no layer {layer!r} for maps. Choose one of {', '.join(spec.layers)}."
        )
    return None if layer == spec.feature_layer else layer
