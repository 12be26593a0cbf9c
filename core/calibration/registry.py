"""Every claim, by id: add a file of claims to ``_FAMILIES``."""

from __future__ import annotations

from core.calibration import (
    certificates,
    concepts,
    gaps,
    maps,
    masked,
    mitigation,
    planted,
    rates,
    sample_size,
    slices,
    small_groups,
    widest,
)
from core.calibration.base import Claim

__all__ = ["CLAIMS"]

_FAMILIES = (
    gaps,
    small_groups,
    sample_size,
    slices,
    mitigation,
    widest,
    rates,
    certificates,
    maps,
    planted,
    masked,
    concepts,
)

CLAIMS: dict[str, Claim] = {claim.card.id: claim for family in _FAMILIES for claim in family.CLAIMS}
