"""What cannot be rebuilt goes from its file, ONNX or LiteRT, to all that needs no gradient."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from core import api
from core.cli import main
from core.contracts import Run
from core.errors import CapabilityError, InputError, WeightsError
from core.models.own_forward import OWN_FORWARD
from core.models.reading.opset import rebuilding
from core.saliency.registry import METHODS
from core.settings import settings
from tests.models.reading.onnx_networks import as_onnx, network

TONES = {"blue": (60, 70, 160), "brown": (120, 90, 50), "green": (60, 150, 80),
         "red": (170, 60, 60)}  # fmt: skip
CLASSES = tuple(TONES)
SIDE = 48


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own: what is brought here is nobody else's zoo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delitem(rebuilding.REBUILDS, "MatMul")  # so that the files here run forwards alone
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


def field(name: str, rng: np.random.Generator) -> Any:
    """Draw noise with a square of a class's colour somewhere."""
    drawn = rng.normal(128, 30, (SIDE, SIDE, 3))
    top, left = rng.integers(0, SIDE - 24, 2)
    drawn[top : top + 24, left : left + 24] = rng.normal(TONES[name], 20, (24, 24, 3))
    return np.clip(drawn, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def twin() -> Any:
    """A small network, trained with plain Keras."""
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    model = network(3, SIDE, SIDE, 4, "softmax")
    labels = np.arange(240) % 4
    x = np.stack([field(CLASSES[i], rng) for i in labels]).astype(np.float32) / 255
    model.get_layer("bn").momentum = 0.8
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(x, labels, epochs=25, batch_size=24, verbose=0)
    assert (model.predict(x, verbose=0).argmax(1) == labels).mean() > 0.9
    return model


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn pictures and their table."""
    rng = np.random.default_rng(1)
    place = tmp_path_factory.mktemp("pictures")
    with (place / "metadata.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file_name", "label", "camera"])
        for i in range(48):
            Image.fromarray(field(CLASSES[i % 4], rng)).save(place / f"{i}.png")
            rows.writerow([f"{i}.png", CLASSES[i % 4], "old" if i % 3 else "new"])
    return place


def onnx_of(model: Any, place: Path) -> Path:
    file = place / "net.onnx"
    file.write_bytes(as_onnx(model))
    return file


def lite_of(model: Any, place: Path) -> Path:
    file = place / "net.tflite"
    model.export(place / "saved", format="tf_saved_model", verbose=False)
    file.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(place / "saved")).convert())
    return file


@pytest.fixture(scope="module", params=[onnx_of, lite_of], ids=["onnx", "tflite"])
def run(request: pytest.FixtureRequest, twin: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    file = request.param(twin, tmp_path_factory.mktemp("file"))
    return api.import_model(file, classes=CLASSES, range="0-1")


def test_every_question_without_gradients_is_answered(run: Run, twin: Any, pictures: Path) -> None:
    data, model = f"folder:{pictures}", run.model
    picture = pictures / "3.png"
    pixels = np.asarray(Image.open(picture), np.float32) / 255
    said = api.predict(picture, model=model)
    expected = twin.predict(pixels[None], verbose=0)[0]
    ours = {score.label: score.probability for score in api.ranking(said, 4)}
    np.testing.assert_allclose([ours[name] for name in CLASSES], expected, atol=1e-4)
    assert said.weights_sha256 == run.weights_sha256

    without = ("scorecam", "ablationcam", "eigencam", "reciprocam")
    for method in ("occlusion", "rise", "lime", *without, "sobol"):
        shown = api.explain(picture, model=model, method=method)
        assert shown.map.shape == (SIDE, SIDE)
        assert np.ptp(shown.map) > 0, method
    opened = api.open_picture(picture)
    for explainer in ("partition", "kernel"):
        shares = api.answer(api.shap_request(opened, model=model, explainer=explainer, top=1))
        assert shares.additivity_errors.max() < 1e-3
    asked = api.explanation_request(opened, model=model, method="scorecam")
    card = api.evidence(api.evidence_request(asked))
    assert card.weights_sha256 == run.weights_sha256
    board = api.evaluate(
        [pictures / f"{i}.png" for i in range(3)], model=model, methods=["eigencam", "scorecam"]
    )
    assert set(board.methods) >= {"eigencam", "scorecam"}
    audit = api.fairness(dataset=data, model=model, groups=["camera"], positive=CLASSES[0])
    assert any(table.attribute == "camera" for table in audit.tables)
    curve = api.robustness(data, model=model, attacks=["square"], eps="0.3", checks=False)
    clean, last = (curve.curves[0].points[i].accuracy for i in (0, -1))
    assert last < clean
    spoiled = api.corruption_robustness(data, model=model, corruptions=["gaussian_noise"])
    assert spoiled.model == model


def test_what_needs_gradients_says_why(run: Run, pictures: Path) -> None:
    picture = pictures / "3.png"
    for method in (id for id, each in METHODS.items() if "gradient" in each.needs):
        with pytest.raises(CapabilityError, match="forward passes only"):
            api.explain(picture, model=run.model, method=method)
    with pytest.raises(CapabilityError, match="forward passes only"):
        api.robustness(f"folder:{pictures}", model=run.model, attacks=["pgd"], eps="0.1")
    with pytest.raises(WeightsError, match="takes no others"):
        api.predict(picture, model=run.model, weights="random")


def test_it_is_in_the_list_with_what_it_can_do(run: Run) -> None:
    card = next(card for card in api.models() if card.id == run.model)
    assert (card.origin, card.classes, card.gradients, card.features) == (
        "imported", 4, False, True,
    )  # fmt: skip
    assert run.architecture == OWN_FORWARD
    why = next(note for note in run.notes if "runs forwards alone" in note)
    assert "The operator MatMul" in why


def test_maps_are_those_of_the_same_network_in_keras(run: Run, twin: Any, pictures: Path) -> None:
    """Features and heads that are cut out of a graph give what Keras' own layers give."""
    api.register_model("twin", model=twin, labels=CLASSES, replace=True)
    last = next(card for card in api.models() if card.id == "twin").feature_layer
    for method in ("scorecam", "eigencam", "ablationcam", "reciprocam"):
        ours = api.explain(pictures / "3.png", model=run.model, method=method).map
        theirs = api.explain(pictures / "3.png", model="twin", method=method, layer=last).map
        np.testing.assert_allclose(ours, theirs, atol=2e-3 * np.abs(theirs).max(), err_msg=method)


def test_a_file_of_the_home_that_was_changed_is_refused(run: Run, pictures: Path) -> None:
    file = api.run_folder(run.model) / run.file
    held = file.read_bytes()
    try:
        file.write_bytes(held[:-40] + bytes(40))
        with pytest.raises(InputError):
            api.predict(pictures / "5.png", model=run.model)
    finally:
        file.write_bytes(held)


def test_the_command_takes_a_graph_in(
    twin: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = onnx_of(twin, tmp_path)
    for words in (["inspect-model", str(file)], ["import", str(file), "--layout", "chw"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert not ended.value.code
    told = capfd.readouterr().out
    assert "channels first" in told
    assert "runs forwards alone" in told
    with pytest.raises(SystemExit) as ended:
        main(["inspect-model", str(file), "--layout", "hwc"])
    assert ended.value.code == 2
    assert "but pictures are" in capfd.readouterr().err
