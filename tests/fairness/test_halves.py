"""Halves that never mix: a row's half follows from its position alone, in every work."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from core import api
from core.errors import InputError, ParameterError
from core.fairness.reading.rows import open_columns, open_table
from core.fairness.reading.sample_splitting import explored, taken_rows
from tests.fairness.tables import random_table

MAPPED = {"label": "y", "prediction": "p", "groups": ["g"]}


def taken(rows, which: str) -> list[int]:
    own = taken_rows(rows, which)
    return [int(r) for (r,) in own.database.rows(f"SELECT {own.column('r')} FROM {own.view}")]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_file_is_halved_as_python_says(write, name: str) -> None:
    n = 150_001  # several of DuckDB's row groups and CSV chunks
    path = write({"r": np.arange(n), "x": np.arange(n) % 7}, name)
    inside = explored(n)
    for which, wanted in (("explore", inside), ("confirm", ~inside)):
        with open_table(path) as rows:
            assert taken(rows, which) == np.flatnonzero(wanted).tolist()


def test_halves_are_equally_large_and_a_longer_table_moves_no_row() -> None:
    assert explored(0).tolist() == []
    inside = explored(10_000)
    assert inside.sum() == 5_000
    assert (inside.reshape(-1, 2).sum(axis=1) == 1).all(), "one of each two neighbours"
    assert (explored(777) == inside[:777]).all()
    first = inside[::2].mean()
    assert abs(first - 0.5) < 4 * 0.5 / np.sqrt(5_000), "no pattern in which of the two"


def test_columns_names_rules_and_formats_do_not_move_a_row(write) -> None:
    table = random_table(1) | {"r": np.arange(300)}
    with open_table(write(table)) as rows:
        one = taken(rows, "explore")
    fewer = {"r": table["r"], "another name": table["g"]}
    with open_columns(pa.table(fewer), name="other") as rows:
        assert taken(rows, "explore") == one
    assert one == np.flatnonzero(explored(300)).tolist()


def test_every_work_takes_the_same_rows(write, biased) -> None:
    """What is counted is what the rows of the half hold, for audit, slices and mitigation."""
    path, inside = write(biased), explored(2400)
    found = {}
    for which, own in (("explore", inside), ("confirm", ~inside)):
        report = api.fairness(path, **MAPPED | {"groups": ["sex"]}, rows=which)
        women = own & (biased["sex"] == "f") & (biased["y"] == 1)
        tpr = report.table("sex").rate("f", "tpr")
        assert (tpr.k, tpr.n) == ((women & (biased["p"] == 1)).sum(), women.sum())
        assert (report.n, report.taken.which, report.taken.of) == (1200, which, 2400)
        slices = api.slices(path, **MAPPED | {"groups": ["sex"]}, rows=which, metric="tpr")
        (worst,) = [f for f in slices.findings if f.slice.text == "sex=f"]
        assert (worst.k, worst.of) == (tpr.k, tpr.n)
        assert slices.taken == report.taken
        found[which] = report
    scored = {"label": "y", "score": "s", "groups": ["sex"], "attribute": "sex"}
    judged = api.mitigate(path, **scored, rows="confirm")
    assert judged.n_fit == found["explore"].n, "decided from the exploring half"
    assert judged.before.n == judged.after.n == 1200
    assert judged.before.taken == found["confirm"].taken
    tpr = judged.before.table("sex").rate("f", "tpr")
    assert (tpr.k, tpr.n) == tuple(
        getattr(found["confirm"].table("sex").rate("f", "tpr"), name) for name in ("k", "n")
    )
    explored_only = api.mitigate(path, **scored, rows="explore")
    assert explored_only.n_fit + explored_only.before.n == 1200


def test_the_confirming_half_is_cut_where_the_exploring_half_was() -> None:
    """Else another group of the same name would be confirmed."""
    n = 2000
    age = np.where(explored(n), np.arange(n) % 40, 100 + np.arange(n) % 40)
    table = {"y": np.arange(n) % 2, "p": np.arange(n) // 2 % 2, "age": age}
    options = {"label": "y", "prediction": "p", "groups": ["age"], "bins": {"age": 2}}
    one = api.audit_columns(table, **options, rows="explore")
    other = api.audit_columns(table, **options, rows="confirm")
    assert one.tables[0].groups == ("< 20", "≥ 20")
    assert other.tables[0].groups == ("≥ 20",), "all of them are older than the cut"


def test_a_key_of_today_stays_and_each_half_has_its_own(write) -> None:
    path = write(random_table(2))
    whole, one, other = (
        api.fairness_request(path, **MAPPED, rows=which) for which in ("all", "explore", "confirm")
    )
    assert set(whole.parts()) == {
        "kind", "table", "predict", "columns", "rules", "seed", "versions"
    }  # fmt: skip
    assert whole.key == api.fairness_request(path, **MAPPED).key
    assert len({whole.key, one.key, other.key}) == 3
    assert "--explore" in one.command
    assert "--confirm" in other.command
    assert "--explore" not in whole.command
    with pytest.raises(ParameterError, match="rows must be one of all, explore, confirm"):
        api.fairness_request(path, **MAPPED, rows="half")


def test_a_wrong_cell_is_found_where_it_stands_in_the_file(write) -> None:
    n = 400
    score = [0.25] * n
    at = int(np.flatnonzero(explored(n))[150])
    score[at] = 7.0
    path = write({"y": [0, 1] * (n // 2), "s": score, "g": ["a", "b"] * (n // 2)})
    options = {"label": "y", "score": "s", "groups": ["g"]}
    with pytest.raises(InputError, match=f"in row {at + 1}[. ]"):
        api.fairness(path, **options, rows="explore")
    api.fairness(path, **options, rows="confirm")


def test_cases_that_stand_in_both_halves_are_said(write) -> None:
    table = random_table(3, n=200) | {"id": np.arange(200)}
    clean = api.fairness(write(table), **MAPPED, rows="confirm").taken
    assert (clean.repeated, clean.distinct) == (0, 200)
    assert "equal, in every column" not in clean.text
    twice = {name: np.repeat(column, 2) for name, column in table.items()}
    leak = api.fairness(write(twice, "twice.csv"), **MAPPED, rows="confirm").taken
    assert leak.repeated == 200, "each case stands once in each half"
    assert "200 rows of the confirming half equal, in every column, a row" in leak.text
    few = {name: np.tile(table[name], 10) for name in ("y", "p", "g")}
    alike = api.fairness(write(few, "few.csv"), **MAPPED, rows="explore").taken
    assert f"Rows cannot be told apart ({alike.distinct} different ones among 2000)" in alike.text


def test_a_single_row_cannot_be_halved(write) -> None:
    with pytest.raises(InputError, match="has 1 row: too few to be halved"):
        api.fairness(write({"y": [1], "p": [1], "g": ["a"]}), **MAPPED, rows="explore")


def test_chosen_gaps_and_slices_are_adjusted_over_those_alone(write, biased) -> None:
    path = write(biased)
    options = MAPPED | {"groups": ["sex", "city"], "rows": "confirm"}
    every = api.fairness(path, **options).gap("city", "tpr")
    alone = api.fairness(path, **options, gaps=["tpr"]).gap("city", "tpr")
    assert alone.p_adjusted < every.p_adjusted
    search = api.slices(path, **options)
    one = api.slices(path, **options, only=["city=A"])
    (found,) = one.findings
    (same,) = [f for f in search.findings if f.slice == found.slice]
    assert (found.k, found.of, found.p) == (same.k, same.of, same.p)
    assert found.p_adjusted == found.p
    assert found.high - found.low <= same.high - same.low
    assert one.family.startswith("1 of 1 slice that was asked for")
    assert "--slice city=A" in one.command
    for wrong, words in (
        ("city=Z", "no rows of the slice"), ("age=1", "not among the groups"),
        ("", "1 to 3 conditions"), ("sex=f&sex=m", "different attributes"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            api.slices(path, **options, only=[wrong])


def test_all_rows_say_nothing() -> None:
    report = api.audit_columns(random_table(4), **MAPPED)
    assert report.taken.which == "all"
    assert report.taken.text == ""
    assert report.taken.document(300) == {
        "which": "all", "n": 300, "of": 300, "exploratory": False, "text": ""
    }  # fmt: skip
