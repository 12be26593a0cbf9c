"""Thresholds by group, the cost of parity, and mitigation judged on rows held out."""

from __future__ import annotations

import builtins
import itertools
import warnings

import numpy as np
import pytest

from core import api
from core.contracts import MITIGATORS, FairnessReport, Mitigation
from core.errors import CapabilityError, InputError

OPTIONS = {"label": "y", "score": "s", "groups": ["sex", "city"]}


@pytest.fixture(scope="module")
def report(biased) -> FairnessReport:
    return api.audit_columns(biased, **OPTIONS)


def test_effect_is_that_of_deciding_row_by_row(report: FairnessReport, biased) -> None:
    curves = next(c for c in report.curves if c.attribute == "sex")
    f, m = (float(curves.thresholds[np.searchsorted(curves.thresholds, t)]) for t in (0.3, 0.6))
    effect = api.threshold_effect(curves, {"f": f - 1e-9, "m": m})
    assert effect.thresholds == {"f": f, "m": m}, "the next ones that the curve knows"
    decided = biased["s"] >= np.where(biased["sex"] == "f", f, m)
    again = api.audit_columns(biased | {"p": decided.astype(int)}, **OPTIONS, prediction="p")
    for group in "fm":
        for metric in ("tpr", "fpr", "selection_rate", "precision", "accuracy"):
            assert effect.table.rate(group, metric) == again.tables[0].rate(group, metric)
    assert effect.overall.rate("all", "accuracy") == again.overall.rate("all", "accuracy")
    assert effect.differences["tpr"] == pytest.approx(again.gap("sex", "tpr").difference)


def test_ends_of_the_slider(report: FairnessReport) -> None:
    curves = next(c for c in report.curves if c.attribute == "sex")
    nobody = api.threshold_effect(curves, {"f": 1.01, "m": 0.0})
    assert nobody.thresholds["f"] == float("inf")
    assert nobody.table.rate("f", "selection_rate").k == 0
    assert nobody.table.rate("m", "selection_rate").value == 1
    with pytest.raises(InputError, match="no group 'x'"):
        api.threshold_effect(curves, {"x": 0.5})


@pytest.mark.parametrize("constraint", ["selection_rate", "tpr", "fpr"])
def test_cost_of_parity_is_the_best_there_is(constraint: str) -> None:
    """Against all combinations of thresholds of a small table."""
    rng = np.random.default_rng(5)
    table = {
        "y": rng.integers(0, 2, 150), "s": rng.integers(0, 9, 150) / 10,
        "sex": rng.choice(["f", "m", "x"], 150), "city": ["A"] * 150,
    }  # fmt: skip
    curves = next(c for c in api.audit_columns(table, **OPTIONS).curves if c.attribute == "sex")
    cost = api.parity_cost(curves, constraint)
    options = [*curves.thresholds, np.inf]
    every = []
    for chosen in itertools.product(options, repeat=3):
        said = table["s"] >= np.array(chosen)[np.searchsorted(["f", "m", "x"], table["sex"])]
        base = {"selection_rate": table["y"] >= 0, "tpr": table["y"] == 1, "fpr": table["y"] == 0}
        kept = base[constraint]
        rates = [said[kept & (table["sex"] == g)].mean() for g in "fmx"]
        every.append((np.ptp(rates), (said == table["y"]).mean()))
    gaps, accuracies = np.array(every).T
    assert cost.best_accuracy == pytest.approx(accuracies.max())
    for bound, accuracy, gap in zip(cost.allowed, cost.accuracy, cost.gap, strict=True):
        within = gaps <= bound + 1e-9
        assert accuracy == pytest.approx(accuracies[within].max())
        assert gap <= bound + 1e-9
    assert (np.diff(cost.accuracy) >= -1e-12).all(), "more room is never worse"


def test_cost_speaks_of_rates_that_thresholds_move_one_way(report: FairnessReport) -> None:
    with pytest.raises(InputError, match="selection_rate, tpr, fpr"):
        api.parity_cost(report.curves[0], "precision")


@pytest.mark.parametrize(
    ("mitigator", "constraint"),
    [("group_thresholds", "tpr"), ("group_thresholds", "selection_rate"),
     ("threshold_optimizer", "equalized_odds")],
)  # fmt: skip
def test_mitigation_closes_the_gap_on_rows_held_out(
    mitigator: str, constraint: str, biased, write
) -> None:
    path = write(biased, "t.parquet")
    found = api.mitigate(
        path, attribute="sex", mitigator=mitigator, constraint=constraint, tolerance=0.04, **OPTIONS
    )
    before, after = (r.gap("sex", constraint) for r in (found.before, found.after))
    assert before.verdict == "flag"
    assert after.difference < before.difference / 2
    assert after.verdict != "flag"
    assert found.n_fit + found.before.n == 2400
    assert found.before.n == found.after.n
    assert 1000 < found.n_fit < 1400
    assert found.before.tables[0].n.tolist() == found.after.tables[0].n.tolist()
    assert set(found.thresholds) == ({"f", "m"} if mitigator == "group_thresholds" else set())
    restored = Mitigation.from_artefact(found.to_artefact())
    assert restored.after.gap("sex", "tpr").difference == found.after.gap("sex", "tpr").difference


def test_mitigation_repeats_itself_and_hears_the_seed(biased, write) -> None:
    path = write(biased, "t.parquet")
    options = {"attribute": "sex", "constraint": "tpr", **OPTIONS}
    first, again = (api.mitigate(path, **options) for _ in range(2))
    assert again.cached
    assert first.thresholds == again.thresholds
    other = api.mitigate(path, seed=9, **options)
    assert other.before.tables[0].n.tolist() != first.before.tables[0].n.tolist()


def test_judging_uses_no_row_that_was_decided_from(biased, write) -> None:
    """The rule is made from one part: labels of the other do not move it."""
    from core.contracts import TableColumns
    from core.fairness.counting.row_codes import row_codes
    from core.fairness.reading.rows import open_table

    path = write(biased, "t.parquet")
    found = api.mitigate(path, attribute="sex", constraint="tpr", **OPTIONS)
    with open_table(path) as rows:
        codes = row_codes(rows, TableColumns(label="y", score="s", groups=("sex", "city")))
    assert (codes.label == biased["y"]).all(), "in the order of the table"
    assert (codes.names("sex") == biased["sex"]).all()
    judged = np.random.default_rng(0).random(len(codes)) < 0.5
    changed = biased | {"y": np.where(judged, 1 - biased["y"], biased["y"])}
    other = api.mitigate(
        write(changed, "changed.parquet"), attribute="sex", constraint="tpr", **OPTIONS
    )
    assert other.thresholds == found.thresholds
    assert other.after.overall.rate("all", "accuracy").value == pytest.approx(
        1 - found.after.overall.rate("all", "accuracy").value
    )


def test_without_fairlearn_it_says_what_to_do(biased, write, monkeypatch) -> None:
    original = builtins.__import__

    def absent(name: str, *rest: object) -> object:
        if name.startswith("fairlearn"):
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(CapabilityError, match="pip install fairlearn"):
        api.mitigate(
            write(biased, "t.parquet"), attribute="sex", constraint="tpr", seed=77,
            mitigator="threshold_optimizer", **OPTIONS,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attribute": "race"}, "'race' is not among the groups"),
        ({"attribute": "sex", "constraint": "accuracy"}, "constraint must be one of"),
        ({"attribute": "sex", "mitigator": "magic"}, ", ".join(MITIGATORS)),
        ({"attribute": "sex", "held_out": 1.0}, "held_out"),
        ({"attribute": "sex", "score": "", "prediction": "p"}, "from scores"),
        ({"attribute": "sex", "constraint": "equalized_odds"}, "threshold_optimizer"),
    ],
)
def test_bad_input(options: dict, words: str, biased, write) -> None:
    with pytest.raises(InputError, match=words):
        api.mitigate(write(biased, "t.parquet"), **(OPTIONS | {"constraint": "tpr"} | options))


def test_a_group_of_one_class_is_named(biased, write) -> None:
    table = biased | {"y": np.where(biased["sex"] == "f", 1, biased["y"])}
    with pytest.raises(InputError, match="sex = f has '1' alone"):
        api.mitigate(
            write(table, "t.parquet"), attribute="sex", constraint="tpr",
            mitigator="threshold_optimizer", **OPTIONS,
        )  # fmt: skip


@pytest.mark.parametrize("weights", [(0, 1), (1, 0), (1, 1)])
def test_a_group_without_weight_leaves_the_others_theirs(weights: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    sex = rng.integers(0, 2, 300)
    table = {"y": rng.integers(0, 2, 300), "s": rng.integers(0, 9, 300) / 10, "city": ["A"] * 300,
             "sex": np.array(["f", "m"])[sex], "w": np.array(weights)[sex]}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = api.audit_columns(table, **OPTIONS, weight="w")
        curves = next(c for c in report.curves if c.attribute == "sex")
        effect = api.threshold_effect(curves, {"f": 0.5, "m": 0.5})
    counted = int(np.array(weights)[sex].sum())
    assert effect.overall.rate("all", "accuracy").n_effective == counted
    assert effect.overall.rate("all", "accuracy") == report.overall.rate("all", "accuracy")


@pytest.mark.parametrize("alone", [("x",), ("x", "z")])
def test_groups_that_no_threshold_is_made_for_are_said(write, alone: tuple[str, ...]) -> None:
    rng = np.random.default_rng(4)
    judged = np.random.default_rng(0).random(60) < 0.5
    sex = np.where(judged, np.resize(alone, 60), np.resize(["f", "m"], 60))
    table = {"y": rng.integers(0, 2, 60), "s": rng.random(60).round(2), "sex": sex}
    found = api.mitigate(
        write(table), label="y", score="s", groups=["sex"], attribute="sex", threshold=0.25, seed=0
    )
    assert set(found.thresholds) == {"f", "m"}
    assert found.rule.endswith(
        f"Groups without rows there keep the threshold 0.25: {', '.join(alone)}."
    )
