"""Evidence: which metrics there are, requests for it, and what may be taken along."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from core import api
from core.contracts import (
    EvidenceCard,
    EvidenceRequest,
    ExplainRequest,
    MetricCard,
    ModelCard,
    OpenedSource,
    Picture,
    SanityRequest,
    picture_input,
)
from dashboard import masks
from dashboard.services._cards import by_id
from dashboard.services._catalogue import lacking
from dashboard.services._files import as_json
from dashboard.services._pictures import framing
from dashboard.services._requests import asked, explanation_request, once
from dashboard.state import Choice

__all__ = [
    "evidence_json", "evidence_request", "known_mask_request", "localisation_request", "metric",
    "metrics", "metrics_for", "sanity_request",
]  # fmt: skip


metrics: Callable[[], dict[str, MetricCard]] = by_id(api.metrics)
"""The cards of the metrics by id."""


def metrics_for(card: ModelCard) -> dict[str, MetricCard]:
    """Return the metrics that a model has what it takes for."""
    return {id: m for id, m in metrics().items() if not lacking("metrics", id, card)}


def metric(id: str) -> MetricCard:
    """Return one metric's card."""
    return metrics()[id]


def evidence_request(
    source: OpenedSource, choice: Choice, metrics: tuple[str, ...]
) -> EvidenceRequest:
    """Return the request for metrics of the map that ``choice`` describes."""
    explain = explanation_request(source, choice)
    return once(
        ("evidence", source.name, explain.key, metrics),
        lambda: api.evidence_request(explain, metrics=metrics),
    )


def localisation_request(picture: Picture, choice: Choice, drawn: masks.Drawn) -> EvidenceRequest:
    """Return the request for how well the map agrees with a drawn mask.

    Raises
    ------
    InputError
        If the mask cannot be read, or marks nothing that the model sees.
    """

    def mask(explain: ExplainRequest) -> masks.Mask:
        size = (picture.width, picture.height)
        seen = picture_input(explain.input)
        marked = masks.cells(drawn.runs, masks.grid_size(*size))
        return masks.at_input(marked, seen.box, size, (seen.pixels.shape[0], seen.pixels.shape[1]))

    return _localisation(picture, choice, drawn.id, mask)


def known_mask_request(picture: Picture, choice: Choice, marked: masks.Mask) -> EvidenceRequest:
    """Return the request for how well the map agrees with a mask that a dataset knows.

    Parameters
    ----------
    marked : ndarray of bool, shape (H, W)
        Over the whole picture, in its pixels.

    Raises
    ------
    InputError
        If it marks nothing that the model sees.
    """

    def mask(explain: ExplainRequest) -> masks.Mask:
        bright = np.repeat(marked[:, :, None], 3, axis=2).astype(np.uint8) * 255
        return api.input_mask(
            Picture("mask", bright), picture, model=choice.model, geometry=framing(choice)
        )

    return _localisation(picture, choice, hashlib.sha256(marked.tobytes()).hexdigest(), mask)


def _localisation(
    picture: Picture, choice: Choice, id: str, mask: Callable[[ExplainRequest], masks.Mask]
) -> EvidenceRequest:
    explain = explanation_request(picture, choice)

    def make() -> EvidenceRequest:
        wanted = [id for id, card in metrics().items() if card.needs_mask]
        return api.evidence_request(explain, metrics=wanted, mask=mask(explain))

    return once(("localisation", picture.name, explain.key, id), make)


def sanity_request(choice: Choice, *, thorough: bool) -> SanityRequest:
    """Return the request for the randomisation checks of the method that ``choice`` names.

    Raises
    ------
    CapabilityError
        If the model's weights cannot be drawn anew.
    """
    return asked(
        api.sanity_request,
        model=choice.model,
        method=choice.method,
        parameters=dict(choice.parameters),
        layer=choice.layer,
        thorough=thorough,
    )


def evidence_json(card: EvidenceCard) -> str:
    """Return an evidence card with its curves, for download."""
    return as_json(asdict(card))
