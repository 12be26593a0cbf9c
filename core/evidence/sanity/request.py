"""Ask whether a method notices the weights."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import DEFAULT_METHOD, SanityRequest
from core.errors import CapabilityError
from core.modalities.capabilities import require
from core.models import zoo
from core.models.zoo import DEFAULT_MODEL
from core.options.model import ModelOptions
from core.saliency.request import explanation_request

__all__ = ["sanity_request", "SanityOptions"]


class SanityOptions(ModelOptions, total=False):
    """Of :func:`~core.requests.sanity_request`."""

    method: str
    parameters: Mapping[str, object] | None
    layer: str | None
    thorough: bool


def sanity_request(
    *,
    model: str = DEFAULT_MODEL,
    method: str = DEFAULT_METHOD,
    parameters: Mapping[str, object] | None = None,
    layer: str | None = None,
    thorough: bool = False,
    weights: str = "pretrained",
    classes: str | None = None,
    seed: int | None = None,
) -> SanityRequest:
    """Describe the randomisation checks of one method on one model, every argument checked.

    Parameters
    ----------
    method, parameters, layer
        As in :func:`explanation_request`.
    thorough : bool
        Run the whole cascade of a slow method too, which is else reported as not measured.
    model, weights, classes, seed
        As in :func:`prediction_request`.

    Returns
    -------
    SanityRequest

    Raises
    ------
    InputError
        For an unknown model, method, layer or parameter, or a value out of range.
    CapabilityError
        If the model lacks what the method needs, or its weights cannot be drawn anew.
    """
    spec = zoo.get(model)
    blank = zoo.modality(model).blank(spec.input_shape)
    made = explanation_request(
        blank, model=model, method=method, parameters=parameters, layer=layer,
        weights=weights, classes=classes, seed=seed,
    )  # fmt: skip
    require("The randomisation check", frozenset({"classes"}), spec.offer)
    if not spec.gradients:
        raise CapabilityError(
            f"{spec.id} is a forward-only model: its weights cannot be drawn anew, so there is no "
            "randomisation check of it. Choose a model with gradients; see 'models'."
        )
    return SanityRequest(
        model=made.model,
        weights_sha256=made.weights_sha256,
        versions=made.versions,
        seed=made.seed,
        method=method,
        parameters=made.parameters,
        layer=made.layer,
        thorough=thorough,
    )
