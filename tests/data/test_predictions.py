"""Predictions of a split: counted, written as a table, and asked for on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, log_loss

from core import api
from core.cli import main
from core.contracts import DatasetPredictions, Run
from core.data.evaluate import evaluate_arrays, evaluation, mistakes
from core.data.prediction_table import predictions_table, write_predictions
from core.errors import InputError
from tests.commands import answer

DATASET = "portraits?n_train=60&n_validation=30&n_test=60"
N, CLASSES = 200, ("cat", "dog", "cow")


def made_up(
    classes: tuple[str, ...] = CLASSES, groups: dict[str, tuple[str, ...]] | None = None
) -> DatasetPredictions:
    rng = np.random.default_rng(0)
    n = N if groups is None else len(next(iter(groups.values())))
    probabilities = rng.dirichlet(np.ones(len(classes)), n).astype(np.float32)
    return DatasetPredictions(
        key="0" * 64, model="m", weights_sha256="0" * 64, seconds=1.0, device="cpu",
        versions={}, dataset="folder:/x", fingerprint="0" * 64, split="test", classes=classes,
        ids=tuple(f"{i:03d}.png" for i in range(n)), labels=rng.integers(0, len(classes), n),
        probabilities=probabilities, command="",
        groups=groups or {"site": tuple("ab"[i % 2] for i in range(n))},
    )  # fmt: skip


def test_counts_are_those_of_scikit_learn() -> None:
    made = made_up()
    found = evaluation(made)
    predicted = made.probabilities.argmax(axis=1)
    assert found.n == N
    assert found.accuracy == accuracy_score(made.labels, predicted)
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(made.labels, predicted))
    assert found.loss == pytest.approx(log_loss(made.labels, made.probabilities), rel=1e-5)
    np.testing.assert_array_equal(found.confusion, confusion_matrix(made.labels, predicted))
    for count in found.groups:
        member = np.array(made.groups[count.attribute]) == count.group
        assert count.n == member.sum()
        assert count.correct == (predicted == made.labels)[member].sum()
    assert {(c.attribute, c.group) for c in found.groups} == {("site", "a"), ("site", "b")}


def test_a_class_that_does_not_occur_counts_for_nothing() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array(
        [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1]], np.float32
    )
    found = evaluate_arrays("test", labels, probabilities, {})
    assert found.balanced_accuracy == 0.75
    assert found.confusion == ((1, 0, 1), (0, 2, 0), (0, 0, 0))


def test_a_sure_mistake_costs_much_but_not_everything() -> None:
    found = evaluate_arrays("test", np.array([0]), np.array([[0.0, 1.0]], np.float32), {})
    assert 20 < found.loss < 40


def test_the_worst_mistakes_come_first() -> None:
    made = made_up()
    worst = mistakes(made, 10)
    assert [m.probability for m in worst] == sorted((m.probability for m in worst), reverse=True)
    wrong = made.probabilities.argmax(axis=1) != made.labels
    assert worst[0].probability == made.probabilities[wrong].max()
    for m in worst:
        assert m.id == made.ids[m.index]
        assert m.label == made.labels[m.index] != m.prediction
    assert len(mistakes(made, 10_000)) == wrong.sum()


def test_the_table_reads_back_the_same_from_both_formats(tmp_path: Path) -> None:
    made = made_up()
    write_predictions(made, tmp_path / "p.parquet")
    write_predictions(made, tmp_path / "p.csv")
    frame = pd.read_parquet(tmp_path / "p.parquet")
    assert list(frame) == [
        "id", "label", "label_name", "prediction", "prediction_name", "probability", "p_cat",
        "p_dog", "p_cow", "site",
    ]  # fmt: skip
    assert tuple(frame["id"]) == made.ids
    np.testing.assert_array_equal(frame["label"], made.labels)
    np.testing.assert_array_equal(frame[["p_cat", "p_dog", "p_cow"]], made.probabilities)
    np.testing.assert_array_equal(frame["prediction"], made.probabilities.argmax(axis=1))
    assert (frame["label_name"] == np.array(CLASSES)[made.labels]).all()
    assert tuple(frame["site"]) == made.groups["site"]
    text = pd.read_csv(tmp_path / "p.csv")
    pd.testing.assert_frame_equal(text, frame, check_dtype=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.csv", "p.parquet"]


def test_columns_of_one_name_stand_side_by_side() -> None:
    names = ("id", "p_cat", "label", "group_label", "site")
    groups = {name: (f"{name} of a", f"{name} of b") for name in names}
    table = predictions_table(made_up(groups=groups))
    assert len(set(table.column_names)) == len(table.column_names) == 9 + len(names)
    for name in names:
        (column,) = [
            c for c in table.column_names if table.column(c).to_pylist() == list(groups[name])
        ]
        assert column.endswith(name)
    assert table.column("id").to_pylist() == ["000.png", "001.png"]


def test_names_that_are_formulas_stay_text_in_a_spreadsheet(tmp_path: Path) -> None:
    dangerous = ('=HYPERLINK("http://x","y")', "@SUM(A1)", "+1", "-1+1", "\tx")
    made = made_up(classes=("=cmd|' /C calc'!A0", "b"), groups={"=1+1": dangerous})
    write_predictions(made, tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r"))]
    assert "'@SUM(A1)" in cells
    write_predictions(made, tmp_path / "p.parquet")
    assert tuple(pd.read_parquet(tmp_path / "p.parquet")["=1+1"]) == dangerous


@pytest.mark.parametrize(
    ("name", "words"),
    [("p.xlsx", r"\.parquet or \.csv"), ("no/p.csv", "no folder"), ("d.csv", "is a folder")],
)
def test_files_that_cannot_be_written(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(InputError, match=words):
        write_predictions(made_up(), tmp_path / name)


@pytest.fixture(scope="module")
def trained() -> Iterator[Run]:
    run = api.train(dataset=DATASET, recipe="scratch", epochs=1)
    yield run
    api.delete_run(run.model)


def test_predict_a_dataset_on_the_command_line(trained: Run, tmp_path: Path) -> None:
    out = tmp_path / "predictions.parquet"
    told = answer(
        "predict", "--dataset", DATASET, "--model", trained.model, "--split", "test",
        "--limit", 45, "--out", out,
    )  # fmt: skip
    assert {key: told[key] for key in ("model", "dataset", "split", "n", "file")} == {
        "model": trained.model, "dataset": DATASET, "split": "test", "n": 45, "file": str(out),
    }  # fmt: skip
    frame = pd.read_parquet(out)
    right = frame["label"] == frame["prediction"]
    probabilities = frame[[f"p_{name}" for name in told["classes"]]].to_numpy()
    assert told["accuracy"] == pytest.approx(right.mean())
    assert told["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(frame["label"], frame["prediction"])
    )
    assert told["loss"] == pytest.approx(log_loss(frame["label"], probabilities), rel=1e-4)
    for count in told["groups"]:
        member = frame[count["attribute"]] == count["group"]
        assert (count["n"], count["correct"]) == (member.sum(), right[member].sum())
        assert count["accuracy"] == pytest.approx(right[member].mean())
    assert {count["attribute"] for count in told["groups"]} >= {"skin_tone", "lighting"}
    # The same pictures, opened one by one, in this process and through another runtime.
    part = api.open_dataset(DATASET).part("test")
    assert tuple(frame["id"]) == part.ids[:45]
    for i in (0, 7, 44):
        scores = api.ranking(api.predict(part.picture(i), model=trained.model), 3)
        one = [s.probability for s in sorted(scores, key=lambda s: s.index)]
        np.testing.assert_allclose(one, probabilities[i], atol=2e-3)


def here(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run a command in this process: status, stdout, stderr."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    told = capfd.readouterr()
    return int(left.value.code or 0), told.out, told.err


def test_figures_for_people(trained: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """Also: the test split does as the run says that it did."""
    status, told, _ = here(capfd, "predict", "--dataset", DATASET, "--model", trained.model)
    assert status == 0
    assert trained.test is not None
    assert told.startswith(f"60 test pictures: {trained.test.accuracy:.1%} right")
    assert "skin_tone_band" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("assets/examples/cat.jpg", "--dataset", "portraits"), "not both"),
        ((), "Nothing to predict"),
        (("assets/examples/cat.jpg", "--limit", 3), "--limit and --out go with --dataset"),
        (("--dataset", "portraits", "--split", "holdout"), "--split must be one of train"),
        (("--dataset", "portraits", "--out", "p.txt"), ".parquet or .csv"),
        (("--dataset", "portraits", "--geometry", "squash"), "--geometry crop"),
        (("--dataset", "portraits"), "are among the 1000 of efficientnet_lite0"),
        (("--dataset", "folder:/nonsense"), "is no folder"),
    ],
)
def test_what_cannot_be_predicted(
    capfd: pytest.CaptureFixture[str], arguments: tuple[object, ...], words: str
) -> None:
    status, out, told = here(capfd, "predict", *arguments, "--json")
    assert (status, out) == (2, "")
    assert told.startswith("error: ")
    assert words in told


def test_datasets_on_the_command_line(capfd: pytest.CaptureFixture[str], pets: Path) -> None:
    listed = json.loads(here(capfd, "datasets", "--json")[1])["datasets"]
    assert [card["id"] for card in listed] == ["portraits", "cifar10", "folder", "tfds"]
    (pets / "cat").rename(pets / "\x1b[31mcat")  # a name that would colour the terminal
    told = json.loads(here(capfd, "datasets", f"folder:{pets}", "--json")[1])
    assert told["classes"] == ["\x1b[31mcat", "dog"]
    assert told["splits"]["test"] == {"n": 6, "by_class": [4, 2], "masks": False}
    shown = here(capfd, "datasets", f"folder:{pets}")[1]
    assert "30 pictures, 2 classes" in shown
    assert "\x1b" not in shown
    assert "\\x1b[31mcat" in shown
