"""Sentences of findings: whose p it is, and which rows would do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import api
from core.contracts import FairnessReport, Look, Looks
from core.fairness.cli.commands import _slice_lines
from tests.fairness.test_cli import here

pytestmark = pytest.mark.usefixtures("own_home")
Counts = dict[str, tuple[int, int, int, int]]


def audited(found: Counts, **options: object) -> FairnessReport:
    """Groups by true of all positives, and by false positives of all negatives."""
    g, y, p = [], [], []
    for name, (tp, positives, fp, negatives) in found.items():
        g += [name] * (positives + negatives)
        y += [1] * positives + [0] * negatives
        p += [1] * tp + [0] * (positives - tp) + [1] * fp + [0] * (negatives - fp)
    table = {"g": g, "y": y, "p": p}
    if options.pop("weighted", False):
        table["w"] = np.resize([1.0, 5.0], len(y))
        options["weight"] = "w"
    return api.audit_columns(table, label="y", prediction="p", groups=["g"], **options)


def said(report: FairnessReport) -> tuple[str, str]:
    (gap,) = [finding.text for finding in api.fairness_findings(report)]
    return gap, api.fairness_comparisons(report)[0].text


def test_every_sentence_says_what_its_p_supposes() -> None:
    """On old code comparisons named no p, and findings "p .5 for larger"."""
    far = said(audited({"a": (900, 1000, 9, 20), "b": (500, 1000, 9, 20)}, gaps=["tpr"]))
    near = said(audited({"a": (900, 1000, 9, 20), "b": (900, 1000, 9, 20)}, gaps=["tpr"]))
    open_ = said(audited({"a": (90, 100, 9, 20), "b": (75, 100, 9, 20)}, gaps=["tpr"]))
    for text in far:
        assert "(p below .001 if it were at most 10 points" in text
    for text in near:
        assert "(p below .001 if it were at least 10 points" in text
    for text in open_:
        assert " if it were at most 10 points, 1 if it were at least that" in text


def test_at_tolerance_0_the_p_is_that_of_the_verdict() -> None:
    report = audited({"a": (60, 100, 9, 20), "b": (46, 100, 9, 20)}, gaps=["tpr"], tolerance=0.0)
    gap, pair = report.gap("g", "tpr"), report.pairs[0]
    assert gap.verdict == pair.verdict == "insufficient evidence"
    for each, text in zip((gap, pair), said(report), strict=True):
        shown = f"{each.p_flag:.3f}".removeprefix("0")
        assert f"(p {shown} if it were at most 0 points" in text
        assert "at least" not in text, "nothing passes a tolerance of 0"
    assert "no difference at all" in api.fairness_document(report)["p_of"]["p"]


def test_slices_show_the_p_of_their_verdict(capfd, write) -> None:
    """On old code "adjusted p 4.3e-05" of no difference at all, beside an open verdict."""
    right = np.repeat([1, 0, 1, 0], [120, 80, 156, 44])
    y = np.arange(400) % 2
    path = write({"g": np.repeat(["a", "b"], 200), "y": y, "p": np.where(right, y, 1 - y)})
    command = ("slices", path, "--y-true", "y", "--y-pred", "p", "--group", "g")
    status, out, err = here(capfd, *command)
    assert status == 0, err
    (line,) = [line for line in out.splitlines() if "g = a" in line]
    assert line.startswith("? insufficient evidence")
    assert line.endswith(" if it were at most 10 points, 1 if it were at least that, adjusted")


def test_ends_of_slices_lie_on_their_side_of_the_tolerance(write) -> None:
    """On old code +0.100 for .1004 beside a tolerance of 0.1."""
    right = np.repeat([1, 0, 1, 0], [120, 80, 156, 44])
    y = np.arange(400) % 2
    path = write({"g": np.repeat(["a", "b"], 200), "y": y, "p": np.where(right, y, 1 - y)})
    options = {"label": "y", "prediction": "p", "groups": ["g"]}
    report = api.slices(path, **options)
    near = replace(report.findings[0], low=-0.1004, high=0.0104)
    text = "\n".join(
        _slice_lines(
            replace(report, findings=(near,)),
            Looks((Look("k", "fairness_slices", "all", 0.05, 0.0),), 1),
        )
    )
    assert "difference -0.1004 to +0.010, " in text


def test_rows_below_every_line_are_asked_for() -> None:
    """On old code "negatives", or "positives", whichever had more evidence."""
    few = {"a": (90, 100, 20, 200), "b": (90, 100, 20, 200)}
    report = audited(few, gaps=["equalized_odds"], tolerance=0.05)
    (text,) = [finding.text for finding in api.fairness_findings(report)]
    needed = report.gap("g", "equalized_odds").needed_n
    assert f"About {needed} positives and as many negatives in each group would be" in text


def test_weighted_rows_are_asked_for_by_their_effective_number() -> None:
    """On old code about 247 positives, where 300 are, of less weight."""
    counts = {"a": (270, 300, 9, 20), "b": (258, 300, 9, 20)}
    report = audited(counts, gaps=["tpr"], weighted=True)
    (text,) = [finding.text for finding in api.fairness_findings(report)]
    needed = report.gap("g", "tpr").needed_n
    assert needed is not None
    assert needed <= 300
    assert needed > report.table("g").rate("a", "tpr").n_effective
    assert f"About {needed} effective positives in each group" in text


def test_more_rows_than_are_there() -> None:
    report = audited({"a": (2400, 4000, 9, 20), "b": (1500, 3000, 9, 20)}, gaps=["tpr"])
    (gap,) = [finding.text for finding in api.fairness_findings(report)]
    assert "That is too near to 10 points to tell whether it exceeds them (p 1 if" in gap
    assert "would be enough" not in gap
    assert "the nearer a gap lies to the tolerance, the more it takes." in gap


def test_ends_of_intervals_say_on_which_side_of_the_tolerance_they_lie() -> None:
    """On old code −10 beside a tolerance of 10 points, where it was −10.4."""
    report = audited({"a": (640, 1000, 9, 20), "b": (600, 1000, 9, 20)}, gaps=["tpr"])
    gap, pair = report.gap("g", "tpr"), report.pairs[0]
    near = {"low": 0.012, "high": 0.104}
    just = replace(report, gaps=(replace(gap, **near, p_pass=0.06),))
    (finding,) = api.fairness_findings(just)
    assert "95% interval 1 to 10.4." in finding.text
    assert "1.2 to 10.4 points" in just.gaps[0].reason
    inside = replace(report, gaps=(replace(gap, low=0.0, high=0.09996, p_pass=0.04),))
    (finding,) = api.fairness_findings(inside)
    assert "95% interval 0 to 9.996." in finding.text
    assert "0.0 to 9.996 points" in inside.gaps[0].reason
    on = replace(report, gaps=(replace(gap, low=0.0, high=0.1),))
    assert "95% interval 0 to 10." in api.fairness_findings(on)[0].text
    block = report.against("g", "tpr")
    assert block is not None
    wide = replace(block, low=np.array([-0.104]), high=np.array([0.096]), groups=(pair.group,))
    (text,) = [each.text for each in api.fairness_comparisons(replace(report, comparisons=(wide,)))]
    assert "95% interval −10.4 to +9.6 (" in text


def test_who_agrees_is_named_beside_who_is_not_covered() -> None:
    """On old code "The compared groups agree", after the left-out group as an end of the gap."""
    same = (900, 1000, 9, 20)
    report = audited({"A": same, "D": same, "C": (9, 9, 9, 20)}, gaps=["tpr"])
    (text,) = [finding.text for finding in api.fairness_findings(report)]
    assert "A and D agree within 10 points. Not covered: C (9 positives, fewer than 10; " in text
    many = audited({**dict.fromkeys("ABDEF", same), "C": (9, 9, 9, 20)}, gaps=["tpr"])
    assert "A, B, D and 2 more agree within 10 points. " in many.gap("g", "tpr").coverage


def test_one_row_is_one_row(capfd, write) -> None:
    """On old code "1 positives" and "1 rows"."""
    report = audited({"a": (90, 100, 9, 20), "b": (90, 100, 9, 20), "c": (1, 1, 9, 20)})
    said = " ".join(finding.text for finding in api.fairness_findings(report))
    assert "c (1 positive, fewer than 10; " in said
    assert "1 positives" not in said
    path = write({"g": ["a"], "p": [1]})
    status, out, err = here(
        capfd, "fairness", path, "--no-labels", "--y-pred", "p", "--group", "g", "--min-n", "1",
        "--positive", "1",
    )  # fmt: skip
    assert status == 0, err
    assert "table.csv: 1 row, binary; " in out
    assert "groups of fewer than 1 row below the line are small" in out
