"""No pass hides rows: those without a value, strata that not all groups have, small groups."""

from __future__ import annotations

import numpy as np
import pytest

from core import api
from core.contracts import FairnessReport, GroupGap

Blocks = list[tuple[str, str, int, int]]


def recalls(*groups: tuple[str, int, int]) -> FairnessReport:
    """Audit positives alone: group, found, all."""
    g = [name for name, _, n in groups for _ in range(n)]
    p = [int(i < k) for _, k, n in groups for i in range(n)]
    table = {"g": [*g, *g], "p": [*p, *p], "y": [1] * len(g) + [0] * len(g)}
    return api.audit_columns(table, label="y", prediction="p", groups=["g"], gaps=["tpr"])


def conditional(blocks: Blocks, **options: object) -> FairnessReport:
    """Audit rows of group, condition, selected, all."""
    rows = [(g, c, int(i < k), i % 2) for g, c, k, n in blocks for i in range(n)]
    g, c, p, y = zip(*rows, strict=True)
    return api.audit_columns(
        {"g": g, "c": c, "p": p, "y": y}, label="y", prediction="p", groups=["g"], condition="c",
        gaps=["selection_rate"], **options,
    )  # fmt: skip


def test_no_pass_hides_rows_without_a_value() -> None:
    """On old code ✓ pass; nothing said of what could hide."""
    report = recalls(("A", 900, 1000), ("B", 900, 1000), ("", 10, 150))
    gap = report.gap("g", "tpr")
    out = gap.excluded["Unknown"]
    assert gap.verdict == "insufficient evidence"
    assert gap.groups == ("A", "B")
    assert gap.difference == 0
    assert gap.strongest is not None
    ends = (gap.highest, gap.lowest, gap.strongest.higher, gap.strongest.lower)
    assert "Unknown" not in ends
    assert 0.85 < out.could_hide <= gap.high < 0.95
    assert gap.needed_n is None, "more rows in each group would not help"
    text = next(each.text for each in api.fairness_findings(report) if each.metric == "tpr")
    assert "A and B agree within 10 points. Not covered: Unknown (150 positives " in text
    assert f"without a value; a gap of up to {100 * out.could_hide:.3g} points could hide" in text


def test_rows_without_a_value_that_agree_block_nothing() -> None:
    gap = recalls(("A", 900, 1000), ("B", 900, 1000), ("", 900, 1000)).gap("g", "tpr")
    assert gap.verdict == "pass"
    assert gap.groups == ("A", "B")
    assert 0 < gap.excluded["Unknown"].could_hide <= gap.tolerance


def test_rows_without_a_value_are_never_flagged_and_widen_no_flag() -> None:
    plain = recalls(("A", 900, 1000), ("B", 600, 1000)).gap("g", "tpr")
    gap = recalls(("A", 900, 1000), ("B", 600, 1000), ("", 10, 150)).gap("g", "tpr")
    assert gap.verdict == plain.verdict == "flag"
    assert (gap.low, gap.high, gap.p) == (plain.low, plain.high, plain.p)
    assert gap.excluded["Unknown"].could_hide > 0.8


def test_conditional_parity_names_the_values_that_not_all_groups_have() -> None:
    """On old code ✓ pass, ``excluded`` empty."""
    x: Blocks = [("A", "x", 500, 1000), ("B", "x", 500, 1000), ("C", "x", 500, 1000)]
    assert conditional(x).gap("g", "selection_rate|c").verdict == "pass"
    gap = conditional([*x, ("A", "y", 900, 1000), ("B", "y", 100, 1000)]).gap(
        "g", "selection_rate|c"
    )
    out = gap.excluded["c = y"]
    assert gap.verdict == "insufficient evidence"
    assert (out.n, out.could_hide, gap.high) == (2000, 1, 1)
    assert gap.groups == ("A", "B", "C")
    assert gap.coverage == (
        "A, B and C agree within 10 points. Not covered: c = y (2000 rows, not in all "
        "groups, so not compared; a gap of up to 100 points could hide there)."
    )


def test_conditional_parity_names_rows_without_a_value_of_the_condition() -> None:
    x: Blocks = [("A", "x", 500, 1000), ("B", "x", 500, 1000)]
    gap = conditional([*x, ("A", "", 90, 100), ("B", "", 10, 100)]).gap("g", "selection_rate|c")
    assert gap.verdict == "insufficient evidence"
    assert gap.excluded["c = Unknown"].words == (
        "200 rows without a value; a gap of up to 100 points could hide there"
    )


def test_rows_without_any_value_of_the_condition_are_no_error() -> None:
    gap = conditional([("A", "", 90, 100), ("B", "", 10, 100)]).gap("g", "selection_rate|c")
    assert gap.verdict == "excluded"


def test_what_a_small_group_could_hide_is_held_against_the_compared_groups() -> None:
    """On old code 100 points for all three: small groups were held against each other."""
    large = (("A", 900, 1000), ("B", 900, 1000))
    gap = recalls(*large, ("C", 9, 9), ("D", 6, 7), ("E", 0, 1)).gap("g", "tpr")
    hides = {name: out.could_hide for name, out in gap.excluded.items()}
    assert hides["C"] < 0.4 < hides["D"] < 0.7 < 0.85 < hides["E"], hides
    alone = recalls(*large, ("C", 9, 9)).gap("g", "tpr")
    assert hides["C"] == pytest.approx(alone.excluded["C"].could_hide, abs=0.02)


def test_rows_without_a_value_of_several_rates() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 3000)
    g = np.where(np.arange(3000) % 3 == 0, "", np.where(rng.random(3000) < 0.5, "A", "B"))
    report = api.audit_columns(
        {"y": y, "p": np.where(g == "", 1 - y, y), "g": g}, label="y", prediction="p",
        groups=["g"], gaps=["equalized_odds", "balanced_accuracy", "accuracy"],
    )  # fmt: skip
    for gap in report.gaps:
        out = gap.excluded["Unknown"]
        assert gap.verdict == "insufficient evidence"
        assert out.could_hide > 0.98
    kinds = {gap.metric: gap.excluded["Unknown"].reason for gap in report.gaps}
    assert kinds["accuracy"] == "1000 rows without a value"
    assert "positives" in kinds["equalized_odds"]
    assert "negatives" in kinds["equalized_odds"]


# ---- comparisons of single groups


def small_group_in_strata(*more: tuple[str, str, int, int]) -> Blocks:
    """A and B agree within one value of the condition; nine rows of C are never selected."""
    return [("A", "x", 1500, 3000), ("B", "x", 1500, 3000), ("C", "x", 0, 9), *more]


def conditional_pairs(blocks: Blocks, **options: object) -> dict[tuple[str, str], GroupGap]:
    report = conditional(blocks, **options)
    said = {finding.text for finding in api.fairness_comparisons(report)}
    document = api.fairness_document(report)["pairs"]
    for pair, own in zip(report.pairs, document, strict=True):
        assert own["excluded"].keys() == pair.excluded.keys()
        assert own["verdict"] == pair.verdict
        hidden = max((out.could_hide for out in pair.excluded.values()), default=0)
        assert pair.verdict != "pass" or hidden <= pair.tolerance
        if pair.kind == report.rules.reference:
            assert any(text.endswith(pair.coverage) for text in said)
    return {
        (pair.group, pair.reference): pair
        for pair in report.pairs
        if pair.metric == "selection_rate|c"
    }


def test_no_comparison_passes_over_strata_that_one_of_the_two_lacks() -> None:
    """On old code ✓ pass, −4 to +4, nothing said of c = y."""
    assert conditional_pairs(small_group_in_strata())["B", "A"].verdict == "pass"
    pair = conditional_pairs(small_group_in_strata(("A", "y", 900, 1000)))["B", "A"]
    assert pair.verdict == "insufficient evidence"
    assert (pair.low, pair.high) == (-1, 1)
    assert pair.coverage == (
        "Not covered: c = y (1000 rows, not in all groups, so not compared; a gap of up to 100 "
        "points could hide there)."
    )


def test_a_comparison_names_the_strata_of_its_own_two_groups_alone() -> None:
    blocks = [("A", "x", 1600, 3200), ("B", "x", 1500, 3000), ("D", "x", 1500, 3000)]
    blocks += [("D", "z", 10, 40)]
    pairs = conditional_pairs(blocks)
    assert (pairs["B", "A"].verdict, pairs["B", "A"].excluded) == ("pass", {})
    assert list(pairs["D", "A"].excluded) == ["c = z"]
    assert pairs["D", "A"].verdict == "insufficient evidence"
    assert list(pairs["B", "rest"].excluded) == ["c = z"]


@pytest.mark.parametrize("reference", ["rest", "largest", "best", "B"])
def test_all_others_together_do_not_pass_without_a_small_group(reference: str) -> None:
    """On old code ✓ pass: C, of too few rows for strata, was in no comparison."""
    pair = conditional_pairs(small_group_in_strata(), reference=reference)["A", "rest"]
    assert pair.verdict == "insufficient evidence"
    assert pair.excluded["C"].reason == "9 rows, fewer than 10"
    assert pair.high > pair.tolerance


def test_all_others_together_do_not_pass_without_rows_of_no_value() -> None:
    report = recalls(("A", 900, 1000), ("B", 900, 1000), ("", 10, 150))
    pairs = {pair.kind: pair for pair in report.pairs if pair.group == "B"}
    hidden = report.gap("g", "tpr").excluded
    assert (pairs["rest"].verdict, pairs["rest"].excluded) == ("insufficient evidence", hidden)
    assert pairs["rest"].high == hidden["Unknown"].could_hide
    assert (pairs["largest"].verdict, pairs["largest"].excluded) == ("pass", {}), (
        "A and B are known"
    )


def test_a_flag_stands_whatever_was_left_out() -> None:
    blocks = [("A", "x", 2000, 3000), ("B", "x", 1000, 3000), ("A", "y", 900, 1000)]
    pair = conditional_pairs(blocks)["B", "A"]
    assert (pair.verdict, list(pair.excluded)) == ("flag", ["c = y"])
    assert pair.high < -pair.tolerance
