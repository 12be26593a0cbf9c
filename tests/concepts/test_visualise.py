"""Activation maximisation: it climbs, repeats with its seed, stops, and says what it cannot do."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from core import api
from core.contracts import ModelRef, Visualisation
from core.control import LocalControl
from core.errors import Cancelled, CapabilityError, InputError, ParameterError
from core.models import zoo
from core.models.runtime import runtime
from tests.concepts.conftest import noise

pytestmark = pytest.mark.usefixtures("toys")


@pytest.fixture(scope="module")
def made(toys: None) -> Visualisation:
    result = api.answer(api.visualise_request(target=1, steps=40, model="toy_gap", seed=3))
    assert isinstance(result, Visualisation)
    return result


def test_the_logit_ends_far_above_that_of_any_random_picture(made: Visualisation) -> None:
    model = runtime(ModelRef("toy_gap"))
    random = model.logits(noise(200, seed=1).astype(np.float32) / 255)[:, 1]
    assert made.logit > random.max() + random.std()
    assert made.logit > made.start_logit
    shown = made.picture[None].astype(np.float32) / np.float32(255)
    assert made.logit == pytest.approx(float(model.logits(shown)[0, 1]), abs=1e-4)
    assert made.trace.shape == (40,)
    assert made.trace[-5:].mean() > made.trace[:5].mean()
    assert made.picture.dtype == np.uint8
    assert made.picture.shape == (16, 16, 3)


def test_the_seed_decides_and_global_draws_are_left_alone(made: Visualisation) -> None:
    from core.concepts.visualise import visualise

    request = api.visualise_request(target=1, steps=40, model="toy_gap", seed=3)
    np.random.seed(5)
    before = np.random.get_state()[1].copy()  # type: ignore[union-attr]
    again = visualise([request], LocalControl())[0]
    assert np.array_equal(before, np.random.get_state()[1])
    assert np.array_equal(again.picture, made.picture)
    other = visualise([replace(request, seed=4)], LocalControl())[0]
    assert not np.array_equal(other.picture, made.picture)


def test_it_reports_and_stops() -> None:
    stop = threading.Event()
    seen: list[str] = []

    def report(fraction: float, message: str) -> None:
        seen.append(message)
        if message.startswith("step 5 "):
            stop.set()

    request = api.visualise_request(target=0, steps=900, model="toy_gap")
    with pytest.raises(Cancelled):
        api.answer(request, control=LocalControl(on_progress=report, stop=stop))
    assert seen[-1].startswith("step 5 of 900, logit ")


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(InputError, match="no class 9"):
        api.visualise_request(target=9, model="toy_gap")
    with pytest.raises(ParameterError, match="steps must be"):
        api.visualise_request(target=0, model="toy_gap", steps=2)
    forward_only = replace(zoo.get("toy_gap"), id="toy_forward_only", gradients=False)
    zoo.register(forward_only)
    with pytest.raises(CapabilityError, match="needs gradients"):
        api.visualise_request(target=0, model="toy_forward_only")
