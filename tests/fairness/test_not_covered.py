"""No pass hides rows: those without a value, strata that not all groups have, small groups."""

from __future__ import annotations

import numpy as np
import pytest

from core import api
from core.contracts import FairnessReport

Blocks = list[tuple[str, str, int, int]]


def recalls(*groups: tuple[str, int, int]) -> FairnessReport:
    """Audit positives alone: group, found, all."""
    g = [name for name, _, n in groups for _ in range(n)]
    p = [int(i < k) for _, k, n in groups for i in range(n)]
    table = {"g": [*g, *g], "p": [*p, *p], "y": [1] * len(g) + [0] * len(g)}
    return api.audit_columns(table, label="y", prediction="p", groups=["g"], gaps=["tpr"])


def conditional(blocks: Blocks) -> FairnessReport:
    """Audit rows of group, condition, selected, all."""
    rows = [(g, c, int(i < k), i % 2) for g, c, k, n in blocks for i in range(n)]
    g, c, p, y = zip(*rows, strict=True)
    return api.audit_columns(
        {"g": g, "c": c, "p": p, "y": y}, label="y", prediction="p", groups=["g"], condition="c",
        gaps=["selection_rate"],
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
    assert (
        "The compared groups agree within 10 points. Not covered: Unknown (150 positives " in text
    )
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
        "The compared groups agree within 10 points. Not covered: c = y (2000 rows, not in all "
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
