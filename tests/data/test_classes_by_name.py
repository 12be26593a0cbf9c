"""A dataset's classes are the model's of the same names, in whatever order and number."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import api
from core.cli import main
from core.compression.calibration_data import open_calibration_data
from core.contracts import DatasetPredictions, ModelRef
from core.errors import InputError
from core.models.labels import ClassNames, class_names

COLOURS = {"red": (230, 20, 20), "green": (20, 230, 20), "blue": (20, 20, 230)}
SIZE = 8


def _colours(inputs: Any, n_classes: int) -> Any:
    """Answer red, green or blue, whichever channel is the brightest; never with a fourth class."""
    from core.models.tensorflow import keras

    x = keras.layers.GlobalAveragePooling2D()(inputs)
    dense = keras.layers.Dense(n_classes, name="out")
    model = keras.Model(keras.utils.get_source_inputs(inputs), dense(x))
    weights = np.full((3, n_classes), -9.0, np.float32)
    weights[:, :3] = 9 * np.eye(3)
    dense.kernel.assign(weights)
    dense.bias.assign(np.zeros(n_classes, np.float32))
    return model


@pytest.fixture(scope="module")
def models() -> None:
    api.register_model(
        "by_colour", _colours, input_size=SIZE, n_classes=3, labels=["red", "green", "blue"]
    )
    api.register_model(
        "by_more", _colours, input_size=SIZE, n_classes=4,
        labels=["red", "green", "blue", "none of them"],
    )  # fmt: skip
    api.register_model("by_number", _colours, input_size=SIZE, n_classes=3)


Make = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Make:
    """Write pictures of plain colours; ``names`` says what each colour's class is called."""

    def made(names: dict[str, str], *, order: tuple[str, ...] = (), n: int = 12) -> str:
        rng = np.random.default_rng(0)
        lines = ["file_name,label,split,site"]
        for colour, label in names.items():
            for i in range(n):
                noise = rng.integers(0, 20, (SIZE, SIZE, 3))
                pixels = np.asarray(COLOURS[colour]) + noise
                file = f"{colour}{i}.png"
                Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / file)
                lines.append(f"{file},{label},{'train' if i < 4 else 'test'},{'ab'[i % 2]}")
        (tmp_path / "metadata.csv").write_text("\n".join(lines))
        if order:
            (tmp_path / "classes.txt").write_text("\n".join(order))
        return f"folder:{tmp_path}"

    return made


SAME = {name: name for name in COLOURS}
CASES = {
    "sorted": (SAME, (), "by_colour", ("blue", "green", "red")),
    "own order": (SAME, ("red", "green", "blue"), "by_colour", ("red", "green", "blue")),
    "reversed": (SAME, ("blue", "green", "red"), "by_colour", ("blue", "green", "red")),
    "spelled": (
        {"red": "Red", "green": "GREEN", "blue": "blue"}, (), "by_colour",
        ("GREEN", "Red", "blue"),
    ),
    "two of three": ({"red": "red", "blue": "blue"}, (), "by_colour", ("blue", "red", "green")),
    "three of four": (SAME, (), "by_more", ("blue", "green", "red", "none of them")),
    "numbers of a model without names": (
        {"red": "0", "green": "1", "blue": "2"}, ("2", "1", "0"), "by_number", ("2", "1", "0"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_picture_is_right_whatever_the_order(models: None, folder: Make, case: str) -> None:
    names, order, model, classes = CASES[case]
    found = api.predict_dataset(folder(names, order=order), model=model)
    assert found.classes == classes
    measured = api.evaluation(found)
    assert measured.accuracy == measured.balanced_accuracy == 1.0
    assert measured.loss < 0.1
    truth = [name for id_ in found.ids for c, name in names.items() if id_.startswith(c)]
    assert [found.classes[i] for i in found.labels] == truth
    assert found.probabilities.shape == (len(truth), len(classes))


def test_the_audit_pairs_by_name_too(models: None, folder: Make) -> None:
    report = api.fairness(dataset=folder(SAME), model="by_colour")
    assert set(report.classes) == set(SAME)
    accuracy = report.overall.rate(report.overall.groups[0], "accuracy")
    assert (accuracy.k, accuracy.value) == (24, 1.0)


def test_robustness_and_compression_pair_alike(models: None, folder: Make) -> None:
    data = folder(SAME)
    found = api.corruption_robustness(
        data, model="by_colour", corruptions=["contrast"], severities=[1]
    )
    assert found.clean.accuracy == 1.0
    calibration_data = open_calibration_data(
        api.parse_dataset(data), api.open_dataset(data).fingerprint,
        class_names(ModelRef("by_colour")), size=SIZE, seed=0,
    )  # fmt: skip
    assert calibration_data.labels is not None
    ids = api.open_dataset(data).part("test").ids
    known = ["red", "green", "blue"]
    assert all(
        id_.startswith(known[k]) for id_, k in zip(ids, calibration_data.labels, strict=True)
    )


def test_predictions_of_models_whose_own_order_is_the_same_keep_their_key(
    models: None, folder: Make
) -> None:
    data = folder(SAME, order=("red", "green", "blue"))
    assert "class_map" not in api.dataset_request(data, model="by_colour").parts()
    other = api.dataset_request(data, model="by_more")
    assert other.parts()["class_map"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("names", "model", "words"),
    [
        ({"red": "0", "green": "1", "blue": "2"}, "by_colour", "'0' is a number, and which of"),
        ({"red": "2", "green": "0", "blue": "1"}, "by_colour", "is a number"),
        ({"red": "rot", "green": "green", "blue": "blue"}, "by_colour", "no class called 'rot'"),
        ({"red": "3", "green": "1", "blue": "2"}, "by_number", "'3' is a number"),
    ],
)
@pytest.mark.parametrize("command", ["predict", "fairness", "slices", "certify", "robustness"])
def test_other_names_are_refused_everywhere(
    models: None, folder: Make, capfd: pytest.CaptureFixture[str],
    names: dict[str, str], model: str, words: str, command: str,
) -> None:  # fmt: skip
    data = folder(names)
    with pytest.raises(SystemExit) as left:
        main([command, "--dataset", data, "--model", model, "--json"])
    told = capfd.readouterr()
    assert (left.value.code, told.out) == (2, "")
    assert words in told.err
    assert model in told.err
    assert len(told.err.splitlines()) == 1


def test_the_command_line_says_the_same(
    models: None, folder: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["predict", "--dataset", folder(SAME), "--model", "by_colour", "--json"])
    told = json.loads(capfd.readouterr().out)
    assert told["classes"] == ["blue", "green", "red"]
    assert told["confusion"] == [[8, 0, 0], [0, 8, 0], [0, 0, 8]]


def test_names_that_are_numbers_are_names() -> None:
    """``1`` is the class that is called so, and not the one at place 1."""
    assert ClassNames(("1", "0")).matching(("0", "1")) == (1, 0)
    assert ClassNames(("10", "2", "3")).matching(("2", "10")) == (1, 0)
    assert ClassNames(("class 0", "class 1")).matching(("1", "0")) == (1, 0)
    assert ClassNames(("Zo\u00eb", "a")).matching(("a", "Zoe\u0308")) == (1, 0)
    for names in (("0", "b"), ("2", "1")):
        with pytest.raises(InputError, match="is a number"):
            ClassNames(("a", "b")).matching(names)


def test_models_are_paired_by_what_they_say(models: None, folder: Make) -> None:
    data = folder({"red": "red", "blue": "blue"})
    few, more = (api.predict_dataset(data, model=m) for m in ("by_colour", "by_more"))
    assert isinstance(few, DatasetPredictions)
    found = api.paired(few, more)
    assert (found.agree, found.lost, found.gained) == (found.n, 0, 0)
