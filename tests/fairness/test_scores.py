"""Scores: exact areas, calibration, curves, the scoring rate; ties and weights included."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from core import api
from core.contracts import FairnessReport, ScoreCurves
from core.fairness.gaps.null_distribution import calibrated_p
from core.fairness.groups.comparable import Areas
from tests.fairness.tables import random_table

PROPERTY = settings(max_examples=4, deadline=None, derandomize=True)


def audited(table: dict, **options: object) -> FairnessReport:
    weight = {"weight": "w"} if "w" in table else {}
    return api.audit_columns(table, label="y", score="s", groups=["g"], **weight, **options)


@pytest.mark.parametrize("weighted", [False, True])
@PROPERTY
@given(seed=st.integers(0, 10_000))
def test_equals_sklearn(weighted: bool, seed: int) -> None:
    """Scores of one to three digits: many ties."""
    table = random_table(seed, weighted=weighted)
    report = audited(table)
    for group in report.tables[0].groups:
        own = table["g"] == group
        y, s = table["y"][own], table["s"][own]
        w = table["w"][own] if weighted else None
        for metric, value in (
            ("auc", sk.roc_auc_score(y, s, sample_weight=w)),
            ("brier", sk.brier_score_loss(y, s, sample_weight=w)),
            ("tpr", sk.recall_score(y, s >= 0.5, sample_weight=w)),
        ):
            rate = report.tables[0].rate(group, metric)
            assert rate.value == pytest.approx(value), metric
            assert rate.low <= rate.value <= rate.high


@PROPERTY
@given(seed=st.integers(0, 10_000))
def test_curves_are_exact_at_each_threshold(seed: int) -> None:
    table = random_table(seed)
    for curves in audited(table).curves:
        for g, group in enumerate(curves.groups):
            own = (table["g"] == group) | (curves.attribute == "")
            y, s = table["y"][own], table["s"][own]
            for t in (0, len(curves.thresholds) // 2, len(curves.thresholds) - 1):
                said = s >= curves.thresholds[t]
                assert curves.true_positives[g, t] == (said & (y == 1)).sum()
                assert curves.false_positives[g, t] == (said & (y == 0)).sum()
            assert curves.positives[g] == (y == 1).sum()
            assert area(curves, g) == pytest.approx(sk.roc_auc_score(y, s)), "every score is there"


def area(curves: ScoreCurves, g: int) -> float:
    x = np.append(curves.false_positives[g] / curves.negatives[g], 0)
    y = np.append(curves.true_positives[g] / curves.positives[g], 0)
    return float(-np.trapezoid(y, x))


def test_many_scores_are_thinned_out_and_stay_exact() -> None:
    rng = np.random.default_rng(0)
    table = {
        "y": rng.integers(0, 2, 6000),
        "s": rng.random(6000) ** 4,
        "g": rng.choice(["a", "b"], 6000),
    }
    report = audited(table)
    curves = report.curves[1]
    assert 500 <= len(curves.thresholds) <= 512
    assert curves.thresholds[0] == table["s"].min()
    between = np.diff(np.searchsorted(np.sort(table["s"]), curves.thresholds))
    assert 10 <= between.min() <= between.max() <= 13, "equal shares of the rows"
    t = 300
    said = (table["s"] >= curves.thresholds[t]) & (table["g"] == "a")
    assert curves.true_positives[0, t] + curves.false_positives[0, t] == said.sum()
    exact = sk.roc_auc_score(table["y"], table["s"])
    assert report.overall.rate("all", "auc").value == pytest.approx(exact), "of all scores"


def test_calibration_error() -> None:
    """REFERENCES: constant confidence .9 with accuracy .6 → .3."""
    table = {"y": [1] * 60 + [0] * 40, "s": [0.9] * 100, "g": ["a", "b"] * 50}
    report = audited(table)
    assert report.overall.rate("all", "ece").value == pytest.approx(0.3)
    assert report.score_bins == "10 bins of equal width over [0, 1]"
    (curve,) = [c for c in report.calibrations if c.attribute == ""]
    assert curve.mean_score.tolist() == pytest.approx([0.9])
    assert curve.rate.tolist() == [0.6]
    assert curve.low[0] < 0.6 < curve.high[0]


@pytest.mark.parametrize("n_bins", [5, 10, 17])
def test_calibration_error_is_its_definition(n_bins: int) -> None:
    table = random_table(9, n=500)
    table["s"][:3] = [0.0, 1.0, 0.5]
    report = audited(table, n_bins=n_bins)
    bins = np.minimum((table["s"] * n_bins).astype(int), n_bins - 1)
    error = sum(
        abs((table["s"][bins == b] - table["y"][bins == b]).sum()) for b in range(n_bins)
    ) / len(bins)  # fmt: skip
    assert report.overall.rate("all", "ece").value == pytest.approx(error)
    (curve,) = [c for c in report.calibrations if c.attribute == ""]
    assert curve.n.sum() == 500
    assert len(curve.n) == len(np.unique(bins))


def test_confidence_of_several_classes() -> None:
    """ECE speaks of the prediction being right; areas are not defined."""
    table = random_table(3, classes=3)
    report = api.audit_columns(table, label="y", prediction="p", score="s", groups=["g"])
    right = table["y"] == table["p"]
    value = ((table["s"] - right) ** 2).mean()
    assert report.overall.rate("all", "brier").value == pytest.approx(value)
    assert "auc" not in report.overall.metrics
    assert "ece" in report.overall.metrics
    assert report.curves == ()
    assert report.calibrations


@pytest.mark.parametrize(
    ("scores", "above"), [([1, 2, 3, 4], 2), ([1, 2, 2, 3, 4], 2), ([5, 5, 5], 0)]
)
def test_scoring_rate_counts_above_the_median(scores: list[int], above: int) -> None:
    s = np.repeat(scores, 10) / 10
    table = {"s": s, "g": ["a"] * len(s)}
    report = api.audit_columns(table, score="s", groups=["g"])
    assert report.overall.rate("all", "scoring_rate").k == 10 * above
    assert (s > np.median(s)).sum() == 10 * above


def test_gap_of_areas_is_found_and_noise_is_not(biased) -> None:
    rng = np.random.default_rng(1)
    m, n = np.array([40, 90, 25, 60]), np.array([70, 60, 40, 200])
    rejected = 0
    for _ in range(150):
        above = [rng.normal(1, 1, (a, 1)) > rng.normal(0, 1, b) for a, b in zip(m, n, strict=True)]
        areas = Areas(
            np.array([x.mean() for x in above]),
            np.array([
                x.mean(axis=1).var(ddof=1) / x.shape[0] + x.mean(axis=0).var(ddof=1) / x.shape[1]
                for x in above
            ]),
            m.astype(float), n.astype(float),
        )  # fmt: skip
        p = calibrated_p([areas], "max", most=2000, seed=0, check=lambda: None)
        rejected += p < 0.05
    assert rejected / 150 <= 0.094
    report = api.audit_columns(biased, label="y", score="s", groups=["sex", "city"])
    assert report.gap("sex", "auc").verdict == "flag"
    assert report.gap("city", "auc").verdict != "flag"


def test_scores_beside_predictions_do_not_decide(biased) -> None:
    flipped = biased | {"p": 1 - biased["p"]}
    report = api.audit_columns(flipped, label="y", prediction="p", score="s", groups=["sex"])
    assert report.overall.rate("all", "accuracy").value < 0.5
    assert report.overall.rate("all", "auc").value > 0.8
