"""Every metric against Fairlearn and scikit-learn over random tables, weights included."""

from __future__ import annotations

import math
import warnings

import fairlearn.metrics as fl
import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from core import api
from core.contracts import FairnessReport
from core.fairness.metrics.base import against_rest
from core.fairness.metrics.registry import METRICS
from tests.fairness.tables import random_table

PROPERTY = settings(max_examples=4, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10_000)
BINARY = {
    "base_rate": lambda y, p, sample_weight=None: np.average(y, weights=sample_weight),
    "selection_rate": fl.selection_rate,
    "tpr": fl.true_positive_rate,
    "fpr": fl.false_positive_rate,
    "tnr": fl.true_negative_rate,
    "fnr": fl.false_negative_rate,
    "precision": sk.precision_score,
    "npv": lambda y, p, sample_weight=None: sk.precision_score(
        y, p, pos_label=0, sample_weight=sample_weight
    ),
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1": sk.f1_score,
    "mcc": sk.matthews_corrcoef,
}
MULTI = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "mcc": sk.matthews_corrcoef,
    "macro_f1": lambda y, p, **w: sk.f1_score(y, p, average="macro", **w),
    "macro_precision": lambda y, p, **w: sk.precision_score(y, p, average="macro", **w),
    "worst_class_recall": lambda y, p, **w: sk.recall_score(y, p, average=None, **w).min(),
}


def audited(table: dict, **options: object) -> FairnessReport:
    weight = {"weight": "w"} if "w" in table else {}
    given = {"label": "y", "prediction": "p", "groups": ["g"], **weight} | options
    return api.audit_columns(table, **given)


def frame(table: dict, metrics: dict) -> fl.MetricFrame:
    weights = {name: {"sample_weight": table["w"]} for name in metrics} if "w" in table else None
    return fl.MetricFrame(
        metrics=metrics, y_true=table["y"], y_pred=table["p"], sensitive_features=table["g"],
        sample_params=weights,
    )  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("classes", "metrics"), [(2, BINARY), (4, MULTI)])
@PROPERTY
@given(seed=SEEDS)
def test_equals_fairlearn_and_sklearn(
    weighted: bool, classes: int, metrics: dict, seed: int
) -> None:
    table = random_table(seed, classes=classes, weighted=weighted)
    report, peer = audited(table), frame(table, metrics)
    for group in report.tables[0].groups:
        for metric in metrics:
            own = report.tables[0].rate(group, metric)
            assert own.value == pytest.approx(peer.by_group.loc[group, metric]), metric
            assert own.low <= own.value <= own.high
    for metric in metrics:
        assert report.overall.rate("all", metric).value == pytest.approx(peer.overall[metric])


@pytest.mark.parametrize("weighted", [False, True])
@PROPERTY
@given(seed=SEEDS)
def test_complements(weighted: bool, seed: int) -> None:
    report = audited(random_table(seed, weighted=weighted))
    for a, b in (("tpr", "fnr"), ("tnr", "fpr"), ("precision", "fdr"), ("npv", "for")):
        for group in report.tables[0].groups:
            pair = [report.tables[0].rate(group, m) for m in (a, b)]
            assert pair[0].value + pair[1].value == pytest.approx(1)
            assert (pair[0].low, pair[0].high) == pytest.approx((1 - pair[1].high, 1 - pair[1].low))


@pytest.mark.parametrize("weighted", [False, True])
@PROPERTY
@given(seed=SEEDS)
def test_gaps_equal_fairlearn(weighted: bool, seed: int) -> None:
    table = random_table(seed, weighted=weighted)
    report = audited(table)
    weights = {"sample_weight": table["w"]} if weighted else {}
    arguments = {"y_true": table["y"], "y_pred": table["p"], "sensitive_features": table["g"]}
    for metric, difference, ratio in (
        ("selection_rate", fl.demographic_parity_difference, fl.demographic_parity_ratio),
        ("equalized_odds", fl.equalized_odds_difference, fl.equalized_odds_ratio),
        ("tpr", fl.equal_opportunity_difference, fl.equal_opportunity_ratio),
    ):
        gap = report.gap("g", metric)
        assert gap.difference == pytest.approx(difference(**arguments, **weights)), metric
        assert gap.ratio == pytest.approx(ratio(**arguments, **weights)), metric
    tpr, fpr = (report.gap("g", metric).difference for metric in ("tpr", "fpr"))
    assert report.gap("g", "average_odds").difference == pytest.approx((tpr + fpr) / 2)
    assert report.gap("g", "equalized_odds").difference == pytest.approx(max(tpr, fpr))


@PROPERTY
@given(seed=SEEDS)
def test_one_against_the_rest(seed: int) -> None:
    table = random_table(seed, classes=3)
    report = audited(table)
    for one in range(3):
        alone = audited(table, positive=str(one))
        for group in report.tables[0].groups:
            for metric in ("tpr", "fpr", "precision", "selection_rate", "base_rate"):
                of_several = report.tables[0].rate(group, f"{metric}[{one}]")
                binary = alone.tables[0].rate(group, metric)
                assert (of_several.k, of_several.n) == (binary.k, binary.n)
                assert of_several.low == binary.low
        assert report.gap("g", f"tpr[{one}]").difference == alone.gap("g", "tpr").difference


def test_against_rest_keeps_the_total() -> None:
    cells = np.random.default_rng(0).integers(0, 9, (2, 5, 5))
    for one in range(5):
        found = against_rest(cells, one)
        assert (found.sum(axis=(1, 2)) == cells.sum(axis=(1, 2))).all()
        assert (found[:, 1, 1] == cells[:, one, one]).all()


@PROPERTY
@given(seed=SEEDS)
def test_inequality_of_benefits(seed: int) -> None:
    """Row by row, as Speicher et al. 2018 write it; AIF360 computes the same."""
    table = random_table(seed)
    benefit = table["p"] - table["y"] + 1.0
    mean = benefit.mean()
    of_group = np.array([benefit[table["g"] == g].mean() for g in table["g"]])

    def entropy(b: np.ndarray) -> float:
        return float(((b / b.mean()) ** 2 - 1).mean() / 2)

    def theil(b: np.ndarray) -> float:
        x = b[b > 0] / b.mean()
        return float((x * np.log(x)).sum() / len(b))

    assert of_group.mean() == pytest.approx(mean)
    found = {(i.index, i.part): i for i in audited(table).inequality}
    for index, function in (("generalized_entropy", entropy), ("theil", theil)):
        total, between = function(benefit), function(of_group)
        assert found[index, "total"].value == pytest.approx(total)
        assert found[index, "between"].value == pytest.approx(between)
        assert found[index, "within"].value == pytest.approx(total - between)
        for part in ("total", "between", "within"):
            assert found[index, part].low <= found[index, part].value <= found[index, part].high


def test_impact_ratio() -> None:
    table = {
        "y": [0, 1] * 50, "g": ["a"] * 40 + ["b"] * 40 + ["c"] * 20,
        "p": [1] * 20 + [0] * 20 + [1] * 10 + [0] * 30 + [1] * 20,
    }  # fmt: skip
    rates = {g: audited(table).tables[0].rate(g, "impact_ratio") for g in "abc"}
    assert {g: r.value for g, r in rates.items()} == {"a": 0.5, "b": 0.25, "c": 1.0}
    assert (rates["c"].low, rates["c"].high) == (1, 1)
    assert rates["a"].low < 0.5 < rates["a"].high
    small = audited(table, min_n=25).tables[0]
    assert [small.rate(g, "impact_ratio").value for g in "abc"] == [1.0, 0.5, 2.0]


EMPTY = {
    "y": [1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1],
    "p": [1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1],
    "g": ["only positives"] * 3 + ["only negatives"] * 4 + ["both"] * 4,
}


def test_not_estimable_is_nan_with_its_reason() -> None:
    """Fairlearn gives 0: a perfect model then looks unfair."""
    table = audited(EMPTY, min_n=1).tables[0]
    undefined = {
        "only positives": ("fpr", "tnr", "balanced_accuracy", "mcc"),
        "only negatives": ("tpr", "fnr", "precision", "fdr", "balanced_accuracy", "f1", "mcc"),
        "both": (),
    }
    for group, metrics in undefined.items():
        for metric in table.metrics:
            rate = table.rate(group, metric)
            gone = metric in metrics
            assert math.isnan(rate.value) == gone, (group, metric)
            assert math.isnan(rate.low) == math.isnan(rate.high) == gone
            assert rate.reason == (f"Not estimable: {METRICS[metric].undefined}." if gone else "")
    assert table.rate("only negatives", "tpr").n == 0
    peer = fl.MetricFrame(
        metrics=fl.true_positive_rate, y_true=EMPTY["y"], y_pred=EMPTY["p"],
        sensitive_features=EMPTY["g"],
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert peer.by_group["only negatives"] == 0


def test_a_perfect_model_without_positives_somewhere_has_no_gap() -> None:
    table = {"y": [0, 1] * 30 + [0] * 30, "g": ["a", "b"] * 30 + ["c"] * 30}
    table["y"][:60] = [0, 0, 1, 1] * 15
    report = audited(table | {"p": table["y"]})
    gap = report.gap("g", "tpr")
    assert gap.difference == 0
    assert gap.excluded["c"].reason == "0 positives, fewer than 10"


def test_without_labels_only_selection_is_estimable(biased) -> None:
    table = {name: biased[name] for name in ("p", "s", "sex")}
    report = api.audit_columns(table, prediction="p", score="s", groups=["sex"])
    assert report.overall.metrics == ("selection_rate", "impact_ratio", "scoring_rate")
    assert [g.metric for g in report.gaps] == ["selection_rate", "scoring_rate"]
    assert (report.inequality, report.calibrations, report.curves) == ((), (), ())
    whole = api.audit_columns(biased, label="y", prediction="p", groups=["sex"])
    assert (
        report.gap("sex", "selection_rate").difference
        == whole.gap("sex", "selection_rate").difference
    )


def test_cards() -> None:
    cards = {card.id: card for card in api.fairness_metrics()}
    assert list(cards) == list(METRICS)
    assert all(
        card.name and card.summary.endswith(".") and card.undefined for card in cards.values()
    )
    assert cards["fpr"].higher_is_better is False
    assert cards["auc"].needs_scores
    gaps = {card.id for card in api.fairness_gaps()}
    assert {"selection_rate", "equalized_odds", "average_odds", "auc", "npv"} <= gaps
