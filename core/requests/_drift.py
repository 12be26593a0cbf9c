"""Requests for a map along a path."""

from __future__ import annotations

import math
from typing import Any

from core.contracts import DriftRequest, Picture
from core.errors import CapabilityError, InputError
from core.models import zoo
from core.requests._picture import explanation_request
from core.saliency import drift_paths, registry

__all__ = ["drift_request"]

MOST_STEPS = 24


def drift_request(
    picture: Picture,
    *,
    path: str = "noise",
    steps: int = 8,
    maximum: float | None = None,
    **options: Any,
) -> DriftRequest:
    """Describe the work of following one map along a path.

    Parameters
    ----------
    path : str
        Id of a path; see :func:`core.api.drift_paths`.
    steps : int
        Changed pictures, at most 24.
    maximum : float, optional
        Severity of the last step, in the path's unit; the path's default without one.
    **options
        As in :func:`explanation_request`, except ``against``.

    Raises
    ------
    InputError
        For an unknown path, a model without what it needs, or a number out of range.
    """
    card = drift_paths.get(path).card
    if options.pop("against", None) is not None:
        raise InputError("A path follows the map of one class: leave the second class out.")
    if not 1 <= steps <= MOST_STEPS:
        raise InputError(f"steps must be a whole number from 1 to {MOST_STEPS}. Received: {steps}.")
    last = card.maximum if maximum is None else maximum
    if not (math.isfinite(last) and 0 < last <= card.highest):
        raise InputError(
            f"maximum of the path {path!r} must be above 0 and at most {card.highest:g}{card.unit}."
            f" Received: {last:g}. The default is {card.maximum:g}."
        )
    explained = explanation_request(picture, **options)
    spec = zoo.get(explained.model.id)
    if card.needs_gradients and not spec.gradients:
        raise CapabilityError(f"The path {path!r} needs gradients: {spec.without_gradients}.")
    method = registry.get(explained.method)
    return DriftRequest(
        model=explained.model,
        weights_sha256=explained.weights_sha256,
        versions=explained.versions,
        seed=explained.seed,
        input=explained.input,
        path=path,
        steps=steps,
        maximum=float(last),
        method=explained.method,
        parameters=explained.parameters,
        target=explained.target,
        layer=explained.layer,
        # Gradients through the whole network, many for each frame, would hold up quick answers.
        lane="interactive" if method.uses_layer and not method.slow else "batch",
    )
