"""A model that somebody trained with plain Keras goes from its file to every question."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core import api
from core.cli import main
from core.contracts import ModelFacts, Run
from core.errors import InputError, ModelFileError
from core.settings import settings
from tests.models.reading.networks import drawn

L = keras.layers
DIGITS = tuple("0123456789")
COLOURS = {
    "dark blue": (20, 30, 90), "dark red": (90, 30, 20), "light blue": (150, 160, 230),
    "light red": (230, 160, 150),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own: what is brought here is nobody else's zoo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


def digit(label: int, rng: np.random.Generator, *, thick: bool) -> Any:
    """Draw a digit, 28 × 28 greyscale."""
    picture = Image.new("L", (28, 28), 0)
    size = int(rng.integers(18, 23))
    place = tuple(int(v) for v in rng.integers(2, 8, 2))
    ImageDraw.Draw(picture).text(
        place, DIGITS[label], fill=255, font=ImageFont.load_default(size),
        stroke_width=1 if thick else 0,
    )  # fmt: skip
    noisy = np.asarray(picture, np.float32) + rng.normal(0, 12, (28, 28))
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small CNN trained with plain Keras, saved; and a folder of pictures with a table."""
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    labels = np.arange(600) % 10
    pictures = np.stack([digit(int(y), rng, thick=bool(i % 3)) for i, y in enumerate(labels)])
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)), L.Rescaling(1 / 255), L.Conv2D(12, 3, activation="relu"),
            L.MaxPooling2D(), L.Conv2D(24, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(),
            L.Dropout(0.2), L.Dense(10, activation="softmax"),
        ]
    )  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pictures[..., None], labels, epochs=14, batch_size=32, verbose=0)
    place = tmp_path_factory.mktemp("digits")
    model.save(place / "digits.keras")
    with (place / "metadata.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file_name", "label", "stroke"])
        for i in range(60):
            thick = bool(i % 3)
            Image.fromarray(digit(i % 10, rng, thick=thick)).save(place / f"{i}.png")
            rows.writerow([f"{i}.png", i % 10, "thick" if thick else "thin"])
    return place / "digits.keras", place


@pytest.fixture(scope="module")
def imported(digits: tuple[Path, Path]) -> Run:
    return api.import_model(digits[0], classes=DIGITS)


def test_ten_lines_after_training_every_question_is_answered(
    digits: tuple[Path, Path], imported: Run
) -> None:
    _, folder = digits
    data, model = f"folder:{folder}", imported.model
    picture = folder / "3.png"
    assert api.ranking(api.predict(picture, model=model))[0].label == "3"
    grad = api.explain(picture, model=model, method="gradcam")
    exact = api.explain(picture, model=model, method="integrated_gradients")
    assert grad.map.shape == exact.map.shape == (28, 28)
    assert exact.completeness_error < 0.02
    shares = api.answer(
        api.shap_request(api.open_picture(picture), model=model, explainer="partition", top=1)
    )
    assert shares.additivity_errors.max() < 1e-3
    audit = api.fairness(dataset=data, model=model, groups=["stroke"], positive="3")
    table = next(each for each in audit.tables if each.attribute == "stroke")
    assert set(table.groups) == {"thick", "thin"}
    assert table.n.sum() == 10, "the test split of sixty pictures"
    curve = api.robustness(data, model=model, attacks=["pgd"], eps="0.02,0.3", checks=False)
    clean, *_, last = [p.accuracy for p in curve.curves[0].points]
    assert clean >= 0.6
    assert last < clean


def test_it_is_in_the_list_with_what_it_can_do(imported: Run) -> None:
    card = next(card for card in api.models() if card.id == imported.model)
    assert (card.name, card.origin, card.classes) == ("digits", "imported", 10)
    assert card.gradients
    assert card.features
    assert card.size_text == "28 × 28 × 1"
    assert api.class_names(imported.model) == DIGITS


def test_the_same_file_is_the_same_model(digits: tuple[Path, Path], imported: Run) -> None:
    again = api.import_model(digits[0], classes=DIGITS, name="Other name")
    assert again.cached
    assert again.model == imported.model
    otherwise = api.import_model(digits[0], classes=DIGITS, range="0-1")
    assert otherwise.model != imported.model, "read in another way it is another model"
    assert otherwise.weights_sha256 != imported.weights_sha256


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model trained on BGR pixels of [−1, 1], with nothing of that in its file."""
    rng = np.random.default_rng(1)
    place = tmp_path_factory.mktemp("colours")
    pictures, labels = [], []
    for i in range(160):
        name = sorted(COLOURS)[i % 4]
        field = np.clip(rng.normal(COLOURS[name], 25, (24, 24, 3)), 0, 255).astype(np.uint8)
        pictures.append(field)
        labels.append(i % 4)
        if i < 80:
            (place / name).mkdir(exist_ok=True)
            Image.fromarray(field).save(place / name / f"{i}.png")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((24, 24, 3)), L.Conv2D(8, 3, activation="relu"), L.GlobalAveragePooling2D(),
            L.Dense(4, activation="softmax"),
        ]
    )  # fmt: skip
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    x = np.stack(pictures)[..., ::-1].astype(np.float32) / 127.5 - 1
    model.fit(x, np.array(labels), epochs=60, verbose=0)
    assert (model.predict(x, verbose=0).argmax(1) == labels).mean() > 0.95
    model.save(place.parent / "colours.keras")
    return place.parent / "colours.keras", place


def test_the_doctor_tells_how_pictures_were_prepared(coloured: tuple[Path, Path]) -> None:
    file, folder = coloured
    facts = api.inspect_model(file, samples=folder)
    best = facts.preprocessing[0]
    assert (best.range, best.order) == ("-1-1", "bgr")
    assert best.accuracy > 0.95
    assert best.low < best.accuracy <= best.high
    rivals = [t for t in facts.preprocessing if (t.range, t.order) != ("-1-1", "bgr")]
    assert len(rivals) >= 18
    assert (facts.range, facts.order) == ("-1-1", "bgr")
    assert facts.classes == tuple(sorted(COLOURS)), "the folder's, as Keras numbers them"
    run = api.import_model(file, samples=folder)
    shown = api.predict(folder / "dark red" / "1.png", model=run.model)
    assert api.ranking(shown)[0].label == "dark red"


def test_without_pictures_it_says_what_it_assumes(coloured: tuple[Path, Path]) -> None:
    facts = api.inspect_model(coloured[0])
    doubt = next(check for check in facts.checks if check.id == "preprocessing")
    assert not doubt.ok
    assert "0-1 is assumed" in doubt.note
    assert not facts.named


def test_a_range_that_the_file_contradicts_is_said(digits: tuple[Path, Path]) -> None:
    assert api.inspect_model(digits[0]).range == "0-255"
    said = api.inspect_model(digits[0], range="0-1").checks[0]
    assert not said.ok
    assert "Rescaling" in said.note


@pytest.mark.parametrize(
    ("name", "kind", "classes", "shape"),
    [
        ("sequential", "probabilities", 3, (24, 24, 3)), ("branches", "logits", 3, (24, 24, 3)),
        ("grey", "logits", 10, (28, 28, 1)), ("oblong", "probabilities", 5, (24, 40, 3)),
        ("four_channels", "logits", 3, (20, 20, 4)), ("one_sigmoid", "binary", 2, (16, 16, 3)),
        ("multi_label", "sigmoid", 4, (16, 16, 3)), ("regression", "values", 1, (16, 16, 3)),
        ("transformer", "logits", 3, (16, 16, 3)),
        ("softmax_layer", "probabilities", 3, (16, 16, 3)),
    ],
)  # fmt: skip
def test_what_a_file_holds_is_understood(
    tmp_path: Path, name: str, kind: str, classes: int, shape: tuple[int, ...]
) -> None:
    file = tmp_path / f"{name}.keras"
    drawn(name).save(file)
    facts: ModelFacts = api.inspect_model(file)
    assert (facts.kind, len(facts.classes)) == (kind, classes)
    assert (facts.height, facts.width, facts.channels) == shape
    assert all(check.ok for check in facts.checks if check.id != "preprocessing")
    if facts.features:
        assert facts.feature_layer == facts.layers[-1]


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("two_outputs", {}, "has 2 outputs"), ("two_outputs", {"output": "x"}, "no output 'x'"),
        ("sequential", {"classes": ["a", "b"]}, "Give 3"),
        ("one_sigmoid", {"classes": ["a"]}, "Give 2"),
        ("sequential", {"size": "32x32"}, "takes pictures of 24 × 24"),
        ("sequential", {"size": "32"}, "height x width"),
        ("sequential", {"range": "0-2"}, "range is one of"),
        ("sequential", {"kind": "sigmoid"}, "probabilities"),
        ("sequential", {"samples": "nowhere"}, "nowhere"),
    ],
)  # fmt: skip
def test_choices_that_do_not_fit(
    tmp_path: Path, name: str, options: dict[str, Any], told: str
) -> None:
    file = tmp_path / f"{name}.keras"
    drawn(name).save(file)
    with pytest.raises(InputError, match=told):
        api.inspect_model(file, **options)


def vectors() -> Any:
    return keras.Sequential([keras.Input((16,)), L.Dense(2)])


def two_inputs() -> Any:
    a, b = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    return keras.Model([a, b], L.Dense(2)(L.Flatten()(L.Add()([a, b]))))


def segmenter() -> Any:
    return keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(2, 3)])


def ends_in_argmax() -> Any:
    i = keras.Input((8, 8, 3))
    return keras.Model(i, keras.ops.argmax(L.Dense(3)(L.Flatten()(i)), axis=-1))


def free_size() -> Any:
    i = keras.Input((None, None, 3))
    return keras.Model(i, L.Dense(2)(L.GlobalAveragePooling2D()(L.Conv2D(4, 3)(i))))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (vectors, "shape"), (two_inputs, "has 2 inputs"), (segmenter, "segmentation"),
        (ends_in_argmax, "Argmax"), (free_size, "--size 224x224"),
    ],
)  # fmt: skip
def test_other_models_are_refused(tmp_path: Path, make: Any, told: str) -> None:
    file = tmp_path / "model.keras"
    make().save(file)
    with pytest.raises(ModelFileError, match=told):
        api.inspect_model(file)


def test_free_sizes_are_chosen(tmp_path: Path) -> None:
    free_size().save(tmp_path / "free.keras")
    facts = api.inspect_model(tmp_path / "free.keras", size="20x30")
    assert (facts.height, facts.width) == (20, 30)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_the_command_tells_the_same(
    digits: tuple[Path, Path], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file, folder = digits
    assert run("inspect-model", str(file), "--samples", str(folder), "--json") == 0
    told = json.loads(capfd.readouterr().out)
    assert told["input"] == {
        "height": 28, "width": 28, "channels": 1, "range": "0-255", "order": "rgb",
        "layout": "hwc",
    }  # fmt: skip
    assert told["output"]["kind"] == "probabilities"
    assert told["preprocessing"][0]["range"] == "0-255"
    assert run("inspect-model", str(file)) == 0
    assert "28 × 28 × 1" in capfd.readouterr().out
    names = tmp_path / "names.txt"
    names.write_text("\n".join(DIGITS))
    assert run("import", str(file), "--classes", str(names), "--json") == 0
    assert json.loads(capfd.readouterr().out)["classes"] == list(DIGITS)
    bad = tmp_path / "bad.keras"
    bad.write_bytes(b"\x80\x04")
    assert run("import", str(bad)) == 2
    assert "ONNX" in capfd.readouterr().err


def test_a_model_in_hand_joins_as_it_stands(tmp_path: Path) -> None:
    """Transfer learning: a base inside a Sequential, softmax at its end, pixels scaled inside."""
    model = drawn("nested")
    api.register_model("in_hand", model=model, labels=["ant", "bee", "cow", "dog"], replace=True)
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    said = api.predict(picture, model="in_hand")
    expected = model.predict(picture[None].astype(np.float32), verbose=0)[0]
    ours = {score.label: score.probability for score in api.ranking(said, 4)}
    np.testing.assert_allclose([ours[n] for n in ("ant", "bee", "cow", "dog")], expected, atol=1e-4)
    shown = api.explain(picture, model="in_hand", method="gradcam")
    assert shown.map.shape == (32, 32)


class Doubled(keras.layers.Layer):
    """A layer of one's own."""

    def call(self, x: Any) -> Any:
        return 2 * x


def test_layers_of_ones_own_are_taken_from_a_model_in_hand() -> None:
    model = keras.Sequential([keras.Input((16, 16, 3)), L.Conv2D(4, 3), Doubled(), L.Flatten(),
                              L.Dense(3)])  # fmt: skip
    api.register_model("doubled", model=model, replace=True)
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    said = api.predict(picture, model="doubled").logits
    expected = model.predict(picture[None].astype(np.float32) / 255, verbose=0)[0]
    np.testing.assert_allclose(said, expected, atol=1e-4)


def test_what_is_no_model_in_hand_is_refused() -> None:
    with pytest.raises(InputError, match=r"is a keras\.Model"):
        api.register_model("nothing", model=lambda x: x)
    with pytest.raises(InputError, match="by itself"):
        api.register_model("twice", model=drawn("grey"), input_size=28)
    with pytest.raises(InputError, match="builder is a function"):
        api.register_model("none")


def test_an_adapted_normalisation_is_taken_with_what_it_learned(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    normal = L.Normalization()
    normal.adapt(rng.normal((90, 140, 40), (20, 50, 9), (64, 3)).astype(np.float32))
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), normal, L.Conv2D(4, 3), L.Flatten(), L.Dense(3, "softmax")]
    )
    model.save(tmp_path / "net.keras")
    picture = rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    expected = model.predict(picture[None].astype(np.float32), verbose=0)[0]
    run = api.import_model(tmp_path / "net.keras")
    said = api.ranking(api.predict(picture, model=run.model), 3)
    ours = [each.probability for each in sorted(said, key=lambda score: score.index)]
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_what_labelled_pictures_doubt_is_kept_and_what_is_stated_is_measured(
    coloured: tuple[Path, Path],
) -> None:
    file, folder = coloured
    kept = api.inspect_model(file, samples=folder, order="rgb")
    told = next(check for check in kept.checks if check.id == "samples")
    first = kept.preprocessing[0]
    assert (first.range, first.order) == (kept.range, kept.order)
    assert kept.order == "rgb"
    assert not told.ok, "the way that is kept is clearly worse than the one that was left out"
    run = api.import_model(file, samples=folder, order="rgb")
    understood = json.loads(str(run.facts["understood"]))
    assert [check["ok"] for check in understood["checks"] if check["id"] == "samples"] == [False]
    assert not [check for check in understood["checks"] if check["id"] == "preprocessing"]
    assert understood["preprocessing"][0]["order"] == "rgb"
