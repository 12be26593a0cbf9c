"""How far a map can be trusted: its card, and what can be measured."""

from __future__ import annotations

from core.contracts import EvidenceCard, EvidenceRequest, MetricCard
from core.control import Control
from core.engine.api import answer
from core.evidence.registry import METRICS
from core.modalities import registry as modalities
from core.modalities.registry import DEFAULT_MODALITY

__all__ = ["evidence", "metrics", "presets"]


def metrics() -> tuple[MetricCard, ...]:
    """Return a card for every metric of maps.

    Returns
    -------
    tuple of MetricCard
    """
    return tuple(metric.card() for metric in METRICS.values())


def presets(modality: str = DEFAULT_MODALITY) -> dict[str, str]:
    """Return what the protocols of deletion and insertion are for a kind of input, by id.

    Parameters
    ----------
    modality : str
        Kind of input.

    Returns
    -------
    dict of str to str
        A sentence by id.
    """
    return {preset.id: preset.summary for preset in modalities.get(modality).presets.values()}


def evidence(request: EvidenceRequest, *, control: Control | None = None) -> EvidenceCard:
    """Measure how far a map can be trusted; see :func:`evidence_request`.

    Parameters
    ----------
    request : EvidenceRequest
        As :func:`evidence_request` returns it.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    EvidenceCard
    """
    return answer(request, control=control)
