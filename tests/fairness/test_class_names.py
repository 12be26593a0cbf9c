"""Classes and conditions may be called anything: their names are never taken apart."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from core import api
from core.contracts import FairnessReport, MetricName
from core.errors import InputError
from tests.fairness.conftest import Write

PLAIN = ("kind1", "kind2", "kind3")
ODD = [
    ("a|b", "b", "c"), ("[", "]", "tpr[x]"), ("a,b", 'q"q', "a;b"), ("line\nbreak", "tab\tb", "c"),
    ("accuracy|day", "selection_rate", "tpr[a|b]|c"), ("×", "a×b", "="), ("$x$", ":red[x]", "<b>"),
]  # fmt: skip
CONDITIONS = ("day", "tpr[x]", "a|b", "a,b [c] | d")


def audited(
    write: Write, names: tuple[str, ...], condition: str = "day", **options: object
) -> FairnessReport:
    rng = np.random.default_rng(4)
    n = 300
    label, said = rng.integers(0, 3, n), rng.integers(0, 3, n)
    table = {
        "y": [names[i] for i in label], "p": [names[i] for i in said],
        "g": rng.choice(["u", "v"], n), condition: rng.choice(["1", "2"], n),
    }  # fmt: skip
    return api.fairness(
        write(table), label="y", prediction="p", groups=["g"], condition=condition, **options
    )


def figures(report: FairnessReport, names: tuple[str, ...]) -> list[tuple[object, ...]]:
    order = {name: i for i, name in enumerate(names)}
    found = [
        (gap.name.base, order.get(gap.name.of, -1), bool(gap.name.given), round(gap.difference, 12),
         round(gap.p_flag, 12), gap.verdict)
        for gap in report.gaps
    ]  # fmt: skip
    return sorted(found, key=repr)


@pytest.mark.parametrize("names", ODD)
@pytest.mark.parametrize("condition", CONDITIONS[:2])
def test_odd_names_of_classes_change_no_figure(
    names: tuple[str, ...], condition: str, write: Write
) -> None:
    plain = audited(write, PLAIN)
    # The family draws its null per family size, so that the order of gaps plays no part.
    odd = audited(write, names, condition)
    assert {f[:4] for f in figures(odd, names)} == {f[:4] for f in figures(plain, PLAIN)}
    said = "\n".join(finding.text for finding in api.fairness_findings(odd))
    assert all(f"“{name}”" in said for name in names)
    rows = list(csv.DictReader(io.StringIO(api.fairness_csv(odd, "gaps").decode())))
    assert {f"tpr[{name}]" for name in names} <= {row["metric"].lstrip("'") for row in rows}
    json.loads(api.fairness_json(odd))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_odd_names_of_conditions_change_no_figure(condition: str, write: Write) -> None:
    odd = audited(write, PLAIN, condition)
    assert figures(odd, PLAIN) == figures(audited(write, PLAIN), PLAIN)
    (within,) = [gap for gap in odd.gaps if gap.name.given]
    assert within.name == MetricName("accuracy", given=condition)


def test_a_gap_of_an_odd_class_can_be_asked_for(write: Write) -> None:
    found = audited(write, ("a|b", "c[d]", "e"), gaps=["tpr[a|b]", "fpr[c[d]]"])
    assert [gap.metric for gap in found.gaps if not gap.name.given] == ["tpr[a|b]", "fpr[c[d]]"]
    with pytest.raises(InputError):
        audited(write, PLAIN, gaps=["tpr[kind1"])


@pytest.mark.parametrize("name", [name for names in ODD for name in names])
def test_a_metrics_name_goes_there_and_back(name: str) -> None:
    for asked in (MetricName("tpr", of=name), MetricName("selection_rate", given=name)):
        assert MetricName.parse(asked.text) == asked


def _told(item: object) -> list[dict[str, object]]:
    """Every part of a document that names a metric."""
    if isinstance(item, dict):
        own = [item] if isinstance(item.get("metric"), str) else []
        return own + [found for part in item.values() for found in _told(part)]
    return [found for part in item for found in _told(part)] if isinstance(item, list) else []


@pytest.mark.parametrize("names", [PLAIN, *ODD])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_class_and_condition_are_fields_of_every_export(
    write: Write, names: tuple[str, ...], condition: str
) -> None:
    report = audited(write, names, condition)
    document = api.fairness_document(report)
    whole = json.loads(api.fairness_json(report))
    told = _told(document) + _told(whole)
    assert len(told) >= 2 * (len(report.gaps) + len(report.pairs))
    for each in told:
        assert each["metric"] == _text(each)
        assert {each["class"]} <= {None, *names}
        assert {each["condition"]} <= {None, condition}
    assert {each["class"] for each in told} >= set(names)
    assert {each["condition"] for each in told} == {None, condition}
    for group in document["groups"]:
        for metric, rate in group["rates"].items():
            assert metric == _text(rate)
    for table in (*whole["tables"], whole["overall"]):
        assert [_text(each) for each in table["metric_fields"]] == table["metrics"]


@pytest.mark.parametrize("names", [PLAIN, *ODD])
@pytest.mark.parametrize("part", ["rates", "gaps", "pairs"])
def test_class_and_condition_are_columns_of_every_download(
    write: Write, names: tuple[str, ...], part: str
) -> None:
    report = audited(write, names, "tpr[x]")
    rows = pq.read_table(io.BytesIO(api.fairness_parquet(report, part))).to_pylist()
    assert rows
    for row in rows:
        assert row["metric"] == _text(row)
        assert row["class"] in ("", *names)
    text = api.fairness_csv(report, part).decode()
    header, *lines = csv.reader(io.StringIO(text, newline=""))
    assert header[-3:] == ["metric_id", "class", "condition"]
    assert len(lines) == len(rows)
    assert [line[header.index("metric_id")] for line in lines] == [r["metric_id"] for r in rows]


def _text(named: dict[str, object]) -> str:
    return MetricName(
        str(named["metric_id"]), of=str(named["class"] or ""), given=str(named["condition"] or "")
    ).text
