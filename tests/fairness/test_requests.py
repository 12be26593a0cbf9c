"""Requests: keys that know everything, the store, and models on datasets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import api
from core.contracts import (
    DatasetPredictions,
    DatasetPredictRequest,
    DatasetRef,
    FairnessReport,
    FairnessRequest,
    FairnessRules,
    MitigationRequest,
    ModelRef,
    SlicesRequest,
    TableColumns,
)
from core.control import LocalControl
from core.errors import InputError
from core.fairness.predictions import as_table
from core.fairness.request.fields import predictions_fields
from core.workspace import open_store

OPTIONS = {"label": "y", "prediction": "p", "groups": ["sex"]}
CLASSES = ("cat", "dog", "cow")


def test_the_key_depends_on_everything(write, biased) -> None:
    path = write(biased)
    variants: list[dict] = [
        {}, {"seed": 1}, {"alpha": 0.01}, {"tolerance": 0.2}, {"min_n": 20}, {"adjust": "bh"},
        {"intersections": True}, {"gaps": ["tpr"]}, {"n_boot": 3000}, {"n_bins": 12},
        {"groups": ["sex", "city"]}, {"positive": "1"}, {"condition": "city"}, {"score": "s"},
        {"weight": "s"}, {"label": "p", "prediction": "y"}, {"groups": ["s"], "bins": {"s": 3}},
        {"groups": ["s"], "bins": {"s": 4}},
    ]  # fmt: skip
    keys = [api.fairness_request(path, **(OPTIONS | v)).key for v in variants]
    keys.append(api.fairness_request(write({**biased, "y": biased["p"]}, "b.csv"), **OPTIONS).key)
    keys.append(api.slices_request(path, **OPTIONS).key)
    keys += [
        api.mitigation_request(path, attribute="sex", score="s", **OPTIONS, **more).key
        for more in ({}, {"constraint": "fpr"}, {"held_out": 0.4})
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.usefixtures("own_home")
def test_equal_content_is_one_audit_whatever_its_name(write, biased) -> None:
    first = api.fairness(write(biased, "a.csv"), **OPTIONS)
    again = api.fairness(write(biased, "b.csv"), **OPTIONS)
    assert (first.cached, again.cached) == (False, True)
    assert again.source == "b.csv", "the name is this visitor's"
    assert "b.csv" in again.command
    assert again.gap("sex", "tpr").difference == first.gap("sex", "tpr").difference


def test_lanes(write, biased) -> None:
    request = api.fairness_request(write(biased), **OPTIONS)
    assert request.lane == "interactive"
    assert request.batch == request.key


def test_progress_grows_to_the_end(biased) -> None:
    seen: list[float] = []
    control = LocalControl(on_progress=lambda fraction, _: seen.append(fraction))
    api.audit_columns(biased, **OPTIONS, control=control)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(seen) >= 5


@pytest.fixture
def predictions() -> DatasetPredictions:
    """Of a group the cows are missed twice as often."""
    rng = np.random.default_rng(0)
    n = 1200
    labels, tone = rng.integers(0, 3, n), rng.integers(1, 11, n)
    wrong = rng.random(n) < np.where((labels == 2) & (tone > 5), 0.6, 0.1)
    said = np.where(wrong, (labels + 1) % 3, labels)
    probabilities = np.full((n, 3), 0.1, np.float32)
    probabilities[np.arange(n), said] = 0.8
    return DatasetPredictions(
        key="0" * 64, model="small", weights_sha256="1" * 64, device="cpu", versions={},
        seconds=1.0, dataset="folder:/x", fingerprint="2" * 64, split="test", classes=CLASSES,
        ids=tuple(map(str, range(n))), labels=labels, probabilities=probabilities,
        groups={"tone": tuple(map(str, tone)), "score": tuple("ab"[i % 2] for i in range(n))},
        command="python -m core predict",
    )  # fmt: skip


def predict_request(predictions: DatasetPredictions, split: str = "test") -> DatasetPredictRequest:
    return DatasetPredictRequest(
        model=ModelRef(predictions.model), weights_sha256=predictions.weights_sha256, versions={},
        seed=0, dataset=DatasetRef("folder", "/x"), fingerprint=predictions.fingerprint,
        split=split,
    )  # fmt: skip


def test_predictions_of_a_dataset(predictions: DatasetPredictions) -> None:
    report = api.audit_predictions(predictions, bins={"tone": [6]}, intersections=True)
    assert report.task == "multiclass"
    assert report.classes == ("cat", "cow", "dog")
    assert [t.attribute for t in report.tables] == ["tone", "score", "tone×score"]
    assert report.gap("tone", "tpr[cow]").verdict == "flag"
    assert report.gap("tone", "tpr[cat]").verdict != "flag"
    assert (report.model, report.weights_sha256) == ("small", "1" * 64)
    cows = (predictions.labels == 2) & (np.array(predictions.groups["tone"], int) >= 6)
    right = predictions.probabilities.argmax(axis=1) == 2
    rate = report.tables[0].rate("≥ 6", "tpr[cow]")
    assert (rate.k, rate.n) == ((cows & right).sum(), cows.sum())
    assert report.overall.rate("all", "ece").value > 0


def test_one_class_of_a_dataset(predictions: DatasetPredictions) -> None:
    report = api.audit_predictions(predictions, groups=["tone"], positive="cow", bins={"tone": [6]})
    assert (report.task, report.classes) == ("binary", ("not cow", "cow"))
    assert report.gap("tone", "tpr").verdict == "flag"
    assert "auc" in report.overall.metrics
    assert report.curves


def test_a_group_called_score_is_a_group(predictions: DatasetPredictions) -> None:
    columns = predictions_fields(predictions.groups, {"groups": ["score"]})["columns"]
    table, mapped = as_table(predictions, columns)
    assert (mapped.groups, mapped.score) == (("score",), "score′")
    assert table.column("score").to_pylist()[:2] == ["a", "b"]


def test_a_model_on_a_dataset_through_the_engine(predictions: DatasetPredictions) -> None:
    predict = predict_request(predictions)
    open_store().put(predict.key, predictions.to_artefact(), kind=predict.kind)
    columns = TableColumns(label="", groups=("tone",), bins=(("tone", "6.0"),))
    shared = {"table": None, "predict": predict, "columns": columns, "rules": FairnessRules(),
              "seed": 0, "versions": {}}  # fmt: skip
    report: FairnessReport = api.answer(FairnessRequest(**shared))
    assert report.gap("tone", "tpr[cow]").verdict == "flag"
    assert report.source == "small on folder:/x (test)"
    assert report.command == (
        "python -m core fairness --model small --dataset folder:/x --split test --group tone "
        "--bin tone=6.0 --seed 0"
    )
    worst = api.answer(SlicesRequest(**shared, metric="tpr[cow]")).findings[0]
    members = api.slice_members(worst.slice, predictions.groups)
    assert len(members) == worst.n
    assert (np.array(predictions.groups["tone"], int)[members] >= 6).all()
    fit = replace(predict_request(predictions, "validation"), limit=900)
    open_store().put(fit.key, predictions.to_artefact(), kind=fit.kind)
    asked = shared | {"columns": replace(columns, positive="cow")}
    done = api.answer(MitigationRequest(**asked, attribute="tone", constraint="tpr", fit=fit))
    assert (done.n_fit, done.before.n) == (1200, 1200)
    assert done.after.gap("tone", "tpr").difference <= 0.1
    assert "--fit-split validation" in done.command


def test_a_dataset_brings_its_own_columns() -> None:
    groups = {"sex": None, "age": None}
    assert predictions_fields(groups, {})["columns"].groups == ("sex", "age")
    assert predictions_fields(groups, {"condition": "age"})["columns"].groups == ("sex",)
    for options, words in (
        ({"label": "y"}, "bring their labels"),
        ({"groups": ["race"]}, "no attribute 'race'. It has: sex, age"),
        ({"groups": ["sex"], "condition": "race"}, "no attribute 'race'"),
    ):
        with pytest.raises(InputError, match=words):
            predictions_fields(groups, options)
    with pytest.raises(InputError, match="no attribute that groups"):
        predictions_fields({}, {})


def test_predictions_without_the_asked_class(predictions: DatasetPredictions) -> None:
    with pytest.raises(InputError, match="never holds the positive class 'horse'"):
        api.audit_predictions(predictions, positive="horse")
    two = replace(
        predictions, classes=("cat", "dog"), labels=predictions.labels % 2,
        probabilities=predictions.probabilities[:, :2],
    )  # fmt: skip
    with pytest.raises(InputError, match="none is obviously positive"):
        api.audit_predictions(two)
