"""Classes and conditions may be called anything: their names are never taken apart."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
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
