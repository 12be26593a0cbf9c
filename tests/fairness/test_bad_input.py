"""What cannot be audited is refused in one clear sentence that names column and row."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import api
from core.errors import InputError

N = 40
GOOD = {
    "y": [0, 1] * (N // 2),
    "p": [0, 1, 1, 0] * (N // 4),
    "s": [0.2, 0.9, 0.6, 0.4] * (N // 4),
    "g": ["a", "b", "b", "a"] * (N // 4),
    "w": [1.0, 2.0] * (N // 2),
    "age": list(range(N)),
}
PREDICTED = {"label": "y", "prediction": "p", "groups": ["g"]}
SCORED = {"label": "y", "score": "s", "groups": ["g"]}


def changed(column: str, row: int, value: object) -> dict[str, list[object]]:
    """The good table with one cell changed; rows count from 1."""
    cells = [str(cell) for cell in GOOD[column]]
    cells[row - 1] = str(value)
    return {**GOOD, column: cells}


def refused(path: Path, options: dict, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        api.fairness(path, **options)
    for word in words:
        assert word in str(caught.value), (word, str(caught.value))


CELLS = [
    (changed("y", 7, ""), PREDICTED, ("'y'", "row 7", "empty")),
    (changed("p", 9, ""), PREDICTED, ("'p'", "row 9", "empty")),
    (changed("p", 17, "maybe"), PREDICTED, ("'p'", "'maybe'", "row 17", "'0' and '1'")),
    (changed("y", 5, 2), SCORED, ("'y'", "3 classes", "'2'", "row 5", "--positive")),
    (changed("s", 11, 1.7), SCORED, ("'s'", "'1.7'", "row 11", "[0, 1]")),
    (changed("s", 12, -0.1), SCORED, ("'s'", "'-0.1'", "row 12")),
    (changed("s", 13, "high"), SCORED, ("'s'", "'high'", "row 13")),
    (changed("s", 14, ""), SCORED, ("'s'", "row 14")),
    (changed("s", 15, "nan"), SCORED, ("'s'", "'nan'", "row 15")),
    (changed("w", 3, -1), PREDICTED | {"weight": "w"}, ("'w'", "'-1'", "row 3")),
    (changed("w", 4, "x"), PREDICTED | {"weight": "w"}, ("'w'", "'x'", "row 4")),
    (changed("w", 5, "inf"), PREDICTED | {"weight": "w"}, ("'w'", "'inf'", "row 5")),
    (GOOD | {"w": [0] * N}, PREDICTED | {"weight": "w"}, ("'w'", "all 0")),
    (GOOD | {"y": [1] * N}, PREDICTED, ("'y'", "'1' in every row", "--no-labels")),
    (GOOD | {"y": ["cat", "dog"] * 20, "p": ["dog", "cat"] * 20}, PREDICTED, ("'y'", "--positive")),
    (GOOD, PREDICTED | {"positive": "yes"}, ("'y'", "'yes'", "'0', '1'")),
    (GOOD | {"y": list(range(N))}, SCORED, ("'y'", "40 classes", "row 3")),
    (
        GOOD | {"y": [f"{i}" for i in range(500)], "p": [0, 1] * 250, "g": ["a", "b"] * 250,
                "s": [0.5] * 500, "w": [1] * 500, "age": [1] * 500},
        PREDICTED, ("'y'", "500 different values"),
    ),
    (changed("age", 8, "old"), PREDICTED | {"groups": ["age"], "bins": {"age": 4}},
     ("'age'", "row 8", "'old'")),
    (GOOD | {"age": [3] * N}, PREDICTED | {"groups": ["age"], "bins": {"age": 4}},
     ("'age'", "too few different")),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "options", "words"), CELLS)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_cells(columns: dict, options: dict, words: tuple[str, ...], suffix: str, write) -> None:
    refused(write(columns, f"t.{suffix}"), options, f"t.{suffix}", *words)


def test_five_thousand_groups(write) -> None:
    rng = np.random.default_rng(0)
    columns = {
        "y": rng.integers(0, 2, 9000), "p": rng.integers(0, 2, 9000),
        "person": np.arange(9000) % 5000,
    }  # fmt: skip
    options = PREDICTED | {"groups": ["person"]}
    refused(write(columns), options, "'person'", "5000 different values", "--bin person=4")
    found = api.fairness(write(columns), **options, bins={"person": 4})
    assert [int(n) for n in found.tables[0].n] == [2250] * 4


def test_intersections_of_too_many_groups(write) -> None:
    rng = np.random.default_rng(0)
    columns = {
        "y": rng.integers(0, 2, 30_000), "p": rng.integers(0, 2, 30_000),
        **{name: rng.integers(0, 150, 30_000) for name in "abc"},
    }  # fmt: skip
    options = PREDICTED | {"groups": ["a", "b", "c"], "intersections": True}
    refused(write(columns, "t.parquet"), options, "a×b has 1", "at most 10000")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("is empty",)),
        (b"\n\n", ("is empty",)),
        (b"y,p,g\n", ("has no rows",)),
        (b"y,p,g,p\n1,1,a,0\n", ("columns 2 and 4", "'p'")),
        (b"y,p,g\n1,1,a\n0,0,M\xfcller\n", ("not UTF-8", "line 3, column 3")),
        (b"y,p,g\xe9\n1,1,a\n", ("not UTF-8", "line 1, column 3")),
        ("y,p,g\n1,1,a\n".encode("utf-16"), ("'y'", "every row")),  # UTF-16 is read
        (b"PK\x03\x04rest", ("Excel",)),
        (b"PAR1rest", ("Parquet", ".parquet")),
        (gzip.compress(b"y,p,g\n1,1,a\n", mtime=0), ("compressed",)),
        (b"y,p,g\n1,1,a\n0,0\n1,0,b\n", ("line 3", "2 cells", "3 columns")),
        (b"y,p,g\n1,1,a\n0,0,b,c\n", ("line 3", "4 cells", "3 columns")),
        (b'y,p,g\n1,1,a\n0,0,"b\n1,0,b\n', ("line 3", "quote")),
        (b"y;p;g\n1;1;a\n", ("'y'", "every row")),  # semicolons are read
        (b"only\n1\n", ("has no column 'y'", "only")),
    ],
)
def test_csv_files(content: bytes, words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    refused(path, PREDICTED, "people.csv", *words)


def test_an_encoding_that_breaks_late(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(b"y,p,g\n" + b"1,1,a\n0,0,b\n" * 200_000 + b"1,1,\xe9\n")
    refused(path, PREDICTED, "line 400002, column 3")


def test_parquet_files(tmp_path: Path) -> None:
    nested = tmp_path / "nested.parquet"
    pq.write_table(pa.table({**GOOD, "tags": [["x"]] * N, "raw": [b"x"] * N}), nested)
    assert api.fairness(nested, **PREDICTED).n == N, "columns that are not used do no harm"
    for column in ("tags", "raw"):
        options = PREDICTED | {"groups": [column]}
        refused(nested, options, repr(column), "lists, structures, bytes or durations")
    empty = tmp_path / "empty.parquet"
    pq.write_table(pa.table({name: [] for name in GOOD}), empty)
    refused(empty, PREDICTED, "has no rows")
    twice = tmp_path / "twice.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 2, names=["y", "y"]), twice)
    refused(twice, PREDICTED, "columns 1 and 2", "'y'")
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(nested.read_bytes()[:-30])
    refused(damaged, PREDICTED, "no Parquet file, or damaged")
    torn = bytearray(nested.read_bytes())
    torn[10:200] = bytes(190)
    (tmp_path / "torn.parquet").write_bytes(torn)
    with pytest.raises(InputError, match=r"torn\.parquet"):
        api.fairness(tmp_path / "torn.parquet", **PREDICTED)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PREDICTED | {"label": "z"}, ("no column 'z'", "y, p, s, g, w, age")),
        (PREDICTED | {"groups": ["sex"]}, ("no column 'sex'",)),
        (PREDICTED | {"groups": []}, ("at least one column",)),
        (PREDICTED | {"groups": ["g", "g"]}, ("'g' is named twice",)),
        (PREDICTED | {"prediction": ""}, ("Which column holds the predictions",)),
        (PREDICTED | {"prediction": "y"}, ("as label and as prediction",)),
        (PREDICTED | {"condition": "g"}, ("both group and condition",)),
        (PREDICTED | {"bins": {"age": 3}}, ("'age'", "no group column")),
        (PREDICTED | {"groups": ["age"], "bins": {"age": 1}}, ("number from 2 to 20",)),
        (PREDICTED | {"groups": ["age"], "bins": {"age": [9, 3]}}, ("rising",)),
        (SCORED | {"threshold": 50}, ("threshold", "50")),
        (PREDICTED | {"alpha": 5}, ("alpha", "5")),
        (PREDICTED | {"tolerance": -0.1}, ("tolerance",)),
        (PREDICTED | {"min_n": 0}, ("min_n",)),
        (PREDICTED | {"n_boot": 20}, ("n_boot", "2000")),
        (PREDICTED | {"adjust": "none"}, ("holm, bh",)),
        (PREDICTED | {"gaps": ["trp"]}, ("'trp'", "Did you mean 'tpr'")),
        (PREDICTED | {"gaps": ["auc"]}, ("'auc'", "does not offer")),
        (PREDICTED | {"gaps": ["tpr[cat]"]}, ("tpr[cat]", "does not offer")),
        (PREDICTED | {"tolerence": 0.1}, ("no option 'tolerence'",)),
    ],
)
def test_options(options: dict, words: tuple[str, ...], write) -> None:
    refused(write(GOOD), options, *words)


def test_what_is_no_table(tmp_path: Path) -> None:
    refused(tmp_path / "missing.csv", PREDICTED, "no table", "missing.csv")
    (tmp_path / "t.ods").write_bytes(b"x")
    refused(tmp_path / "t.ods", PREDICTED, ".csv, .tsv, .txt, .parquet or .xlsx", "t.ods")
    (tmp_path / "t.xlsx").write_bytes(b"x")
    refused(tmp_path / "t.xlsx", PREDICTED, "no Excel workbook", "t.xlsx")
    with pytest.raises(InputError, match="neither"):
        api.fairness(**PREDICTED)
    with pytest.raises(InputError, match="both"):
        api.fairness(tmp_path / "missing.csv", dataset="portraits", groups=["g"])
