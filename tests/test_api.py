"""The facade, used as a script uses it: one process, no Streamlit."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import api
from core.contracts import Explanation, Prediction
from core.errors import ImageError, InputError, ParameterError, UnknownNameError


def test_predict_sees_a_cat(cat: Path) -> None:
    best = api.ranking(api.predict(cat), 5)
    assert best[0].label in {"tabby", "tiger cat", "Egyptian cat"}
    assert [s.probability for s in best] == sorted((s.probability for s in best), reverse=True)
    assert sum(s.probability for s in api.ranking(api.predict(cat), 1000)) == pytest.approx(
        1, abs=1e-5
    )


def test_bytes_paths_arrays_and_pictures_are_the_same(cat: Path) -> None:
    picture = api.open_picture(cat)
    keys = {
        api.predict(source).key
        for source in (cat, str(cat), cat.read_bytes(), picture.pixels, picture)
    }
    assert len(keys) == 1


def test_the_second_answer_comes_from_the_store_and_is_equal(cat: Path) -> None:
    options = {"method": "gradcam", "target": "Egyptian cat", "seed": 77}
    first, second = (api.explain(cat, **options) for _ in range(2))
    assert (first.cached, second.cached) == (False, True)
    np.testing.assert_array_equal(first.map, second.map)
    assert first.to_artefact().document | {"cached": True} == second.to_artefact().document


def test_a_stored_result_does_not_tell_another_file_name(cat: Path, tmp_path: Path) -> None:
    """Two visitors with the same picture share the map, not what they called their files."""
    secret, mine = tmp_path / "secret client.png", tmp_path / "mine.png"
    pixels = api.open_picture(cat).pixels[:, ::-1].copy()
    for path in (secret, mine):
        Image.fromarray(pixels).save(path)
    api.explain(secret, method="gradcam")
    again = api.explain(mine, method="gradcam")
    assert again.cached
    assert again.seen.name == "mine.png"
    assert "secret" not in api.explanation_json(again)
    api.predict(secret)
    assert api.predict(mine).seen.name == "mine.png"


@pytest.mark.parametrize(
    "change",
    [
        {"target": 3}, {"against": 5}, {"layer": "block4_add"}, {"geometry": "squash"},
        {"method": "layercam"}, {"model": "mobilenet_v2", "weights": "random"}, {"seed": 1},
    ],
)  # fmt: skip
def test_whatever_the_map_depends_on_is_in_its_key(cat: Path, change: dict[str, object]) -> None:
    picture = api.open_picture(cat)
    base = api.explanation_request(picture, seed=0)
    assert api.explanation_request(picture, seed=0).key == base.key
    assert api.explanation_request(picture, **({"seed": 0} | change)).key != base.key


def test_parameters_are_in_the_key_by_value(cat: Path) -> None:
    picture = api.open_picture(cat)
    request = lambda n: api.explanation_request(  # noqa: E731
        picture, method="smoothgrad", parameters={"n_samples": n}
    )
    assert (
        request("20").key
        == request(20).key
        == api.explanation_request(picture, method="smoothgrad").key
    )
    assert request(21).key != request(20).key


def test_contrast_adds_up(cat: Path) -> None:
    logits = api.predict(cat).logits
    result = api.explain(cat, method="gradient_x_input", target=281, against=285)
    assert result.logit == pytest.approx(float(logits[281] - logits[285]), abs=1e-3)
    assert (result.target.index, result.against.index) == (281, 285)


def test_explaining_many_equals_explaining_one(cat: Path) -> None:
    flipped = api.open_picture(api.open_picture(cat).pixels[:, ::-1].copy())
    together = list(api.explain_many([cat, flipped], method="saliency", seed=3))
    alone = api.explain(flipped, method="saliency", seed=4)
    np.testing.assert_allclose(together[1].map, alone.map, atol=0.02 * alone.map.max())


def test_requests_of_different_methods_are_not_computed_as_one(cat: Path) -> None:
    from core.control import LocalControl
    from core.engine import execute
    from core.workspace import open_store

    picture = api.open_picture(cat)
    requests = [
        api.explanation_request(picture, method=m, target=t, seed=9)
        for m, t in (("gradcam", 281), ("saliency", 281), ("gradcam", 285))
    ]
    results = execute(requests, LocalControl(), open_store())
    assert [r.method for r in results] == ["gradcam", "saliency", "gradcam"]
    assert [r.target.index for r in results] == [281, 281, 285]
    alone = api.explain(picture, method="saliency", target=281, seed=10)
    np.testing.assert_allclose(results[1].map, alone.map, atol=0.01 * alone.map.max())


def test_downloads(cat: Path) -> None:
    result = api.explain(cat, method="gradcam")
    with np.load(io.BytesIO(api.explanation_npz(result)), allow_pickle=False) as data:
        np.testing.assert_array_equal(data["map"], result.map)
        assert data["map"].dtype == np.float32
        assert json.loads(str(data["metadata"]))["method"] == "gradcam"
    picture = api.open_picture(cat)
    png = Image.open(io.BytesIO(api.overlay_png(picture, result)))
    assert png.size == (picture.width, picture.height)
    document = json.loads(api.explanation_json(result))
    assert {"model", "weights_sha256", "versions", "command", "seed"} <= set(document)


def test_the_overlay_dims_what_the_model_did_not_see(cat: Path) -> None:
    picture = api.open_picture(cat)
    result = api.explain(cat, method="gradcam")
    drawn = np.asarray(Image.open(io.BytesIO(api.overlay_png(picture, result, opacity=0.0))))
    box = result.seen.box
    inside = (slice(round(box.top), round(box.bottom)), slice(round(box.left), round(box.right)))
    np.testing.assert_array_equal(drawn[inside], picture.pixels[inside])
    assert drawn[0].mean() < 0.5 * picture.pixels[0].mean()


def test_colour_scales_are_ordered_and_signed_ones_centred() -> None:
    for signed in (False, True):
        stops = api.colour_scale(signed)
        assert [p for p, _ in stops] == sorted(p for p, _ in stops)
        assert (stops[0][0], stops[-1][0]) == (0.0, 1.0)
    layer = api.overlay(explanation(np.diag([1.0, -2.0, 0.0, 2.0]), signed=True))
    rgba = np.asarray(Image.open(io.BytesIO(layer.png)))
    assert layer.limits[0] == -layer.limits[1]
    assert rgba[2, 2, 3] == 0  # zero is transparent
    assert rgba[3, 3, 2] > rgba[3, 3, 0]  # for: blue
    assert rgba[1, 1, 0] > rgba[1, 1, 2]  # against: orange


def test_an_empty_map_is_never_stretched() -> None:
    layer = api.overlay(explanation(np.zeros((4, 4)), signed=False))
    assert layer.empty
    assert not np.asarray(Image.open(io.BytesIO(layer.png)))[..., 3].any()


def explanation(values: np.ndarray, *, signed: bool) -> Explanation:
    from core.contracts import Box, ClassRef, PictureSeen

    return Explanation(
        key="0" * 64, model="m", weights_sha256="", device="",
        seen=PictureSeen("i", "", 4, 4, Box(0, 0, 4, 4), "crop"),
        method="x", parameters={},
        layer=None, target=ClassRef(0, "a"), against=None, seed=0, signed=signed,
        map=values.astype(np.float32), logit=1.0, completeness_error=None, diagnostics={},
        seconds=0.0, versions={}, command="",
    )  # fmt: skip


@pytest.mark.parametrize("value", [explanation(np.eye(3), signed=True)])
def test_results_survive_the_store(value: Explanation) -> None:
    again = type(value).from_artefact(value.to_artefact())
    np.testing.assert_array_equal(again.map, value.map)
    assert again.seen == value.seen
    assert again.target == value.target
    assert again.against is None


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"method": "gradcm"}, UnknownNameError),
        ({"model": "resnet"}, UnknownNameError),
        ({"target": "a unicorn"}, UnknownNameError),
        ({"target": 281, "against": 281}, InputError),
        ({"method": "smoothgrad", "parameters": {"n_samples": 0}}, ParameterError),
        ({"weights": "model.keras"}, InputError),
    ],
)
def test_wrong_options_are_told_before_any_file_is_opened(
    options: dict[str, object], kind: type[InputError]
) -> None:
    with pytest.raises(kind):
        api.explain("does-not-exist.png", **options)


def test_a_bad_picture_in_the_middle_names_itself(cat: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"%PDF")
    with pytest.raises(ImageError, match=r"bad\.png"):
        list(api.predict_many([cat, bad, cat]))


def test_predictions_keep_their_order(cat: Path) -> None:
    pixels = api.open_picture(cat).pixels
    sources = [np.ascontiguousarray(np.roll(pixels, 3 * i, axis=1)) for i in range(70)]
    results: list[Prediction] = list(api.predict_many(sources))
    for i in (0, 33, 69):
        assert results[i].seen.sha256 == api.open_picture(sources[i]).sha256


def test_own_model_in_a_script(toys: None, noise_picture: np.ndarray) -> None:
    result = api.predict(noise_picture, model="toy_gap", geometry="squash")
    assert result.logits.shape == (3,)
    assert next(s.label for s in api.ranking(result, 3)).startswith("class ")
    assert api.explain(noise_picture, model="toy_gap", geometry="squash").map.shape == (16, 16)


def test_other_weights_never_share_a_key(toys: None, noise_picture: np.ndarray) -> None:
    """A registered builder's weights are hashed: change them and the key changes."""
    from tests.conftest import _fill

    def builder(seed: int) -> object:
        def build(inputs: object, n_classes: int) -> object:
            from core.models.tensorflow import keras

            x = keras.layers.Flatten()(inputs)
            return _fill(
                keras.Model(
                    keras.utils.get_source_inputs(inputs), keras.layers.Dense(n_classes)(x)
                ),
                seed=seed,
            )

        return build

    keys = set()
    for seed in (1, 2, 1):
        api.register_model("toy_changing", builder(seed), input_size=16, n_classes=3)
        keys.add(api.predict(noise_picture, model="toy_changing").key)
    assert len(keys) == 2


@pytest.mark.parametrize("wrong", [{"id": "two words"}, {"input_size": 2}, {"n_classes": 1}])
def test_registering_nonsense_is_refused(wrong: dict[str, object]) -> None:
    options = {"id": "x", "builder": lambda i, n: None, "input_size": 16, "n_classes": 3} | wrong
    with pytest.raises(InputError):
        api.register_model(**options)


def test_entry_points_join_the_zoo(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from core.models import zoo
    from core.plugins import Plugin

    spec = replace(zoo.get("resnet50"), id="from_a_package")

    brought = Plugin(zoo.ENTRY_POINT_GROUP, "x", "a:b", "a", "1", lambda: lambda: [spec])
    monkeypatch.setattr(zoo, "plugins", lambda group: [brought])
    zoo._load_entry_points.cache_clear()
    assert "from_a_package" in {card.id for card in api.models()}
    zoo._registered.pop("from_a_package")
