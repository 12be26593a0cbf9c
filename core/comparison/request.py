"""Follow a map along a path."""

from __future__ import annotations

from typing import Unpack

from core import numerals
from core.comparison import drift_paths
from core.contracts import DriftPath, DriftRequest, OpenedSource
from core.errors import InputError, NumeralError
from core.modalities.capabilities import require
from core.models import zoo
from core.options.model import class_of
from core.saliency import registry
from core.saliency.request import ExplainOptions, explanation_request
from core.signatures import signature_from

__all__ = ["drift_request", "DriftOptions"]


class DriftOptions(ExplainOptions, total=False):
    """Of :func:`~core.requests.drift_request`."""

    path: str
    steps: int
    maximum: float | str | None


MOST_STEPS = 24


@signature_from(explanation_request, without=("against",))
def drift_request(
    picture: OpenedSource,
    *,
    path: str = "noise",
    steps: int = 8,
    maximum: float | str | None = None,
    **options: Unpack[ExplainOptions],
) -> DriftRequest:
    """Describe the work of following one map along a path.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it, or the source of another modality.
    path : str
        Id of a path; see :func:`core.api.drift_paths`.
    steps : int
        Changed pictures, at most 24.
    maximum : float or str, optional
        Severity of the last step, in the path's unit; the path's default without one. Of the
        adversarial path it is an ε in pixels of [0, 1]: ``"2/255"``.
    **options
        As in :func:`explanation_request`, except ``against``.

    Returns
    -------
    DriftRequest

    Raises
    ------
    InputError
        For an unknown path, a model without what it needs, or a number out of range.
    """
    chosen = drift_paths.PATHS.find(path)
    card = chosen.card
    if options.pop("against", None) is not None:
        raise InputError("A path follows the map of one class: leave the second class out.")
    if not 1 <= steps <= MOST_STEPS:
        raise InputError(f"steps must be a whole number from 1 to {MOST_STEPS}. Received: {steps}.")
    last = card.maximum if maximum is None else _severity(card, maximum)
    explained = explanation_request(picture, **options)
    require(f"The path {path!r}", chosen.needs, zoo.get(explained.model.id).offer)
    method = registry.METHODS.find(explained.method)
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
        target=class_of(explained),
        layer=explained.layer,
        # Gradients through the whole network, many for each frame, would hold up quick answers.
        lane="interactive" if method.uses_layer and not method.slow else "batch",
    )


def _severity(card: DriftPath, given: float | str) -> float:
    """Return a severity in the path's unit."""
    try:
        value = card.parse(given)
    except NumeralError:
        value = 0.0
    if not 0 < value <= card.highest:
        raise InputError(
            f"maximum of the path {card.id!r} must be above 0 and at most "
            f"{card.highest:g}{card.unit}. Received: {numerals.excerpt(given)}{card.hint(given)}. "
            f"The default is {card.text(card.maximum)}."
        )
    return value
