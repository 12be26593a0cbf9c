"""Evidence: which metrics there are, requests for it, and what may be taken along."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np

from core import api
from core.contracts import EvidenceCard, EvidenceRequest, MetricCard, Picture, SanityRequest
from dashboard import masks
from dashboard.services._requests import explanation_request, once
from dashboard.state import Choice

__all__ = [
    "evidence_json", "evidence_request", "localisation_request", "metric", "metrics",
    "sanity_request",
]  # fmt: skip


@lru_cache(maxsize=1)
def metrics() -> dict[str, MetricCard]:
    """Return the cards of the metrics by id."""
    return {card.id: card for card in api.metrics()}


def metric(id: str) -> MetricCard:
    """Return one metric's card."""
    return metrics()[id]


def evidence_request(picture: Picture, choice: Choice, metrics: tuple[str, ...]) -> EvidenceRequest:
    """Return the request for metrics of the map that ``choice`` describes."""
    explain = explanation_request(picture, choice)
    return once(
        ("evidence", picture.name, explain.key, metrics),
        lambda: api.evidence_request(explain, metrics=metrics),
    )


def localisation_request(picture: Picture, choice: Choice, drawn: masks.Drawn) -> EvidenceRequest:
    """Return the request for how well the map agrees with a drawn mask.

    Raises
    ------
    InputError
        If the mask cannot be read, or marks nothing that the model sees.
    """
    explain = explanation_request(picture, choice)

    def make() -> EvidenceRequest:
        size = (picture.width, picture.height)
        seen = explain.input
        marked = masks.cells(drawn.runs, masks.grid_size(*size))
        mask = masks.at_input(marked, seen.box, size, (seen.pixels.shape[0], seen.pixels.shape[1]))
        wanted = [id for id, card in metrics().items() if card.needs_mask]
        return api.evidence_request(explain, metrics=wanted, mask=mask)

    return once(("localisation", picture.name, explain.key, drawn.id), make)


def sanity_request(choice: Choice, *, thorough: bool) -> SanityRequest:
    """Return the request for the randomisation checks of the method that ``choice`` names.

    Raises
    ------
    CapabilityError
        If the model's weights cannot be drawn anew.
    """
    return once(
        ("sanity", choice.model, choice.method, choice.parameters, choice.layer, thorough),
        lambda: api.sanity_request(
            model=choice.model,
            method=choice.method,
            parameters=dict(choice.parameters),
            layer=choice.layer,
            thorough=thorough,
        ),
    )


def evidence_json(card: EvidenceCard) -> str:
    """Return an evidence card with its curves, for download."""
    return json.dumps(asdict(card), indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
