"""Whatever the table looks like: scikit-learn's value where it has one, NaN where it has none.

Each group is a table of its own, drawn cell by cell: empty classes, single rows and all weights are
in, which tables of plain noise never hold.
"""

from __future__ import annotations

import math
import warnings

import fairlearn.metrics as fl
import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from core import api
from core.contracts import FairnessReport
from core.fairness.metrics.registry import METRICS
from tests.fairness.tables import random_table

WIDE = settings(max_examples=12, deadline=None, derandomize=True)
UNDEFINED = {"zero_division": np.nan}
PEERS = {
    "base_rate": lambda y, p, w: np.average(y, weights=w),
    "selection_rate": lambda y, p, w: fl.selection_rate(y, p, sample_weight=w),
    "tpr": lambda y, p, w: sk.recall_score(y, p, sample_weight=w, **UNDEFINED),
    "fnr": lambda y, p, w: 1 - sk.recall_score(y, p, sample_weight=w, **UNDEFINED),
    "tnr": lambda y, p, w: sk.recall_score(y, p, pos_label=0, sample_weight=w, **UNDEFINED),
    "fpr": lambda y, p, w: 1 - sk.recall_score(y, p, pos_label=0, sample_weight=w, **UNDEFINED),
    "precision": lambda y, p, w: sk.precision_score(y, p, sample_weight=w, **UNDEFINED),
    "fdr": lambda y, p, w: 1 - sk.precision_score(y, p, sample_weight=w, **UNDEFINED),
    "npv": lambda y, p, w: sk.precision_score(y, p, pos_label=0, sample_weight=w, **UNDEFINED),
    "for": lambda y, p, w: 1 - sk.precision_score(y, p, pos_label=0, sample_weight=w, **UNDEFINED),
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p, sample_weight=w),
    "f1": lambda y, p, w: sk.f1_score(y, p, sample_weight=w, **UNDEFINED),
    "balanced_accuracy": lambda y, p, w: (
        sk.balanced_accuracy_score(y, p, sample_weight=w) if len(set(y)) == 2 else np.nan
    ),
    "mcc": lambda y, p, w: (
        sk.matthews_corrcoef(y, p, sample_weight=w) if len(set(y)) == len(set(p)) == 2 else np.nan
    ),
}
"""Of one group. scikit-learn gives balanced accuracy and MCC a value where they have none."""

SCORE_PEERS = {
    "auc": lambda y, s, w: sk.roc_auc_score(y, s, sample_weight=w) if len(set(y)) == 2 else np.nan,
    "brier": lambda y, s, w: float(np.average((s - y) ** 2, weights=w)),
}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """Two to six groups, each with its own four counts of which any may be 0."""
    n_groups = draw(st.integers(2, 6))
    count = st.integers(0, 12)
    cells = [draw(st.tuples(count, count, count, count)) for _ in range(n_groups)]
    cells[0] = tuple(max(n, 1) for n in cells[0])  # the table as a whole holds both classes
    rows = [
        (y, p, f"g{g}")
        for g, own in enumerate(cells)
        for (y, p), n in zip(((0, 0), (0, 1), (1, 0), (1, 1)), own, strict=True)
        for _ in range(n)
    ]
    y, p, g = (np.array(column) for column in zip(*rows, strict=True))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    digits = draw(st.integers(1, 6))
    return {
        "y": y, "p": p, "g": g, "s": np.round(rng.random(len(y)), digits),
        "w": rng.gamma(2.0, 1.0, len(y)),
    }  # fmt: skip


def audited(table: dict[str, np.ndarray], *, weighted: bool) -> FairnessReport:
    weight = {"weight": "w"} if weighted else {}
    return api.audit_columns(
        table, label="y", prediction="p", score="s", groups=["g"], gaps=["accuracy"], **weight
    )


@pytest.mark.parametrize("weighted", [False, True])
@WIDE
@given(table=tables())
def test_every_rate_is_the_peer_s_or_not_estimable(weighted: bool, table: dict) -> None:
    report = audited(table, weighted=weighted)
    held = report.tables[0]
    assert set(held.groups) == set(table["g"])
    for group in held.groups:
        own = table["g"] == group
        y, p, s = (table[name][own] for name in "yps")
        w = table["w"][own] if weighted else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = {name: float(peer(y, p, w)) for name, peer in PEERS.items()}
            expected |= {name: float(peer(y, s, w)) for name, peer in SCORE_PEERS.items()}
        for metric, value in expected.items():
            rate = held.rate(group, metric)
            assert rate.value == pytest.approx(value, nan_ok=True), (group, metric)
            assert bool(rate.reason) == math.isnan(value), (group, metric)
            assert math.isnan(value) or rate.low <= rate.value <= rate.high


def test_no_metric_goes_without_a_check() -> None:
    """Those of two classes stand above; the others are held against peers where they are listed."""
    elsewhere = {
        "impact_ratio",  # two selection rates: test_metrics, test_export
        "macro_precision", "macro_f1", "worst_class_recall",  # several classes: test_metrics
        "generalized_entropy", "theil",  # written out row by row: test_metrics
        "ece", "scoring_rate",  # no peer defines them: by definition, test_scores
    }  # fmt: skip
    assert set(METRICS) == set(PEERS) | set(SCORE_PEERS) | elsewhere


@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=4, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_average_odds_and_mean_agree_with_fairlearn(weighted: bool, seed: int) -> None:
    table = random_table(seed, weighted=weighted)
    report = api.audit_columns(
        table, label="y", prediction="p", groups=["g"], gaps=["average_odds", "accuracy"],
        **({"weight": "w"} if weighted else {}),
    )  # fmt: skip
    weights = {"sample_weight": table["w"]} if weighted else {}
    peer = fl.equalized_odds_difference(
        table["y"], table["p"], sensitive_features=table["g"], agg="mean", **weights
    )
    assert report.gap("g", "average_odds").difference == pytest.approx(peer)
    frame = fl.MetricFrame(
        metrics=sk.accuracy_score, y_true=table["y"], y_pred=table["p"],
        sensitive_features=table["g"], sample_params=weights or None,
    )  # fmt: skip
    gap = report.gap("g", "accuracy")
    assert gap.difference == pytest.approx(frame.difference())
    assert gap.ratio == pytest.approx(frame.ratio())
    assert (gap.highest, gap.lowest) == (frame.by_group.idxmax(), frame.by_group.idxmin())


def test_calibration_curves_are_scikit_learn_s() -> None:
    rng = np.random.default_rng(2)
    table = {"y": rng.integers(0, 2, 900), "s": rng.random(900), "g": rng.choice(["a", "b"], 900)}
    report = api.audit_columns(table, label="y", score="s", groups=["g"], gaps=["accuracy"])
    curves = {curve.group: curve for curve in report.calibrations if curve.attribute == "g"}
    assert set(curves) == {"a", "b"}
    for group, curve in curves.items():
        own = table["g"] == group
        rate, score = calibration_curve(table["y"][own], table["s"][own], n_bins=10)
        assert curve.rate == pytest.approx(rate)
        assert curve.mean_score == pytest.approx(score)


@pytest.mark.parametrize("weighted", [False, True])
def test_calibration_error_with_weights_is_its_definition(weighted: bool) -> None:
    table = random_table(12, n=400, weighted=True)
    report = audited(table, weighted=weighted)
    for group in report.tables[0].groups:
        own = table["g"] == group
        s, y = table["s"][own], table["y"][own]
        w = table["w"][own] if weighted else np.ones(own.sum())
        bins = np.minimum((s * 10).astype(int), 9)
        off = sum(abs((w * (s - y))[bins == b].sum()) for b in range(10)) / w.sum()
        assert report.tables[0].rate(group, "ece").value == pytest.approx(off)
