"""Columns with types give the groups and decisions that a CSV of the same data gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import api
from core.contracts import FairnessReport
from core.errors import InputError
from tests.fairness.conftest import Write

KINDS = ("float16", "float32", "float64")


def columns(kind: str) -> dict[str, npt.NDArray[np.generic]]:
    """Return 600 rows whose scores are tenths, each many times."""
    rng = np.random.default_rng(3)
    score = rng.integers(0, 11, 600) / 10
    return {
        "sex": np.array(["f", "m"])[rng.integers(0, 2, 600)],
        "y": (rng.random(600) < score).astype(int),
        "s": score.astype(kind),
    }


def as_text(given: dict[str, npt.NDArray[np.generic]]) -> dict[str, list[str]]:
    return {name: [str(cell) for cell in cells] for name, cells in given.items()}


def selected(report: FairnessReport) -> dict[str, float]:
    rates = {g: report.table("sex").rate(g, "selection_rate").k for g in "fm"}
    return rates | {"all": report.overall.rate("all", "selection_rate").k}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.7, 0.7501, 0.8])
def test_the_same_rows_as_the_text(write: Write, kind: str, threshold: float) -> None:
    given = columns(kind)
    options: dict[str, Any] = {
        "label": "y",
        "score": "s",
        "groups": ["sex"],
        "threshold": threshold,
    }
    binary = api.fairness(write(given, "t.parquet"), **options)
    text = api.fairness(write(as_text(given), "t.csv"), **options)
    assert selected(binary) == selected(text)
    right = sum(float(cell) >= threshold for cell in as_text(given)["s"])
    assert selected(binary)["all"] == right
    assert binary.columns.threshold == threshold, "told as it was asked"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threshold", [0.7, 0.8])
def test_mitigation_begins_from_the_same_decisions(
    write: Write, kind: str, threshold: float
) -> None:
    given = columns(kind)
    options: dict[str, Any] = {
        "label": "y",
        "score": "s",
        "groups": ["sex"],
        "threshold": threshold,
    }
    options |= {"attribute": "sex", "constraint": "tpr"}
    binary = api.mitigate(write(given, "t.parquet"), **options)
    text = api.mitigate(write(as_text(given), "t.csv"), **options)
    assert selected(binary.before) == selected(text.before)
    assert selected(binary.after) == selected(text.after)


@pytest.mark.parametrize("kind", KINDS)
def test_a_threshold_that_is_moved_reaches_the_same(write: Write, kind: str) -> None:
    given = columns(kind)
    options: dict[str, Any] = {"label": "y", "score": "s", "groups": ["sex"], "threshold": 0.5}
    binary = api.fairness(write(given, "t.parquet"), **options)
    (curves,) = [each for each in binary.curves if each.attribute == "sex"]
    for threshold in (0.3, 0.6, 0.7, 0.75):
        moved = api.threshold_effect(curves, {"f": threshold, "m": threshold})
        right = sum(float(cell) >= threshold for cell in as_text(given)["s"])
        assert moved.overall.rate("all", "selection_rate").k == right


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cuts", [(0.3, 0.7), (0.1, 0.6, 0.8), 4, 3])
def test_cuts_are_those_of_the_text(write: Write, kind: str, cuts: Any) -> None:
    given = columns(kind)
    options: dict[str, Any] = {
        "label": "y", "score": "s", "groups": ["s"], "bins": {"s": cuts}
    }  # fmt: skip
    binary = api.fairness(write(given, "t.parquet"), **options).tables[0]
    text = api.fairness(write(as_text(given), "t.csv"), **options).tables[0]
    memory = api.audit_columns(pa.table(given), **options).tables[0]
    assert binary.groups == text.groups == memory.groups
    assert binary.n.tolist() == text.n.tolist() == memory.n.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_groups_have_the_names_of_the_text(write: Write, kind: str) -> None:
    given = columns(kind)
    options: dict[str, Any] = {"label": "y", "score": "s", "groups": ["s"]}
    for report in (
        api.fairness(write(given, "t.parquet"), **options),
        api.audit_columns(pa.table(given), **options),
    ):
        assert set(report.tables[0].groups) == {"0", "1", *(f"0.{i}" for i in range(1, 10))}


def test_half_precision_has_the_fewest_digits(write: Write) -> None:
    cells = np.arange(0, 0x3C01, 77, dtype=np.uint16).view(np.float16)  # of [0, 1]
    given = {"s": np.resize(cells, 400), "y": np.resize([0, 1, 1], 400)}
    (curve,) = api.fairness(
        write({**given, "g": given["y"]}, "t.parquet"), label="y", score="s", groups=["g"]
    ).curves[:1]
    assert curve.thresholds.tolist() == [float(str(cell)) for cell in np.unique(cells)]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "+05:30", "-03:00"])
def test_times_with_a_zone_are_binned_by_its_clock(write: Write, zone: str) -> None:
    start = datetime(2026, 1, 31, 12, tzinfo=UTC)
    moments = pa.array([start + timedelta(hours=i) for i in range(48)], pa.timestamp("us", zone))
    given = {"y": [i % 2 for i in range(48)], "p": [i // 2 % 2 for i in range(48)]}
    options: dict[str, Any] = {
        "label": "y", "prediction": "p", "groups": ["day"], "bins": {"day": "month"}
    }  # fmt: skip
    text = [cell.isoformat(" ") for cell in moments.to_pylist()]
    told = api.fairness(write({**given, "day": text}, "t.csv"), **options).tables[0]
    table = pa.table({**given, "day": moments})
    path = write(given, "t.parquet")
    pq.write_table(table, path)
    for report in (api.fairness(path, **options), api.audit_columns(table, **options)):
        assert report.tables[0].groups == told.groups == ("2026-01", "2026-02")
        assert report.tables[0].n.tolist() == told.n.tolist()


def test_durations_are_no_groups(write: Write) -> None:
    table = pa.table(
        {"y": [0, 1] * 9, "p": [0, 1, 1] * 6, "d": pa.array([1, 2] * 9, pa.duration("s"))}
    )
    path = write({"y": [0]}, "t.parquet")
    pq.write_table(table, path)
    options: dict[str, Any] = {"label": "y", "prediction": "p", "groups": ["d"]}
    with pytest.raises(InputError, match=r"'d' holds .*durations"):
        api.fairness(path, **options)
    with pytest.raises(InputError, match=r"'d' holds .*durations"):
        api.audit_columns(table, **options)
