"""Counts: against a plain group-by, with weights, bins, missing values and odd spellings."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.contracts import TableColumns, groups_in_order
from core.fairness.counting.count import count
from core.fairness.counting.counted import attribute_sets
from core.fairness.reading.bins import Cuts
from core.fairness.reading.rows import open_columns, open_table
from core.tabular.values import class_text, group_text
from tests.fairness.tables import random_table

COLUMNS = TableColumns(label="y", prediction="p", groups=("g", "h"))


def cells_of(table: dict, columns: TableColumns, *, depth: int = 2) -> dict:
    with open_columns(pa.table(table), name="t") as rows:
        counted = count(rows, columns)
        sets = [(), *attribute_sets(len(columns.groups), depth=depth)]
        return counted.cells(sets)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_cells_are_those_of_a_group_by(classes: int, weighted: bool) -> None:
    table = random_table(3, n=700, classes=classes, weighted=weighted)
    table["h"] = np.random.default_rng(1).choice(["x", "y", "z"], 700)
    weight = {"weight": "w"} if weighted else {}
    found = cells_of(table, TableColumns(label="y", prediction="p", groups=("g", "h"), **weight))
    frame = pd.DataFrame(table).assign(one=1)
    w = frame["w"] if weighted else frame["one"]
    frame["weight"], frame["square"] = w, w**2
    for chosen, cells in found.items():
        by = ["g", "h"]
        by = [by[i] for i in chosen]
        for g, parts in enumerate(cells.parts):
            own = frame
            for name, value in zip(by, parts, strict=True):
                own = own[own[name] == value]
            for a, b in itertools.product(range(classes), repeat=2):
                cell = own[(own["y"] == a) & (own["p"] == b)]
                assert cells.n[g, a, b] == len(cell)
                assert cells.w[g, a, b] == pytest.approx(cell["weight"].sum())
                assert cells.w2[g, a, b] == pytest.approx(cell["square"].sum())
        assert cells.n.sum() == len(frame), "every row is in one group of each grouping"


def test_csv_parquet_and_memory_agree(write) -> None:
    table = random_table(5, n=500)
    columns = TableColumns(label="y", prediction="p", groups=("g",))
    held = cells_of(table, columns, depth=1)[(0,)]
    for name in ("t.csv", "t.parquet"):
        with open_table(write(table, name)) as rows:
            read = count(rows, columns).cells([(0,)])[(0,)]
        assert read.groups == held.groups
        assert (read.n == held.n).all()


def test_missing_values_are_a_group_of_their_own() -> None:
    table = {
        "y": [0, 1] * 4, "p": [0, 1] * 4,
        "g": ["a", None, "", "  ", "Unknown", "unknown", "NaN", "b"],
        "h": [1.0, 2.0, None, float("nan"), 1.0, 2.0, 1.0, 2.0],
    }  # fmt: skip
    found = cells_of(table, COLUMNS)
    assert found[(0,)].groups == ("a", "b", "Unknown")
    assert found[(0,)].n.sum(axis=(1, 2)).tolist() == [1, 1, 6]
    assert found[(1,)].groups == ("1", "2", "Unknown")
    assert found[(0,)].unknown.tolist() == [False, False, True]
    assert found[(0, 1)].groups == ("a×1", "b×2", "Unknown×1", "Unknown×2", "Unknown×Unknown")


def test_equal_values_spelt_differently_are_one_group() -> None:
    table = {
        "y": [0, 1, 0, 1],
        "p": [0.0, 1.0, 1.0, 1.0],
        "g": [" 1", "1.0", "1", "2"],
        "h": [True] * 4,
    }
    with open_columns(pa.table(table), name="t") as rows:
        counted = count(rows, COLUMNS)
        found = counted.cells([(0,), (1,)])
    assert found[(0,)].groups == ("1", "2")
    assert found[(0,)].n.tolist() == [[[1, 1], [0, 1]], [[0, 0], [0, 1]]]
    assert found[(1,)].groups == ("true",)
    assert counted.merged == ("In 'g', spellings taken for one group: ' 1', '1', '1.0'.",)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([0, 1], ("0", "1")),
        ([1.0, 0.0], ("0", "1")),
        ([-1, 1], ("-1", "1")),
        ([True, False], ("false", "true")),
        (["True", "False"], ("False".lower(), "true")),
        (["yes", "no"], ("no", "yes")),
        (["Negative", "Positive"], ("Negative", "Positive")),
    ],
)
def test_the_obvious_positive_class(values: list, classes: tuple[str, str]) -> None:
    table = {"y": values * 5, "p": values * 5, "g": ["a"] * 10, "h": ["b"] * 10}
    with open_columns(pa.table(table), name="t") as rows:
        assert count(rows, COLUMNS).classes.names == classes


def test_one_class_against_all_others() -> None:
    table = {"y": ["a", "b", "c"] * 4, "p": ["b", "b", "c"] * 4, "g": ["x"] * 12, "h": ["x"] * 12}
    columns = TableColumns(label="y", prediction="p", groups=("g",), positive="b")
    with open_columns(pa.table(table), name="t") as rows:
        counted = count(rows, columns)
        cells = counted.cells([()])[()]
    assert counted.classes.names == ("not b", "b")
    assert cells.n[0].tolist() == [[4, 4], [0, 4]]


def test_scores_from_the_threshold_on_are_positive() -> None:
    table = {"y": [0, 0, 1, 1], "s": [0.3, 0.5, 0.5, 0.7], "g": ["x"] * 4, "h": ["x"] * 4}
    for threshold, cells in ((0.5, [[1, 1], [0, 2]]), (0.500001, [[2, 0], [1, 1]])):
        columns = TableColumns(label="y", score="s", threshold=threshold, groups=("g",))
        with open_columns(pa.table(table), name="t") as rows:
            assert count(rows, columns).cells([()])[()].n[0].tolist() == cells


def test_bins() -> None:
    ages = [*range(100), None]
    table = {"y": [0, 1] * 50 + [0], "p": [0, 1] * 50 + [0], "g": ages, "h": ["x"] * 101}
    for cuts, groups, sizes in (
        ("4", ("< 25", "[25, 50)", "[50, 75)", "≥ 75", "Unknown"), [25, 25, 25, 25, 1]),
        ("18,65.5", ("< 18", "[18, 65.5)", "≥ 65.5", "Unknown"), [18, 48, 34, 1]),
    ):
        columns = TableColumns(label="y", prediction="p", groups=("g",), bins=(("g", cuts),))
        found = cells_of(table, columns, depth=1)[(0,)]
        assert found.groups == groups
        assert found.n.sum(axis=(1, 2)).tolist() == sizes


def test_quantile_groups_are_of_like_size() -> None:
    x = np.random.default_rng(0).normal(size=4000)
    table = {"y": [0, 1] * 2000, "p": [0, 1] * 2000, "g": x, "h": ["x"] * 4000}
    columns = TableColumns(label="y", prediction="p", groups=("g",), bins=(("g", "5"),))
    sizes = cells_of(table, columns, depth=1)[(0,)].n.sum(axis=(1, 2))
    assert len(sizes) == 5
    assert abs(sizes - 800).max() < 20, "cuts are rounded to four digits"


def test_labels_of_cuts_name_them_exactly() -> None:
    assert Cuts((0.1, 1 / 3)).labels == (
        "< 0.1",
        "[0.1, 0.3333333333333333)",
        "≥ 0.3333333333333333",
    )


def test_order() -> None:
    names = ["10", "9", "b", "A", "Unknown", "-1", "x10", "x9", "1.5"]
    assert groups_in_order(names) == ["-1", "1.5", "9", "10", "A", "b", "x9", "x10", "Unknown"]
    assert attribute_sets(4, depth=3)[-1] == (1, 2, 3)
    assert len(attribute_sets(4, depth=3)) == 4 + 6 + 4


@pytest.mark.parametrize("raw", [None, "", " ", "nan", "NaN", "null"])
def test_nothing(raw: str | None) -> None:
    assert group_text(raw) == "Unknown"
    assert class_text(raw) == ""


def test_none_is_an_answer_and_words_for_nothing_are_none() -> None:
    assert group_text("none") == "none"
    for word in ("NA", "n/a", "None", "NULL", "<NA>", "#N/A", "?", "-", " "):
        assert group_text(word) == "Unknown", word
