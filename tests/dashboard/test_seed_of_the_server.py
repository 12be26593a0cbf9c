"""Fields for a seed begin with the server's, and a link says which one was meant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.settings import settings
from dashboard.app_pages.concepts import page_choice as concepts_choice
from dashboard.app_pages.models import page_choice as models_choice
from dashboard.app_pages.robustness import page_choice as robustness_choice
from dashboard.state import Choice


@pytest.fixture(params=["0", "7", "99999999999"])
def seed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("PELLUCID_SEED", request.param)
    settings.cache_clear()
    yield int(request.param)
    settings.cache_clear()


def test_pages_begin_with_it(seed: int) -> None:
    assert robustness_choice.read({})[0].seed == min(seed, robustness_choice.MOST_SEED)
    assert models_choice.first_training().seed == min(seed, models_choice.MOST_SEED)
    order = models_choice.read({"view": "new"})[0].order
    assert order.seed == min(seed, models_choice.MOST_SEED)
    study, _ = concepts_choice.read({}, Choice())
    assert study.seed == min(seed, concepts_choice.SEEDS[1])


@pytest.mark.parametrize("chosen", ["0", "3", "7"])
def test_a_link_keeps_the_seed_that_was_chosen(seed: int, chosen: str) -> None:
    trial, _ = robustness_choice.read({"seed": chosen})
    assert robustness_choice.read(trial.to_query())[0].seed == trial.seed == int(chosen)
    shown, _ = models_choice.read({"view": "new", "seed": chosen})
    assert models_choice.read(shown.to_query())[0].order.seed == int(chosen)
    study, _ = concepts_choice.read({"seed": chosen}, Choice())
    assert concepts_choice.read(study.to_query(), Choice())[0].seed == int(chosen)


def test_addresses_without_a_setting_are_what_they_were() -> None:
    assert "seed" not in robustness_choice.read({})[0].to_query()
    assert "seed" not in models_choice.read({"view": "new"})[0].to_query()
    assert "seed" not in concepts_choice.read({}, Choice())[0].to_query()
