"""A map along a path: what must hold for every path, and what the adversarial one must do."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from core import api
from core.comparison.drift_paths import PATHS
from core.contracts import Drift
from core.control import LocalControl
from core.errors import Cancelled, InputError
from core.modalities.picture import images
from core.models import zoo

GAP = {"model": "toy_gap", "geometry": "squash", "method": "gradcam"}


def follow(picture: np.ndarray, path: str, **options: object) -> Drift:
    return api.drift(picture, path=path, **(GAP | options))


@pytest.fixture(params=sorted(PATHS))
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_path_says_what_it_is(path: str) -> None:
    card = PATHS[path].card
    assert card.id == path
    assert card.summary.endswith(".")
    assert card.limits.endswith(".")
    assert 0 < card.maximum <= card.highest
    assert card in api.drift_paths()


def test_it_starts_at_the_picture(path: str, toys: None, noise_picture: np.ndarray) -> None:
    result = follow(noise_picture, path, steps=3)
    np.testing.assert_array_equal(result.frames[0], noise_picture)
    assert result.severities[0] == result.linf[0] == 0
    assert result.correlations[0] == pytest.approx(1)
    alone = api.explain(noise_picture, **GAP)
    np.testing.assert_allclose(result.maps[0], alone.map, atol=1e-6)
    assert result.target == alone.target
    assert result.top[0] == alone.target


def test_every_step_is_farther_from_the_picture(
    path: str, toys: None, noise_picture: np.ndarray
) -> None:
    result = follow(noise_picture, path, steps=4)
    assert len(result.frames) == len(result.maps) == len(result.top) == 5
    pixels = result.frames.astype(int)
    distances = np.abs(pixels - pixels[0]).mean(axis=(1, 2, 3))
    assert (np.diff(distances) > 0).all()


def test_the_same_seed_gives_the_same_frames(
    path: str, toys: None, noise_picture: np.ndarray
) -> None:
    picture = images.open_picture(noise_picture)
    requests = [api.drift_request(picture, path=path, steps=2, seed=s, **GAP) for s in (0, 0, 1)]
    assert requests[0].key == requests[1].key != requests[2].key
    a, c = (api.answer(request) for request in (requests[0], requests[2]))
    same = np.array_equal(a.frames, c.frames)
    assert same is not PATHS[path].card.random


def test_probabilities_are_those_of_the_frames(toys: None, noise_picture: np.ndarray) -> None:
    result = follow(noise_picture, "occlude", steps=2)
    for frame, target, winner, best in zip(
        result.frames, result.target_probability, result.top, result.top_probability, strict=True
    ):
        prediction = api.predict(frame, model="toy_gap", geometry="squash")
        ranked = {s.index: s.probability for s in api.ranking(prediction, 3)}
        # Frames are rounded to 8 bits for showing.
        assert ranked[result.target.index] == pytest.approx(target, abs=0.02)
        assert ranked[winner.index] == pytest.approx(best, abs=0.02)


def test_everything_covered_is_grey(toys: None, noise_picture: np.ndarray) -> None:
    result = follow(noise_picture, "occlude", steps=2, maximum=100)
    assert np.unique(result.frames[-1]).tolist() == [128]
    covered = (result.frames[1] == 128).all(axis=-1).mean()
    assert 0.4 < covered < 0.6


class TestAdversarial:
    @pytest.fixture(scope="class")
    def on_the_cat(self, cat: Path) -> Drift:
        return api.drift(cat, path="adversarial", steps=4, maximum="2/255", method="gradcam")

    def test_it_stays_within_epsilon(self, on_the_cat: Drift) -> None:
        np.testing.assert_allclose(on_the_cat.severities, [0, 0.5, 1, 1.5, 2])
        assert (on_the_cat.linf <= on_the_cat.severities + 1e-4).all()
        assert on_the_cat.linf[-1] > 1.0, "and it uses what it may"
        moved = np.abs(on_the_cat.frames.astype(int) - on_the_cat.frames[0].astype(int))
        assert moved.max() <= 2

    def test_it_lowers_the_probability_until_the_decision_turns(self, on_the_cat: Drift) -> None:
        probabilities = on_the_cat.target_probability
        assert probabilities[1] < probabilities[0]
        assert probabilities[-1] < 0.01 < 0.3 < probabilities[0]
        assert on_the_cat.flip is not None
        assert on_the_cat.top[on_the_cat.flip] != on_the_cat.target
        assert "The decision turns from tiger cat" in on_the_cat.words

    def test_noise_of_the_same_size_does_nothing_of_the_kind(self, cat: Path) -> None:
        coffee = cat.with_name("coffee.jpg")
        result = api.drift(coffee, path="noise", steps=2, maximum=2, method="gradcam")
        assert result.flip is None
        assert min(result.correlations) > 0.9
        assert "holds up to σ 2/255" in result.words

    def test_a_saturated_softmax_stops_nobody(self, toys: None, noise_picture: np.ndarray) -> None:
        """The linear model is sure to the last digit: a gradient of p would be 0 there."""
        result = follow(noise_picture, "adversarial", model="toy_linear", method="saliency")
        assert result.linf[-1] == pytest.approx(2, rel=1e-3)


def test_it_can_be_stored_and_read_back(toys: None, noise_picture: np.ndarray) -> None:
    first = follow(noise_picture, "blur", steps=2, seed=5)
    again = follow(noise_picture, "blur", steps=2, seed=5)
    assert again.cached
    np.testing.assert_array_equal(first.frames, again.frames)
    assert first.correlations == again.correlations
    assert first.top == again.top


def test_the_class_stays_the_same_however_the_decision_turns(
    toys: None, noise_picture: np.ndarray
) -> None:
    predicted = follow(noise_picture, "noise", steps=1).target.index
    other = (predicted + 1) % 3
    result = follow(noise_picture, "noise", steps=1, target=other)
    assert result.target.index == other
    assert result.top[0].index == predicted


def test_a_model_without_gradients_has_no_adversarial_path(
    toys: None, noise_picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    monkeypatch.setitem(zoo._registered, "toy_gap", replace(zoo.get("toy_gap"), gradients=False))
    picture = images.open_picture(noise_picture)
    free = next(m.id for m in api.methods() if not m.needs_gradients and not m.uses_layer)
    options = {"model": "toy_gap", "geometry": "squash", "method": free}
    with pytest.raises(InputError, match="'adversarial' needs gradients"):
        api.drift_request(picture, path="adversarial", **options)
    assert api.drift_request(picture, path="noise", **options).path == "noise"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "nois"}, "Did you mean 'noise'"),
        ({"steps": 0}, "from 1 to 24"),
        ({"steps": 99}, "Received: 99"),
        ({"maximum": 0.0}, "above 0"),
        ({"path": "adversarial", "maximum": 90.0}, "at most 32/255"),
        ({"path": "adversarial", "maximum": 2}, r"did you mean 2/255\?"),
        ({"maximum": float("nan")}, "Received: nan"),
        ({"against": 3}, "leave the second class out"),
    ],
)
def test_wrong_options_are_named(cat: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        api.drift_request(images.open_picture(cat), **options)


def test_it_stops_when_asked_and_says_how_far_it_is(toys: None, noise_picture: np.ndarray) -> None:
    seen: list[float] = []
    stop = threading.Event()

    def note(fraction: float, message: str) -> None:
        seen.append(fraction)
        if "map 5" in message:
            stop.set()

    picture = images.open_picture(noise_picture)
    request = api.drift_request(picture, path="contrast", steps=8, seed=77, **GAP)
    with pytest.raises(Cancelled):
        api.answer(request, control=LocalControl(on_progress=note, stop=stop))
    assert seen == sorted(seen)
    assert 0 < seen[-1] < 1
