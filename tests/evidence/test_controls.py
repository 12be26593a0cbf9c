"""What "beats controls" holds: maps that know nothing must not pass, maps that are true must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.contracts import CONTROL_FAMILIES, Array, Check
from core.evidence.base import EvaluatedMap
from core.evidence.checks import beats_controls
from core.evidence.controls import compare_maps_with_controls, measure_controls
from core.evidence.picture.control_rates import verdicts
from core.modalities.picture.controls import CONTROLS
from core.modalities.picture.filters import blurred, centred, sobel
from core.modalities.picture.uninformed_maps import FAMILIES
from core.proportions import wilson
from tests.evidence.evaluated_maps import SIDE, Linear, evaluated

CORNER = (slice(1, 6), slice(1, 6))
MIDDLE = (slice(5, 11), slice(5, 11))


class Spot(Linear):
    """Looks at squares: the model's evidence is exactly there."""

    def __init__(self, *where: tuple[slice, slice], strength: float = 0.08) -> None:
        weights = np.zeros((SIDE, SIDE, 3))
        for square in where:
            weights[square] = strength
        super().__init__(weights)

    @property
    def map(self) -> Array:
        return self.weights.sum(axis=-1) * self.picture.mean(axis=-1)

    @property
    def picture(self) -> Array:
        """Return a picture in which nothing stands out."""
        return np.random.default_rng(1).uniform(0.1, 1, (SIDE, SIDE, 3)).astype(np.float32)


def task(model: Spot, **given: object) -> EvaluatedMap:
    return evaluated(model, model.map, model.picture, **given)


def judged(model: Spot, map_: Array, **given: object) -> Check:
    return verdicts(task(model, **given), {"map": map_.astype(np.float32)})["map"]


class TestTruth:
    def test_the_perfect_map_beats_the_controls(self) -> None:
        check = judged(Spot(CORNER), Spot(CORNER).map)
        assert check.verdict == "pass", check.words
        assert check.value > check.threshold

    def test_a_pass_names_what_was_beaten_and_what_it_does_not_say(self) -> None:
        check = judged(Spot(CORNER), Spot(CORNER).map)
        assert f"above {len(CONTROLS)} maps that know nothing of it" in check.words
        for kind in CONTROL_FAMILIES.values():
            assert kind in check.words
        assert "does not say that the map lies on the object" in check.protocol

    def test_the_opposite_map_fails(self) -> None:
        model = Spot(CORNER)
        check = judged(model, model.map.max() - model.map)
        assert check.verdict == "fail"
        assert check.value < check.threshold


class TestIgnorance:
    @pytest.mark.parametrize("sigma", [0.15, 0.22, 0.27, 0.3])
    def test_a_spot_in_the_middle_does_not_pass_where_the_model_looks_there(
        self, sigma: float
    ) -> None:
        """It is no control's own map, and passed while only blocks and edges had to be beaten."""
        check = judged(Spot(MIDDLE), centred((SIDE, SIDE), sigma))
        assert check.verdict == "unclear", check.words
        assert "knows nothing" in check.words

    @pytest.mark.parametrize("sigma", [1 / 30, 1 / 14])
    def test_blurred_edges_do_not_pass_where_the_model_looks_at_texture(self, sigma: float) -> None:
        model = Spot(CORNER)
        pixels = np.full((SIDE, SIDE, 3), 0.5, np.float32)
        pixels[CORNER] = np.random.default_rng(3).uniform(0.2, 1, (5, 5, 3))
        found = blurred(sobel(pixels), sigma)
        check = verdicts(evaluated(model, found, pixels), {"map": found})["map"]
        assert check.verdict != "pass", check.words

    def test_each_family_passes_once_in_twenty_times_at_most(self) -> None:
        """On models that look at three places of a picture in which nothing stands out."""
        passed = dict.fromkeys(FAMILIES, 0)
        n = 60
        for i in range(n):
            rng = np.random.default_rng(i)
            corners = rng.integers(0, SIDE - 3, (3, 2))
            model = Spot(*((slice(y, y + 3), slice(x, x + 3)) for y, x in corners))
            picture = rng.uniform(0.1, 1, (SIDE, SIDE, 3)).astype(np.float32)
            drawn = {id: family.draw(picture, rng) for id, family in FAMILIES.items()}
            for id, check in verdicts(evaluated(model, model.map, picture), drawn).items():
                passed[id] += check.verdict == "pass"
        too_often = {id: k for id, k in passed.items() if wilson(k, n)[0] > 0.05}
        assert not too_often, f"of {n}: {too_often}"

    def test_the_families_are_no_controls_own_maps(self) -> None:
        model = Spot(CORNER)
        one = task(model)
        own = [control.draw(one.input, one.seed) for control in CONTROLS]
        for id, family in FAMILIES.items():
            drawn = family.draw(model.picture, np.random.default_rng(0))
            assert drawn.shape == (SIDE, SIDE)
            assert drawn.dtype == np.float32
            assert not any(np.array_equal(drawn, other) for other in own), id


class TestNothingToJudge:
    """Cases in which areas differ and say nothing: never a pass, and the reason told."""

    @pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
    def test_one_even_colour(self, level: float) -> None:
        model = Spot(CORNER)
        even = np.full((SIDE, SIDE, 3), level, np.float32)
        for map_ in (model.map, centred((SIDE, SIDE), 0.2)):
            check = verdicts(evaluated(model, map_, even), {"map": map_})["map"]
            assert check.verdict == "unknown"
            assert "one even colour" in check.words

    def test_the_noise_of_a_lossy_file_is_even_too(self) -> None:
        rng = np.random.default_rng(0)
        even = (rng.integers(0, 2, (SIDE, SIDE, 3)) / 255).astype(np.float32)
        model = Spot(CORNER)
        found = verdicts(evaluated(model, model.map, even), {"map": model.map})["map"]
        assert found.verdict == "unknown"

    def test_a_map_with_one_value(self) -> None:
        check = judged(Spot(CORNER), np.full((SIDE, SIDE), 0.3))
        assert check.verdict == "unknown"
        assert "the same value everywhere" in check.words

    def test_a_prediction_that_does_not_move(self) -> None:
        model = Spot(CORNER, strength=1e-5)
        check = judged(model, model.map)
        assert check.verdict == "unclear"
        assert "hardly moves" in check.words
        assert "it passes" not in check.words

    def test_a_class_that_is_likelier_without_the_picture(self) -> None:
        """The other class, for which every pixel is a loss: any order of removal finds it."""
        model = Spot(CORNER)
        check = judged(model, model.map, direction=np.array([0.0, 1.0], np.float32))
        assert check.verdict != "pass"
        assert "hardly moves" in check.words

    def test_a_contrast_is_judged_alike(self) -> None:
        against = np.array([1.0, -1.0], np.float32)
        assert judged(Spot(CORNER), Spot(CORNER).map, direction=against).verdict == "pass"
        assert judged(Spot(CORNER, strength=1e-5), Spot(CORNER).map, direction=against).verdict == (
            "unclear"
        )

    def test_one_curve_alone_is_no_measurement(self) -> None:
        whole = task(Spot(CORNER))
        controls = measure_controls(whole, ("deletion",))
        measured = compare_maps_with_controls({"map": whole.map}, whole, ("deletion",), controls)[
            "map"
        ]
        assert beats_controls(whole, measured, reason="no budget").words == (
            "Not measured: no budget."
        )


def test_verdicts_are_those_of_each_map_alone() -> None:
    model = Spot(CORNER)
    maps = {"true": model.map, "middle": centred((SIDE, SIDE), 0.25)}
    together = verdicts(task(model), maps)
    for name, map_ in maps.items():
        assert verdicts(task(model), {name: map_})[name] == together[name]
        own = replace(task(model), map=map_.astype(np.float32))
        assert verdicts(own, {name: own.map})[name] == together[name]
