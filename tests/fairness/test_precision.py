"""Scores of half and single precision: the same rows are positive as in a CSV of the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from core import api
from core.contracts import FairnessReport
from core.fairness.precision import narrow_columns, reached_from
from tests.fairness.conftest import Write

KINDS = ("float16", "float32", "float64")
THRESHOLDS = (0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.7001, 0.75000001, 0.7501, 0.8, 0.9, 1.0)


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


@pytest.mark.parametrize("kind", ["float32", "float64"])
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
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_the_least_number_that_reaches_a_threshold(kind: str, threshold: float) -> None:
    least = np.dtype(kind).type(reached_from(threshold, kind))
    assert float(least) == reached_from(threshold, kind), "a number of that precision"
    assert Fraction(str(least)) >= Fraction(repr(threshold))
    below = np.nextafter(least, least.dtype.type(-1))
    assert Fraction(str(below)) < Fraction(repr(threshold))


@pytest.mark.parametrize("threshold", [-1.0, 1.5, 1e300, float("inf")])
def test_a_threshold_outside_stays(threshold: float) -> None:
    assert reached_from(threshold, "float16") == threshold


def test_columns_of_less_than_double_precision() -> None:
    kinds = {"h": pa.float16(), "f": pa.float32(), "d": pa.float64(), "i": pa.int8()}
    kinds |= {"coded": pa.dictionary(pa.int32(), pa.float32()), "t": pa.string()}
    assert narrow_columns(pa.schema(list(kinds.items()))) == {
        "h": "float16", "f": "float32", "coded": "float32"
    }  # fmt: skip
