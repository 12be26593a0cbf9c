"""Every claim, by id: add a file of claims to ``_FAMILIES``."""

from __future__ import annotations

from core.calibration import (
    certificates,
    concepts,
    gaps,
    gradient_masking,
    ground_truth_maps,
    largest_gap,
    maps,
    mitigation,
    rates,
    sample_size,
    slices,
    small_groups,
)
from core.calibration.base import Claim

__all__ = ["CLAIMS"]

_FAMILIES = (
    gaps,
    small_groups,
    sample_size,
    slices,
    mitigation,
    largest_gap,
    rates,
    certificates,
    maps,
    ground_truth_maps,
    gradient_masking,
    concepts,
)

CLAIMS: dict[str, Claim] = {claim.card.id: claim for family in _FAMILIES for claim in family.CLAIMS}
