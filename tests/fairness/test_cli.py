"""``fairness``, ``slices``, ``mitigate``: what they print, write and refuse."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core import api
from core.cli import main
from core.contracts import FairnessReport
from core.fairness.metrics.registry import METRICS

ROOT = Path(__file__).resolve().parents[2]
MAPPED = ("--y-true", "y", "--y-pred", "p", "--group", "sex", "--group", "city")


def here(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run a command in this process: status, stdout, stderr."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    told = capfd.readouterr()
    return int(left.value.code or 0), told.out, told.err


NAMED = ("metric_id", "class", "condition")


def document(capfd: pytest.CaptureFixture[str], *arguments: object) -> dict:
    status, out, err = here(capfd, *arguments, "--json")
    assert status == 0, err
    assert out.count("\n") == 1, "exactly one document"
    return json.loads(out)


def test_the_document(capfd, write, biased) -> None:
    path = write(biased)
    found = document(capfd, "fairness", path, *MAPPED, "--intersections")
    assert set(found) == {
        "n", "rows", "groups", "gaps", "pairs", "p_of", "unknown", "looks"
    }  # fmt: skip
    assert set(found["p_of"]) == {"p", "p_adjusted", "p_flag", "p_pass"}
    assert found["n"] == 2400
    assert found["unknown"] == {"sex": 0, "city": 0}
    names = [(g["attribute"], g["group"]) for g in found["groups"]]
    assert names == [
        ("sex", "f"), ("sex", "m"), ("city", "A"), ("city", "B"), ("city", "C"),
        *[("sex×city", f"{s}×{c}") for s in "fm" for c in "ABC"],
    ]  # fmt: skip
    for group in found["groups"]:
        assert set(group) == {"attribute", "group", "n", "rates"}
        tpr = group["rates"]["tpr"]
        assert set(tpr) == {"k", "n", "value", "low", "high", *NAMED}
        assert tpr["value"] == tpr["k"] / tpr["n"]
        assert isinstance(tpr["k"], int)
        assert group["rates"]["accuracy"]["n"] == group["n"]
        assert group["rates"]["f1"]["k"] is None
        assert set(group["rates"]) <= set(METRICS)
    for gap in found["gaps"]:
        assert set(gap) == {
            "attribute", "metric", "difference", "ratio", "low", "high", "p", "p_adjusted",
            "p_flag", "p_pass", "verdict", "reason", "groups", "excluded", "highest", "lowest",
            "needed_n", *NAMED,
        }  # fmt: skip
    first = found["pairs"][0]
    assert set(first) == {
        "attribute", "metric", "groups", "reference", "difference", "low", "high", "p", "p_flag",
        "p_pass", "verdict", "excluded", *NAMED,
    }  # fmt: skip
    assert (first["attribute"].startswith("sex"), first["verdict"]) == (True, "flag")
    kinds = {pair["reference"] for pair in found["pairs"]}
    assert kinds == {"largest", "rest"}
    assert all(one != other for one, other in (pair["groups"] for pair in found["pairs"]))
    own = (biased["sex"] == "f") & (biased["y"] == 1)
    assert found["groups"][0]["rates"]["tpr"]["k"] == (own & (biased["p"] == 1)).sum()
    flagged = {(g["attribute"], g["metric"]) for g in found["gaps"] if g["verdict"] == "flag"}
    assert ("sex", "tpr") in flagged
    assert all(attribute != "city" for attribute, _ in flagged)
    assert document(capfd, "fairness", path, *MAPPED, "--intersections") == found


def test_csv_and_parquet_say_the_same(capfd, write, biased) -> None:
    one, other = (
        document(capfd, "fairness", write(biased, name), "--y-true", "y", "--score", "s",
                 "--threshold", "0.5", "--group", "sex")
        for name in ("t.csv", "t.parquet")
    )  # fmt: skip
    assert one["groups"][0]["rates"]["auc"]["value"] == pytest.approx(
        other["groups"][0]["rates"]["auc"]["value"]
    )
    assert [g["verdict"] for g in one["gaps"]] == [g["verdict"] for g in other["gaps"]]


def test_what_is_not_estimable_is_null_with_a_reason(capfd, write) -> None:
    table = {"y": [0, 1] * 20 + [0] * 20, "p": [0, 1] * 20 + [0] * 20, "g": ["a"] * 40 + ["b"] * 20}
    found = document(
        capfd, "fairness", write(table), "--y-true", "y", "--y-pred", "p", "--group", "g"
    )
    tpr = found["groups"][1]["rates"]["tpr"]
    assert tpr == {
        "metric_id": "tpr", "class": None, "condition": None,
        "k": 0, "n": 0, "value": None, "low": None, "high": None,
        "reason": "Not estimable: no positives.",
    }  # fmt: skip
    (gap,) = [g for g in found["gaps"] if g["metric"] == "tpr"]
    assert (gap["verdict"], gap["p"], gap["difference"]) == ("excluded", None, None)
    assert "0 positives, fewer than 10" in gap["reason"]


def test_weights_show_their_effective_number(capfd, write, biased) -> None:
    table = biased | {"w": [1.0, 4.0] * 1200}
    found = document(capfd, "fairness", write(table), *MAPPED, "--weights", "w")
    rate = found["groups"][0]["rates"]["tpr"]
    assert rate["n_effective"] < rate["n"]
    assert isinstance(found["groups"][0]["n"], int)


def test_options_reach_the_rules(capfd, write, biased) -> None:
    path = write(biased)
    loose = document(capfd, "fairness", path, *MAPPED, "--tolerance", "0.6", "--gap", "tpr")
    assert [g["metric"] for g in loose["gaps"]] == ["tpr", "tpr"]
    assert loose["gaps"][0]["verdict"] == "pass"
    strict = document(capfd, "fairness", path, *MAPPED, "--min-n", "600", "--gap", "tpr")
    assert strict["gaps"][0]["verdict"] == "flag", "small groups are tested, not dropped"
    assert strict["gaps"][0]["excluded"] == {}
    assert (strict["gaps"][1]["verdict"], strict["gaps"][1]["excluded"]) == ("pass", {})
    narrow = document(capfd, "fairness", path, *MAPPED, "--alpha", "0.5", "--gap", "tpr")
    assert narrow["gaps"][0]["low"] > loose["gaps"][0]["low"]


def test_files(capfd, write, biased, tmp_path: Path) -> None:
    rates, gaps, whole, law = (tmp_path / n for n in ("r.csv", "g.parquet", "w.json", "l.csv"))
    path = write(biased)
    for options in (("--out", rates, "--gaps-out", gaps, "--local-law-144", law), ("--out", whole)):
        status, _, err = here(capfd, "fairness", path, *MAPPED, *options)
        assert status == 0, err
    assert rates.read_text().startswith("attribute,group,rows,metric,k,n,")
    assert pq.read_table(gaps).num_rows == 14
    assert json.loads(whole.read_text())["n"] == 2400
    assert "Impact ratio" in law.read_text()


def test_figures_for_people(capfd, write, biased) -> None:
    status, out, _ = here(capfd, "fairness", write(biased), *MAPPED)
    assert status == 0
    lines = out.splitlines()
    assert lines[0].startswith("table.csv: 2400 rows, binary; α 0.05, tolerance 0.1")
    assert any(
        line.startswith("✗ flag: Equal opportunity: of the positives with sex f") for line in lines
    )
    assert any(line.startswith("? insufficient evidence") for line in lines)


def test_slices(capfd, write, biased) -> None:
    found = document(capfd, "slices", write(biased), *MAPPED, "--metric", "tpr", "--depth", "2")
    assert found["n_slices"] == 2 + 3 + 6
    assert found["slices"][0]["slice"].startswith(("sex=f", "city"))
    assert found["slices"][0]["verdict"] == "flag"
    status, out, _ = here(capfd, "slices", write(biased), *MAPPED)
    assert status == 0
    assert "11 slices of up to 3 conditions" in out


def test_mitigate(capfd, write, biased) -> None:
    arguments = ("mitigate", write(biased), "--y-true", "y", "--score", "s", "--threshold", 0.5,
                 "--group", "sex", "--attribute", "sex", "--tolerance", 0.05)  # fmt: skip
    found = document(capfd, *arguments)
    assert set(found["thresholds"]) == {"f", "m"}
    assert found["thresholds"]["f"] < found["thresholds"]["m"]
    before, after = ({g["metric"]: g for g in found[w]["gaps"]} for w in ("before", "after"))
    assert after["tpr"]["difference"] < before["tpr"]["difference"] / 2
    status, out, _ = here(capfd, *arguments)
    assert status == 0
    assert "tpr" in out
    assert "→" in out


def test_a_gap_that_passes_over_uncertain_pairs_is_explained(capfd, write) -> None:
    rows = np.arange(25 * 400)
    table = {"sex": np.char.mod("g%02d", rows // 400), "y": rows // 2 % 2, "p": rows % 2}
    options = ("--group", "sex", "--gap", "tpr", "--tolerance", "0.12")
    _, out, _ = here(capfd, "fairness", write(table), "--y-true", "y", "--y-pred", "p", *options)
    assert "✓ pass: Equal opportunity" in out
    assert "? insufficient evidence: Equal opportunity" in out
    assert "adjusted over all 49 of them, cannot be told from the tolerance." in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--y-pred", "p", "--group", "sex"), "--y-true COL"),
        (("--y-true", "y", "--no-labels", "--y-pred", "p", "--group", "sex"), "--no-labels"),
        (("--y-true", "y", "--score", "s", "--group", "sex"), "--threshold T"),
        (("--y-true", "y", "--y-pred", "p", "--threshold", "1", "--group", "sex"), "--threshold"),
        (("--y-true", "y", "--group", "sex"), "--y-pred"),
        (("--y-true", "y", "--y-pred", "p"), "--group"),
        (("--y-true", "z", "--y-pred", "p", "--group", "sex"), "no column 'z'"),
        (("--y-true", "y", "--y-pred", "p", "--group", "sex", "--bin", "sex"), "--bin takes"),
        (("--y-true", "y", "--y-pred", "p", "--group", "sex", "--bin", "sex=3"), "row 1"),
        (("--model", "m", "--y-true", "y", "--y-pred", "p", "--group", "sex"), "--dataset"),
        (("--y-true", "y", "--y-pred", "p", "--group", "sex", "--out", "x.txt"), "x.txt"),
        (("--y-true", "y", "--y-pred", "p", "--group", "sex", "--adjust", "none"), "holm, bh"),
    ],
)
def test_refused_in_one_line(capfd, write, biased, arguments: tuple, words: str) -> None:
    status, out, err = here(capfd, "fairness", write(biased), *arguments, "--json")
    assert status == 2
    assert out == ""
    (line,) = err.strip().splitlines()
    assert line.startswith("error: ")
    assert words in line


def test_no_table_and_no_dataset(capfd) -> None:
    status, _, err = here(capfd, "fairness", "--group", "sex")
    assert status == 2
    assert "Expected a prediction table, or a model on a dataset" in err


def test_the_command_of_a_report_repeats_it(write, biased, tmp_path: Path) -> None:
    """Also: from the shell, with a table of an awkward name."""
    table = biased | {"age of person": list(range(2400)), "w": [1.0, 2.0] * 1200}
    report = api.fairness(
        write(table, "my 'people'.csv"), label="y", score="s", threshold=0.4,
        groups=["sex", "age of person"], bins={"age of person": 3}, intersections=True,
        weight="w", positive="1", condition="city", tolerance=0.07, min_n=12, adjust="bh",
        gaps=["tpr", "precision"], seed=5,
    )  # fmt: skip
    words = shlex.split(report.command)
    assert words[:4] == ["python", "-m", "core", "fairness"]
    done = subprocess.run(
        [sys.executable, *words[1:], "--json"], cwd=ROOT, capture_output=True, text=True,
        timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("looks")["number"] == 1
    assert found == api.fairness_document(report)
    assert isinstance(report, FairnessReport)
