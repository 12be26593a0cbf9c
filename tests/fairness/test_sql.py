"""The database is closed to the outside, and no name reaches it as SQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from core import api
from core.errors import InputError
from core.fairness.reading.rows import open_table
from core.fairness.reading.sql import identifier, literal, open_database
from core.settings import settings

ROOT = Path(__file__).resolve().parents[2]
NASTY = (
    'a"; DROP TABLE given; --',
    "it's",
    "select",
    "Ä ö",
    "a\nb",
    '"',
    "x.y",
    "*",
    "c1",
    "y' OR 1=1",
)


@pytest.mark.parametrize("name", NASTY)
def test_an_identifier_is_one_name_whatever_it_holds(name: str) -> None:
    with open_database() as database:
        database.run(f"CREATE TABLE t ({identifier(name)} INTEGER)")
        database.run("INSERT INTO t VALUES (7)")
        assert database.rows(f"SELECT {identifier(name)} FROM t") == [(7,)]
        found = database.rows("SELECT column_name FROM duckdb_columns() WHERE table_name = 't'")
        assert found == [(name,)]
        assert database.rows(f"SELECT {literal(name)}") == [(name,)]


def test_a_nul_is_refused() -> None:
    with pytest.raises(InputError, match="NUL"):
        identifier("a\0b")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_columns_of_any_name_are_audited(suffix: str, write, biased) -> None:
    label, said, group, other = NASTY[0], NASTY[1], NASTY[3], NASTY[2]
    columns = {
        label: biased["y"], said: biased["p"], group: biased["sex"], other: biased["city"],
        "C1": biased["sex"],
    }  # fmt: skip
    report = api.fairness(
        write(columns, f"strange [1] * ;.{suffix}"), label=label, prediction=said,
        groups=[group, other], intersections=True,
    )  # fmt: skip
    assert [t.attribute for t in report.tables] == [group, other, f"{group}×{other}"]
    assert report.gap(group, "tpr").verdict == "flag"


def test_names_that_differ_by_case_alone_are_two_columns(write) -> None:
    """DuckDB would rename the second and read the first."""
    columns = {"y": [0, 1] * 20, "P": [0, 1] * 20, "p": [1, 0] * 20, "g": ["a", "b"] * 20}
    for suffix in ("csv", "parquet"):
        path = write(columns, f"t.{suffix}")
        right, wrong = (api.fairness(path, label="y", prediction=c, groups=["g"]) for c in "Pp")
        assert right.overall.rate("all", "accuracy").value == 1
        assert wrong.overall.rate("all", "accuracy").value == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "ATTACH '/tmp/other.db'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '900GB'",
    ],
)
def test_nothing_else_can_be_reached(statement: str, write, biased) -> None:
    path = write({"y": biased["y"]}, "t.parquet")
    with open_database(path) as database, pytest.raises(duckdb.Error):
        database.run(statement)


def test_local_variables_are_no_tables() -> None:
    held = [1, 2, 3]
    with open_database() as database, pytest.raises(duckdb.Error, match="held"):
        database.run("SELECT * FROM held")
    assert held


def test_the_folder_goes_with_the_database(write, biased) -> None:
    before = set((settings().root / "tmp").glob("*"))
    with open_table(write({"y": biased["y"]}, "t.parquet")) as rows:
        own = rows.database.folder
        assert own.is_dir()
        assert rows.database.rows("SELECT current_setting('temp_directory')") == [
            (str(own / "spill"),)
        ]
    assert not own.exists()
    assert set((settings().root / "tmp").glob("*")) <= before


def test_more_than_fits_spills_to_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_FAIRNESS_MEMORY_GB", "0.11")
    settings.cache_clear()
    try:
        with open_database() as database:
            database.run("CREATE TEMP TABLE t AS SELECT range i, hash(range) h FROM range(9000000)")
            spilled = sum(f.stat().st_size for f in (database.folder / "spill").iterdir())
            assert spilled > 1_000_000
            assert database.rows("SELECT count(*) FROM t") == [(9_000_000,)]
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_no_bar_is_drawn_where_results_go() -> None:
    """DuckDB draws one on stdout in a process without a script, as ``python -m`` may be."""
    with open_database() as database:
        (found,) = database.rows("SELECT current_setting('enable_progress_bar')")
    assert found == (False,)
    code = (
        "import duckdb; from core.fairness.reading.sql import open_database\n"
        "bar = \"SELECT current_setting('enable_progress_bar')\"\n"
        "with open_database() as d: print(d.rows(bar), duckdb.connect().execute(bar).fetchall())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[(False,)]", "[(True,)]"]


def test_the_file_is_read_where_it_is(tmp_path: Path, write, biased) -> None:
    """A link in the home, no copy."""
    path = write({"y": biased["y"]}, "t.parquet")
    with open_table(path) as rows:
        assert (rows.database.folder / "table.parquet").readlink() == path.resolve()
