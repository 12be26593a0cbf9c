"""Each group against a reference: what is compared, adjusted over, said and shown first."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from core import api
from core.contracts import Adjustment, FairnessReport, FairnessRules, verdict_of
from core.errors import InputError
from core.fairness.gaps.pair_tests import pair_tests
from core.fairness.groups.comparable import Rates

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


def of_groups(found: dict[str, tuple[int, int, int, int]]) -> dict[str, list[object]]:
    """Rows of groups by true and by false positives: k of positives, k of negatives."""
    race, p, y = [], [], []
    for name, (tp, positives, fp, negatives) in found.items():
        race += [name] * (positives + negatives)
        y += [1] * positives + [0] * negatives
        p += [1] * tp + [0] * (positives - tp) + [1] * fp + [0] * (negatives - fp)
    return {"race": race, "p": p, "y": y}


@pytest.mark.parametrize("adjust", ["holm", "bh"])
def test_a_pass_has_both_limits_within_the_tolerance(adjust: str) -> None:
    """On old code the lower limit was −0.107 (Holm) and −0.127 (BH)."""
    table = of_groups({"A": (1000, 2000, 1000, 2000), "B": (85, 170, 1000, 2000)})
    found = api.audit_columns(table, gaps=["tpr", "fpr"], adjust=adjust, **OPTIONS)
    (pair,) = [p for p in found.pairs if (p.metric, p.group, p.kind) == ("tpr", "B", "largest")]
    assert pair.verdict == "pass"
    assert -0.1 <= pair.low < pair.high <= 0.1


@pytest.mark.parametrize("adjust", ["holm", "bh"])
def test_verdicts_and_intervals_of_random_tables_agree(adjust: Adjustment) -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        rules = FairnessRules(adjust=adjust, tolerance=float(rng.choice([0.02, 0.1, 0.3, 0.5])))
        n = np.round(10 ** rng.uniform(1, 4, (2, 12)))
        centre = rng.uniform(0.2, 0.8)
        rates = np.clip(centre + rules.tolerance * rng.choice([-1.5, -0.5, 0, 0.4], (2, 12)), 0, 1)
        blocks = [Rates(np.ones(1), np.round(r * m)[None] / m, m[None])
                  for r, m in zip(rates, n, strict=True)]  # fmt: skip
        found = pair_tests([(blocks[0], blocks[1])], rules)
        beyond = np.maximum(found.low, -found.high) >= rules.tolerance
        inside = np.maximum(-found.low, found.high) <= rules.tolerance
        for i in range(12):
            verdict = verdict_of(found.p_flag[i], found.p_pass[i], rules.alpha)
            seen.add(verdict)
            assert found.low[i] <= found.difference[i] <= found.high[i]
            assert beyond[i] == (verdict == "flag")
            assert inside[i] == (verdict == "pass")
    assert seen == {"flag", "pass", "insufficient evidence"}


def test_a_gap_that_passes_over_pairs_that_do_not_is_explained() -> None:
    table = of_groups({f"g{i:02}": (100, 200, 100, 200) for i in range(25)})
    found = api.audit_columns(table, gaps=["tpr"], tolerance=0.12, **OPTIONS)
    assert found.gap("race", "tpr").verdict == "pass"
    assert {pair.verdict for pair in found.pairs} >= {"insufficient evidence"}
    note = found.comparisons_note("race", "tpr")
    assert note.endswith(
        " A gap can pass as a whole though single comparisons, adjusted over all 49 of them, "
        "cannot be told from the tolerance."
    )


def test_pairs_that_pass_with_their_gap_need_no_explanation(report: FairnessReport) -> None:
    table = of_groups(dict.fromkeys("ab", (5000, 10000, 10, 20)))
    found = api.audit_columns(table, gaps=["tpr"], **OPTIONS)
    assert {pair.verdict for pair in found.pairs} == {"pass"}
    assert "can pass as a whole" not in found.comparisons_note("race", "tpr")
    assert "can pass as a whole" not in report.comparisons_note("race", "tpr"), "it was flagged"


def test_groups_may_be_called_like_references() -> None:
    """On old code the groups of a pair were "rest" and "rest"."""
    counts = (300, 500, 10, 20)
    table = of_groups({"rest": counts, "best": (50, 90, 10, 20), "all others": (9, 10, 1, 2)})
    found = api.audit_columns(table, gaps=["tpr"], reference="rest", **OPTIONS)
    pairs = api.fairness_document(found)["pairs"]
    assert all(one != other for one, other in (pair["groups"] for pair in pairs))
    assert {tuple(pair["groups"]) for pair in pairs if pair["reference"] == "rest"} == {
        (name, "all others together") for name in ("rest", "best", "all others")
    }
    assert {pair["groups"][1] for pair in pairs if pair["reference"] == "largest"} == {"rest"}
    assert found.against("race", "tpr").kind == "rest", "the word wins over a group of that name"


def test_a_group_called_like_a_reference_can_be_named_and_a_note_says_how() -> None:
    """On old code nothing said which of the two was meant, and the group could not be named."""
    counts = (300, 500, 10, 20)
    table = of_groups({"best": counts, "b": (450, 500, 10, 20), "c": (10, 20, 10, 20)})
    by_word = api.audit_columns(table, gaps=["tpr"], reference="best", **OPTIONS)
    against = by_word.against("race", "tpr")
    assert (against.kind, against.reference) == ("best", "b")
    assert by_word.notes == (
        "Groups are shown against the best group, not against the group called 'best': for that "
        "one the reference is =best.",
    )
    named = api.audit_columns(table, gaps=["tpr"], reference="=best", **OPTIONS)
    against = named.against("race", "tpr")
    assert (against.kind, against.reference) == ("named", "best")
    assert named.notes == ()
    assert api.audit_columns(table, gaps=["tpr"], reference="=c", **OPTIONS).against(
        "race", "tpr"
    ).reference == "c"  # fmt: skip
    signed = of_groups({"=b": counts, "b": counts})
    exact = api.audit_columns(signed, gaps=["tpr"], reference="=b", **OPTIONS)
    assert exact.against("race", "tpr").reference == "=b"
    with pytest.raises(InputError, match="No group '=worst'"):
        api.audit_columns(table, reference="=worst", **OPTIONS)


def test_a_gap_and_its_pair_may_differ_and_that_is_said() -> None:
    """On old code the same two groups were flagged, and "not enough evidence", without a word."""
    table = of_groups({f"g{i:02}": (800 if i else 650, 1000, 10, 20) for i in range(24)})
    found = api.audit_columns(table, gaps=["tpr"], tolerance=0.09, **OPTIONS)
    note = found.comparisons_note()
    n = sum(len(block.groups) for block in found.comparisons)
    assert note.startswith(
        f"The {n} comparisons of single groups are adjusted among themselves, apart from the gaps: "
        "the same two groups can be flagged as a gap and be “not enough evidence” as a pair, or "
        "the other way round."
    )
    assert found.comparisons_note("race", "tpr").startswith(note[:60])
    assert found.comparisons_note("race", "equalized_odds") == "", "no pairs are shown of it"


def test_names_with_a_times_sign_are_not_taken_apart() -> None:
    """On old code "A  and  B", and "adjusted over 1 gaps"."""
    table = of_groups({"A × B": (30, 50, 10, 20), "C": (20, 50, 10, 20)})
    found = api.audit_columns(table, gaps=["tpr"], **OPTIONS)
    (gap,) = (finding.text for finding in api.fairness_findings(found))
    texts = [gap, *(finding.text for finding in api.fairness_comparisons(found))]
    assert "A × B, 30 of 50 (60%)" in gap
    assert not any("  " in text or "A and B" in text for text in texts)
    assert "adjusted over 1 gap)" in gap
    assert found.family.startswith("1 gap: 1 metric of 1 attribute. ")


def test_where_attributes_meet_each_part_has_its_name() -> None:
    table = of_groups({"A×B": (30, 50, 10, 20), "C": (20, 50, 10, 20)})
    table["sex"] = ["f", "m"] * (len(table["y"]) // 2)
    table["sex × gender"] = table.pop("sex")
    options = OPTIONS | {"groups": ["race", "sex × gender"], "intersections": True}
    found = api.audit_columns(table, gaps=["tpr"], **options)
    (gap,) = [f.text for f in api.fairness_findings(found) if f.attribute.startswith("race×")]
    assert "with race C and sex × gender f, 10 of 25" in gap
    assert "with A × B and f, 15 of 25" in gap
