"""Concepts, drawn."""

from __future__ import annotations

from core.contracts import ConceptMaps
from core.modalities.picture import overlay as overlays
from core.modalities.picture.overlay import OverlayLayer

__all__ = ["concept_overlays"]


def concept_overlays(maps: ConceptMaps) -> tuple[OverlayLayer, ...]:
    """Return each concept's map as a transparent PNG, all on one scale.

    Parameters
    ----------
    maps : ConceptMaps
        What :func:`answer` returns for a :func:`concept_maps_request`.

    Returns
    -------
    tuple of OverlayLayer
        One a concept.
    """
    ends = overlays.limits(maps.maps, signed=False)
    return tuple(overlays.draw(each, signed=False, ends=ends) for each in maps.maps)
