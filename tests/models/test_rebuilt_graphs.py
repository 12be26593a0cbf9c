"""A classifier as ONNX, IR and LiteRT is rebuilt when it is taken in, and then has gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import openvino as ov
import pytest
import tensorflow as tf
from PIL import Image

from core import api
from core.contracts import Run
from core.models.own_graph import OWN
from core.settings import settings
from tests.models.reading.onnx_networks import as_onnx, network
from tests.models.reading.opset.graphs import stirred
from tests.models.test_own_graphs import lite_of, onnx_of

SIDE = 32
CLASSES = ("a", "b", "c")


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own: what is brought here is nobody else's zoo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


@pytest.fixture(scope="module")
def twin() -> Any:
    keras.utils.set_random_seed(0)
    return stirred(network(3, SIDE, SIDE, 3, "softmax"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder a class, of noise."""
    rng = np.random.default_rng(1)
    place = tmp_path_factory.mktemp("pictures")
    for i in range(6):
        folder = place / CLASSES[i % 3]
        folder.mkdir(exist_ok=True)
        drawn = rng.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)
        Image.fromarray(drawn).save(folder / f"{i}.png")
    return place


def ir_of(model: Any, place: Path) -> Path:
    ov.save_model(
        ov.convert_model(onnx_of(model, place)), place / "net.xml", compress_to_fp16=False
    )
    return place / "net.xml"


@pytest.fixture(scope="module", params=[onnx_of, lite_of, ir_of], ids=["onnx", "tflite", "ir"])
def run(request: pytest.FixtureRequest, twin: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    build: Callable[[Any, Path], Path] = request.param
    return api.import_model(build(twin, tmp_path_factory.mktemp("file")), classes=CLASSES,
                            range="0-1")  # fmt: skip


def test_it_has_gradients_and_says_how_far_it_is_from_openvino(run: Run) -> None:
    card = next(card for card in api.models() if card.id == run.model)
    assert (card.origin, card.gradients, card.features) == ("imported", True, True)
    assert run.architecture == OWN
    notes = " ".join(run.notes)
    assert "answers as OpenVINO does" in notes
    assert "rebuilt as layers of Keras" in notes
    assert "forwards alone" not in notes


def test_maps_are_those_of_the_same_network_in_keras(run: Run, twin: Any, pictures: Path) -> None:
    api.register_model("twin_of_graph", model=twin, labels=CLASSES, replace=True)
    last = next(card for card in api.models() if card.id == "twin_of_graph").feature_layer
    picture = pictures / "a" / "0.png"
    said = api.predict(picture, model=run.model)
    expected = twin.predict(np.asarray(Image.open(picture), np.float32)[None] / 255, verbose=0)[0]
    ours = {score.label: score.probability for score in api.ranking(said, 3)}
    np.testing.assert_allclose([ours[name] for name in CLASSES], expected, atol=1e-5)
    for method in ("gradcam", "integrated_gradients", "saliency"):
        layer = {"layer": last} if method == "gradcam" else {}
        mine = api.explain(picture, model=run.model, method=method).map
        theirs = api.explain(picture, model="twin_of_graph", method=method, **layer).map
        assert np.ptp(theirs) > 0
        np.testing.assert_allclose(mine, theirs, atol=2e-3 * np.abs(theirs).max(), err_msg=method)


def test_gradient_attacks_reach_it(run: Run, pictures: Path) -> None:
    curve = api.robustness(
        f"folder:{pictures}", model=run.model, attacks=["pgd"], eps="0.2", checks=False
    )
    assert curve.curves[0].attack.startswith("pgd")


def test_as_onnx_writes_channels_first(twin: Any, tmp_path: Path) -> None:
    """So the map above went through a layout that Keras does not have."""
    (tmp_path / "net.onnx").write_bytes(as_onnx(twin))
    assert list(ov.convert_model(tmp_path / "net.onnx").inputs[0].get_partial_shape())[1] == 3


def test_an_end_is_taken_off_whatever_the_weights_are_before_they_are_filled_in(
    tmp_path: Path,
) -> None:
    """A normalisation taken apart divides by weights that are 0 until then."""
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(0)
    i = keras.Input((16, 16, 3))
    x = keras.layers.LayerNormalization(name="norm")(keras.layers.Conv2D(6, 3)(i))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    model = keras.Model(i, keras.layers.Dense(4, activation="softmax")(x))
    model.get_layer("norm").set_weights([rng.normal(1, 0.5, 6), rng.normal(0, 0.5, 6)])
    model.layers[-1].set_weights([rng.normal(0, 2, (6, 4)), rng.normal(0, 1, 4)])
    model.export(tmp_path / "saved", format="tf_saved_model", verbose=False)
    file = tmp_path / "net.tflite"
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
    file.write_bytes(converter.convert())
    run = api.import_model(file, range="0-1")
    picture = rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    said = api.ranking(api.predict(picture, model=run.model), 4)
    ours = [each.probability for each in sorted(said, key=lambda score: score.index)]
    expected = model.predict(picture[None].astype(np.float32) / 255, verbose=0)[0]
    np.testing.assert_allclose(ours, expected, atol=1e-4)
