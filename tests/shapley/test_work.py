"""From request to result: the store, the default model, bad input, the command line."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import api
from core.contracts import ModelRef, ShapRequest, ShapResult
from core.control import LocalControl
from core.errors import Cancelled, CapabilityError, InputError, ParameterError, UnknownNameError
from core.modalities.picture import images
from core.models.runtime import Runtime, runtime
from core.shapley import background
from core.workspace import open_store
from tests.commands import answer, refused

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "assets" / "examples").glob("*.jpg"))


def noise(seed: int) -> images.Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return images.open_picture(pixels, name=f"noise {seed}")


def toy(picture: int = 0, **options: object) -> ShapRequest:
    given = {"model": "toy_gap", "geometry": "squash", "parameters": {"max_evals": 60}} | options
    return api.shap_request(noise(picture), **given)  # type: ignore[arg-type]


class TestTheDefaultModel:
    @pytest.fixture(scope="class")
    def result(self, cat: Path) -> ShapResult:
        request = api.shap_request(api.open_picture(cat), parameters={"max_evals": 100})
        return api.answer(request)

    def test_shares_add_up(self, result: ShapResult) -> None:
        assert result.values.shape == (3, 224, 224)
        assert result.values.dtype == np.float32
        total = result.values.sum(axis=(1, 2), dtype=np.float64) + result.base_values
        np.testing.assert_allclose(total, result.outputs, atol=1e-3)
        assert result.additivity_errors.max() < 1e-3
        assert result.relative_errors.max() < 1e-3

    def test_the_likeliest_classes_come_first(self, result: ShapResult, cat: Path) -> None:
        best = api.ranking(api.predict(cat), 3)
        assert [t.index for t in result.targets] == [s.index for s in best]
        np.testing.assert_allclose(result.probabilities, [s.probability for s in best], atol=1e-4)
        assert (result.outputs > result.base_values + 3).all(), "the cat beats its blur"

    def test_regions_hold_all_of_it(self, result: ShapResult) -> None:
        assert result.segments.shape == (224, 224)
        assert result.segments.dtype == np.int32
        np.testing.assert_allclose(
            result.region_values.sum(axis=1), result.values.sum(axis=(1, 2)), rtol=1e-3
        )
        for k in range(3):
            sums = np.bincount(result.segments.ravel(), weights=result.values[k].ravel())
            np.testing.assert_allclose(sums, result.region_values[k], atol=1e-3)

    def test_it_comes_back_from_the_store_with_its_command(
        self, result: ShapResult, cat: Path
    ) -> None:
        again = api.answer(api.shap_request(api.open_picture(cat), parameters={"max_evals": 100}))
        assert again.cached
        np.testing.assert_array_equal(again.values, result.values)
        assert again.command == result.command
        assert "core shap cat.jpg" in result.command
        assert "max_evals=100" in result.command

    def test_colours_are_shaps_and_one_scale_serves_all(self, result: ShapResult) -> None:
        import io

        for regions in (False, True):
            layers = api.shap_layers(result, regions=regions)
            assert len({layer.limits for layer in layers}) == 1
            for layer, values in zip(layers, result.values, strict=True):
                rgba = np.asarray(Image.open(io.BytesIO(layer.png)))
                assert rgba.shape == (224, 224, 4)
                if not regions:
                    assert (rgba[values > 0][:, :3] == (255, 0, 81)).all()
                    assert (rgba[values < 0][:, :3] == (0, 139, 251)).all()


def test_gradients_against_examples_report_their_error(cat: Path) -> None:
    others = [api.open_picture(path) for path in EXAMPLES]
    request = api.shap_request(
        api.open_picture(cat), explainer="gradient", top=1, background=others,
        parameters={"n_samples": 20},
    )  # fmt: skip
    assert len(request.background) == len(EXAMPLES) - 1, "not against itself"
    result = api.answer(request)
    total = float(result.values.sum(dtype=np.float64) + result.base_values[0])
    assert result.additivity_errors[0] == pytest.approx(abs(total - result.outputs[0]), abs=1e-3)
    assert result.additivity_errors[0] > 0
    assert result.gradient_passes == 20
    assert result.background == f"the average of {len(EXAMPLES) - 1} background pictures"


class TestRequests:
    def test_the_key_holds_what_matters(self, toys: None) -> None:
        keys = {
            toy().key,
            toy(1).key,
            toy(parameters={"max_evals": 80}).key,
            toy(explainer="kernel", parameters={"max_evals": 250}).key,
            toy(targets=[1]).key,
            toy(targets=[1, 2]).key,
            toy(top=2).key,
            toy(seed=3).key,
            gradient([1, 2]).key,
            gradient([1, 2, 3]).key,
        }
        assert len(keys) == 10
        assert toy().key == toy().key
        assert gradient([2, 1]).key == gradient([1, 2, 2]).key

    def test_no_more_classes_than_there_are(self, toys: None) -> None:
        assert len(api.answer(toy(top=10)).targets) == 3

    def test_one_background_picture_is_refused_in_words(self, toys: None) -> None:
        for given, words in (
            ([], "no background picture"),
            ([1], "Received: 1 background picture"),
            ([1, 1], "1 differ"),
            ([0, 1], "1 differ"),
        ):
            with pytest.raises(InputError, match="at least 2 different ones") as told:
                gradient(given)
            assert words in str(told.value)
            assert "integrated gradients" in str(told.value)
        assert len(gradient([1, 2]).background) == 2

    def test_explainers_that_hide_need_no_background(self, toys: None) -> None:
        with pytest.raises(InputError, match="leave the background out"):
            toy(background=[noise(1), noise(2)])

    def test_what_does_not_exist_is_named(self, toys: None) -> None:
        with pytest.raises(UnknownNameError, match="partition, gradient, kernel"):
            toy(explainer="deep")
        with pytest.raises(ParameterError, match="max_evals"):
            toy(parameters={"max_evals": 3})
        with pytest.raises(UnknownNameError, match="7"):
            toy(targets=[7])
        with pytest.raises(InputError, match="1 to 10"):
            toy(top=0)

    def test_a_model_without_gradients(self, toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
        from dataclasses import replace

        from core.models import zoo

        forward_only = replace(zoo.get("toy_gap"), gradients=False)
        monkeypatch.setattr(zoo, "get", lambda id: forward_only)
        with pytest.raises(CapabilityError, match="needs gradients"):
            gradient([1, 2])


def gradient(background: list[int], **options: object) -> ShapRequest:
    pictures = [noise(i) for i in background]
    return toy(explainer="gradient", parameters={}, background=pictures, **options)


def test_the_background_is_chosen_once(toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    model = runtime(ModelRef("toy_gap"))
    given = gradient(list(range(20, 32))).background
    first = background.choose(model, given, 4, seed=1, control=LocalControl())
    assert len(first.inputs) == 4
    assert first.weights.sum() == pytest.approx(1)
    assert first.words == "4 background pictures, medoids of 12"
    np.testing.assert_allclose(first.logits, model.logits(first.inputs), atol=1e-4)

    def refuse(*_: object) -> None:
        raise AssertionError("looked at the pictures again")

    monkeypatch.setattr(Runtime, "logits", refuse)
    again = background.choose(model, given, 4, seed=1, control=LocalControl())
    np.testing.assert_array_equal(first.inputs, again.inputs)


def test_a_stop_leaves_nothing_stored(toys: None) -> None:
    request, stop = toy(40), threading.Event()
    control = LocalControl(stop=stop, on_progress=lambda *_: stop.set())
    with pytest.raises(Cancelled):
        api.answer(request, control=control)
    assert not open_store().contains(request.key)
    assert not api.answer(request).cached


class TestCommandLine:
    def test_it_writes_arrays_and_panels(self, cat: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        told = answer(
            "shap", cat, "--target", "tabby", "--target", 282, "--param", "max_evals=40",
            "--param", "masker=mean", "--out", out,
        )  # fmt: skip
        assert [c["label"] for c in told["classes"]] == ["tabby", "tiger cat"]
        for one in told["classes"]:
            assert one["base_value"] + one["sum"] == pytest.approx(one["output"], abs=1e-3)
            assert one["additivity_error"] < 1e-3
        assert told["evaluations"] == 40
        assert told["background"] == "everything hidden: the picture's mean colour"
        with np.load(told["values"], allow_pickle=False) as held:
            assert held["values"].shape == (2, 224, 224)
            assert held["region_values"].shape == (2, told["regions"])
            assert json.loads(str(held["metadata"]))["explainer"] == "partition"
        with Image.open(told["panels"]) as drawn:
            assert drawn.width > 3 * 224

    def test_explainers_are_listed(self) -> None:
        cards = answer("explainers")["explainers"]
        assert [card["id"] for card in cards] == ["partition", "gradient", "kernel"]
        assert all(card["parameters"] for card in cards)

    def test_mistakes_are_one_line(self, cat: Path, tmp_path: Path) -> None:
        lonely = tmp_path / "lonely"
        lonely.mkdir()
        shutil.copy(EXAMPLES[-1], lonely)
        out = tmp_path / "out"
        for options, words in (
            (("--explainer", "gradient", "--background", lonely), "at least 2 different ones"),
            (("--background", lonely), "leave the background out"),
            (("--explainer", "deep"), "partition, gradient, kernel"),
            (("--explainer", "gradient", "--background", tmp_path / "no"), "is no folder"),
        ):
            refused("shap", cat, *options, "--out", out, words=words)
        assert not out.exists()
