"""Exports: the audit tables of Local Law 144, cells that are no formulas, sentences."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core import api
from core.contracts import FairnessReport, TableSource
from core.errors import InputError
from core.settings import settings

ROOT = Path(__file__).resolve().parents[2]
RACES = {
    "Hispanic": (18, 28),
    "White": (15, 40),
    "Black": (16, 32),
    "NHPI": (5, 8),
    "Asian": (10, 24),
}
SEXES = {"male": (50, 92), "female": (34, 76)}


def people(counts: dict[str, tuple[int, int]], column: str) -> dict[str, list[object]]:
    names, selected = [], []
    for name, (k, n) in counts.items():
        names += [name] * n
        selected += [1] * k + [0] * (n - k)
    return {column: names, "p": selected}


def ratios(report: FairnessReport) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(api.local_law_144_csv(report).decode()))
    return {row["Category"]: row["Impact ratio"] for row in rows}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (SEXES, {"male": "1.00", "female": "0.82"}),
        (
            RACES,
            {"Hispanic": "1.00", "White": "0.58", "Black": "0.78", "NHPI": "0.97", "Asian": "0.65"},
        ),
    ],
)
def test_local_law_144_example(counts: dict, expected: dict[str, str]) -> None:
    """REFERENCES."""
    report = api.audit_columns(people(counts, "who"), prediction="p", groups=["who"])
    assert {k: v for k, v in ratios(report).items() if k != "Unknown"} == expected
    rows = {row.category: row for row in api.local_law_144(report)}
    for name, (k, n) in counts.items():
        assert (rows[name].selected, rows[name].n) == (k, n)
        assert rows[name].rate == pytest.approx(k / n)


def test_unknown_and_small_categories() -> None:
    counts = {"a": (300, 500), "b": (200, 480), "tiny": (15, 15), "": (4, 7)}
    report = api.audit_columns(people(counts, "race"), prediction="p", groups=["race"])
    rows = {row.category: row for row in api.local_law_144(report)}
    assert rows["a"].impact_ratio == 1, "tiny selects everybody, but is under 2 %"
    assert math.isnan(rows["tiny"].impact_ratio)
    assert rows["tiny"].rate == 1
    assert "under 2 %" in rows["tiny"].note
    assert (rows["Unknown"].n, math.isnan(rows["Unknown"].rate)) == (7, True)
    assert "unknown" in rows["Unknown"].note
    assert list(rows)[-1] == "Unknown"


def test_intersections_and_scores() -> None:
    rng = np.random.default_rng(0)
    table = {
        "sex": rng.choice(["f", "m"], 400), "race": rng.choice(["a", "b", ""], 400),
        "s": rng.random(400),
    }  # fmt: skip
    report = api.audit_columns(table, score="s", groups=["sex", "race"], intersections=True)
    rows = api.local_law_144(report, basis="scoring")
    assert {row.attribute for row in rows} == {"sex", "race", "sex×race"}
    for attribute in ("sex", "race", "sex×race"):
        own = [row for row in rows if row.attribute == attribute]
        assert sum(row.n for row in own) == 400
        assert max(row.impact_ratio for row in own if row.impact_ratio == row.impact_ratio) == 1
    header = api.local_law_144_csv(report, basis="scoring").decode().splitlines()[0]
    assert (
        header == "Attribute,Category,# of applicants,# above median,Scoring rate,Impact ratio,Note"
    )
    plain = api.audit_columns(people(SEXES, "sex"), prediction="p", groups=["sex"])
    with pytest.raises(InputError, match="scoring_rate"):
        api.local_law_144(plain, basis="scoring")


FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(A1)", "\tx", '=HYPERLINK("http://x")')


def test_formulas_are_escaped_and_nothing_is_lost() -> None:
    rng = np.random.default_rng(0)
    names = [*FORMULAS, "plain", "-5"]
    table = {
        "=cmd|' /C calc'!A0": rng.choice(names, 800),
        "y": rng.integers(0, 2, 800),
        "p": rng.integers(0, 2, 800),
    }
    report = api.audit_columns(table, label="y", prediction="p", groups=["=cmd|' /C calc'!A0"])
    for content in (
        api.fairness_csv(report), api.fairness_csv(report, "gaps"), api.local_law_144_csv(report),
    ):  # fmt: skip
        for row in csv.reader(io.StringIO(content.decode())):
            for cell in row:
                numeric = cell.lstrip("-").replace(".", "").replace("e-", "").isdigit()
                assert numeric or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    held = pq.read_table(io.BytesIO(api.fairness_parquet(report))).to_pylist()
    assert {"=1+1", "@SUM(A1)"} <= {row["group"] for row in held}, "Parquet keeps names as they are"
    assert len(held) == len(report.overall.metrics) * (1 + len(report.tables[0].groups))


def test_the_whole_report_as_json(biased) -> None:
    report = api.audit_columns(biased, label="y", score="s", groups=["sex"])
    document = json.loads(api.fairness_json(report))
    assert document["rules"]["tolerance"] == 0.1
    assert document["gaps"][0]["verdict"] == report.gaps[0].verdict
    assert len(document["curves"][1]["thresholds"]) == len(report.curves[1].thresholds)
    assert document["tables"][0]["value"][0][0] == report.tables[0].value[0, 0]
    assert {i["index"] for i in document["inequality"]} == {"theil", "generalized_entropy"}


def test_a_report_survives_the_store(biased) -> None:
    report = api.audit_columns(biased, label="y", score="s", groups=["sex", "city"])
    again = FairnessReport.from_artefact(report.to_artefact())
    assert api.fairness_json(again) == api.fairness_json(report)
    assert again.pairs == report.pairs
    assert again.gap("sex", "tpr") == report.gap("sex", "tpr")


def test_findings_are_sentences(biased) -> None:
    report = api.audit_columns(biased, label="y", score="s", groups=["sex", "city"])
    findings = api.fairness_findings(report)
    assert len(findings) == len(report.gaps)
    verdicts = [f.verdict for f in findings]
    order = ["flag", "insufficient evidence", "pass", "excluded"]
    assert [order.index(v) for v in verdicts] == sorted(order.index(v) for v in verdicts)
    (tpr,) = [f.text for f in findings if (f.attribute, f.metric) == ("sex", "tpr")]
    rates = [report.tables[0].rate(g, "tpr") for g in "fm"]
    for rate in rates:
        assert f"{rate.k:.0f} of {rate.n:.0f}" in tpr
    gap = report.gap("sex", "tpr")
    assert f"The gap is {100 * gap.difference:.0f} points" in tpr
    assert f"95% interval {100 * gap.low:.0f} to {100 * gap.high:.0f}" in tpr
    assert "adjusted over 16 gaps" in tpr
    for finding in findings:
        if finding.verdict == "insufficient evidence":
            assert "not enough to tell" in finding.text


def test_the_word_is_never_said() -> None:
    """No audit can certify; nothing here says that it does."""
    files = [*(ROOT / "core" / "fairness").rglob("*.py"), *(ROOT / "core").rglob("_fairness*.py")]
    assert len(files) > 30
    for file in files:
        assert "complian" not in file.read_text(encoding="utf-8").lower(), file


@pytest.mark.usefixtures("own_home")
def test_held_tables(biased, write) -> None:
    data = write(biased, "x.csv").read_bytes()
    source = api.hold_table(data, name="../../My people.CSV")
    path = Path(source.path)
    assert path.parent == settings().root / "tables"
    assert path.name == f"{source.sha256}.csv"
    assert source.name == "../../My people.CSV"
    assert api.hold_table(data, name="other.csv").path == source.path
    preview = api.preview_table(source)
    assert preview.names == ("sex", "city", "y", "s", "p")
    assert len(preview.rows) == 5
    assert preview.rows[0][0] in ("f", "m")
    report = api.fairness(source, label="y", prediction="p", groups=["sex"])
    assert report.source == "../../My people.CSV"
    api.release_table(source)
    assert not path.exists()
    mine = write(biased, "mine.csv")
    api.release_table(TableSource("mine", str(mine), ""))
    assert mine.exists(), "only held tables are deleted"
    for name, content, words in (
        ("a.exe", b"x", r"csv, \.tsv, \.txt, \.parquet or"), ("a.csv", b"", "empty"),
        ("a.parquet", b"PAR", "no Parquet"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            api.hold_table(content, name=name)
    assert not list((settings().root / "tables").iterdir()), "what cannot be read is not held"


def test_held_tables_go_after_a_day(biased, write) -> None:
    import os

    first = api.hold_table(write(biased, "a.csv").read_bytes(), name="a.csv")
    os.utime(first.path, (0, 0))
    second = api.hold_table(write({"y": [0, 1]}, "b.csv").read_bytes(), name="b.csv")
    assert not Path(first.path).exists()
    assert Path(second.path).exists()
    api.release_table(second)
