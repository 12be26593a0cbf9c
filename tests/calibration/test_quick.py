"""The quick form of the whole measurement: no claim is badly wrong."""

from __future__ import annotations

import pytest

from core import api


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_claim_is_broken_in_a_few_trials() -> None:
    """About a minute and a half of processor time; claims that need photographs are left out."""
    found = api.calibrate(quick=True, seed=0)
    assert {row.card.id: (row.k, row.n) for row in found.broken} == {}
    measured = {row.card.id for row in found.rows if row.status in ("holds", "not refuted")}
    needy = {row.card.id for row in found.rows if row.card.needs}
    assert measured | needy == {card.id for card in api.claims()}
