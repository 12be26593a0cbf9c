"""Each group against a reference: what is compared, adjusted over, said and shown first."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from core import api
from core.contracts import FairnessReport
from core.errors import InputError

OPTIONS = {"label": "y", "prediction": "p", "groups": ["race"]}


def people() -> dict[str, list[object]]:
    """Two large groups 21 points apart, and a small one that is found even more often."""
    found = {"a": (720, 1000), "b": (510, 1000), "c": (16, 18), "d": (60, 90)}
    race, p, y = [], [], []
    for name, (k, n) in found.items():
        race += [name] * (n + 10)
        p += [1] * k + [0] * (n - k + 10)
        y += [1] * n + [0] * 10
    return {"race": race, "p": p, "y": y}


@pytest.fixture(scope="module")
def report() -> FairnessReport:
    return api.audit_columns(people(), gaps=["tpr"], **OPTIONS)


def test_the_gap_between_the_two_large_groups_comes_first(report: FairnessReport) -> None:
    """On old code "not enough evidence": the reference was the best group, of 18 rows."""
    gap = report.gap("race", "tpr")
    assert gap.verdict == "flag"
    assert (gap.strongest.higher, gap.strongest.lower) == ("a", "b")
    assert (gap.highest, gap.lowest) == ("c", "b")
    (text,) = [finding.text for finding in api.fairness_findings(report)]
    assert "with race b, 510 of 1000 (51%) are found; with a, 720 of 1000 (72%)" in text
    assert "They are 21 points apart" in text
    assert "the largest gap, between c and b, is 38 points" in text
    first = report.pairs[0]
    assert (first.group, first.verdict) == ("b", "flag")
    assert api.fairness_comparisons(report)[0].text.startswith(
        "Equal opportunity: race b, 510 of 1000 (51%), against a (the largest group): −21 points"
    )


def test_the_largest_and_the_rest_are_always_there(report: FairnessReport) -> None:
    kinds = {(pair.kind, pair.group, pair.reference) for pair in report.pairs}
    assert kinds == {
        *(("largest", name, "a") for name in "bcd"),
        *(("rest", name, "rest") for name in "abcd"),
    }
    rest = {pair.group: pair for pair in report.pairs if pair.kind == "rest"}
    assert rest["a"].difference == pytest.approx(0.72 - (510 + 16 + 60) / 1108)
    exact = fisher_exact([[720, 280], [586, 522]]).pvalue
    assert rest["a"].p == pytest.approx(7 * exact, rel=1.0), "adjusted over seven comparisons"
    assert "7 comparisons" in report.family


@pytest.mark.parametrize(
    ("reference", "kind", "name", "first"),
    [("best", "best", "a", "b"), ("rest", "rest", "rest", "b"), ("d", "named", "d", "b")],
)
def test_other_references(reference: str, kind: str, name: str, first: str) -> None:
    found = api.audit_columns(people(), reference=reference, gaps=["tpr"], min_n=20, **OPTIONS)
    against = found.against("race", "tpr")
    assert (against.kind, against.reference) == (kind, name)
    assert name not in against.groups
    best = max(against, key=lambda pair: pair.evidence)
    assert best.group == first
    assert {block.kind for block in found.comparisons} >= {"largest", "rest", kind}


def test_a_reference_that_no_attribute_has_is_refused() -> None:
    with pytest.raises(InputError, match=r"No group 'e'.*largest, best, rest, or one of: a, b"):
        api.audit_columns(people(), reference="e", **OPTIONS)


def test_small_groups_and_areas_are_compared(biased) -> None:
    table = biased | {"sex": np.where(np.arange(2400) < 5, "x", biased["sex"])}
    report = api.audit_columns(table, label="y", score="s", groups=["sex"])
    names = {(pair.metric, pair.kind) for pair in report.pairs if pair.group == "x"}
    assert {("accuracy", "largest"), ("accuracy", "rest")} <= names
    assert {pair.kind for pair in report.pairs if pair.metric == "auc"} == {"largest"}
    for pair in report.pairs:
        assert pair.low <= pair.difference <= pair.high
        assert 0 < pair.p <= 1


def test_weights_count_in_the_rest() -> None:
    table = people()
    weight = np.where(np.array(table["race"]) == "c", 4.0, 1.0)
    found = api.audit_columns(table | {"w": weight}, weight="w", gaps=["tpr"], **OPTIONS)
    (pair,) = [p for p in found.pairs if (p.group, p.kind) == ("b", "rest")]
    assert pair.difference == pytest.approx(0.51 - (720 + 4 * 16 + 60) / (1000 + 4 * 18 + 90))
