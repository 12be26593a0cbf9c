"""Marks between thousands are not taken for decimal ones, and what may be either is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.contracts import FairnessReport
from core.errors import InputError

N = 24
AT_2000 = {"groups": ["inc"], "bins": {"inc": [2000]}}


@pytest.fixture
def audited(tmp_path: Path):
    """Audit a table whose column ``inc`` holds cells in turn, perhaps beside another column."""

    def audit(cells: list[str], sep: str = ";", beside: str = "", **options: object):
        lines = [sep.join(["y", "p", "g", "inc", "more"])]
        for i in range(N):
            cell = cells[i % len(cells)]
            row = [str(i % 2), str(i // 2 % 2), "ab"[i % 3 == 0], f'"{cell}"', f'"{beside}"']
            lines.append(sep.join(row))
        path = tmp_path / "t.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return api.fairness(path, **{"label": "y", "prediction": "p", "groups": ["g"], **options})

    return audit


def sizes(report: FairnessReport) -> list[int]:
    return report.tables[0].n.tolist()


@pytest.mark.parametrize("cells", [
    ["1.000", "12.000", "2.500"], ["950", "1.000", "12.000"], ["1,000", "12,000"], ["1.250"],
])  # fmt: skip
@pytest.mark.parametrize("options", [AT_2000, {"weight": "inc"}])
def test_what_may_be_thousands_or_decimals_is_asked(audited, cells, options) -> None:
    first = next(cell for cell in cells if not cell.isdigit())
    with pytest.raises(InputError, match=r"decimal one, or .* between thousands") as caught:
        audited(cells, **options)
    assert f"{first!r} in row {cells.index(first) + 1}" in str(caught.value)


@pytest.mark.parametrize("late", [1100, 0])
def test_late_marks_are_asked_too(tmp_path: Path, late: int) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{i % 2};{i // 2 % 2};{900 if i < late else '1.000'}" for i in range(1200)]
    path.write_text("\n".join(["y;p;inc", *rows]))
    with pytest.raises(InputError, match=rf"'1\.000' in row {late + 1}"):
        api.fairness(path, label="y", prediction="p", **AT_2000)


def test_groups_that_may_be_thousands_stay_as_they_are(audited) -> None:
    report = audited(["1.000", "12.000", "2.500"], groups=["inc"])
    assert set(report.tables[0].groups) == {"1.000", "12.000", "2.500"}


@pytest.mark.parametrize(
    ("cells", "sep", "beside", "below", "words"),
    [
        (["950", "1.000", "12.000"], ";", "0,5", 16, "points between thousands"),
        (["950", "1.000", "12.000"], ";", "0.5", 24, "decimal points"),
        (["950", "1.000", "1.000.000"], ";", "", 16, "points between thousands"),
        (["950,5", "1.000,5", "12.000"], ";", "", 16, "points between thousands"),
        (["950,5", "1.000,5", "12.000"], "\t", "", 16, "points between thousands"),
        (["950", "1,000", "12,000"], ",", "0.5", 16, "commas between thousands"),
        (["950", "1,000", "12,000.5"], ",", "", 16, "commas between thousands"),
        (["950", "1,000", "12,000"], ";", "0,5", 24, "decimal commas"),
        (["950", "1 000", "12 000"], ",", "", 16, "blanks between thousands"),
        (["950", "1\u202f000,5", "12\u00a0000"], ";", "", 16,
         "blanks between thousands and decimal commas"),
        (["950", "1'000", "12\u2019000.50"], ",", "", 16, "apostrophes between thousands"),
        (["950", "k.A.", "12.000"], ";", "0,5", 8, "points between thousands"),
    ],
)  # fmt: skip
def test_marks_that_can_be_told_are_read_and_said(
    audited, cells: list[str], sep: str, beside: str, below: int, words: str
) -> None:
    report = audited(cells, sep, beside, missing=["k.A."], **AT_2000)
    assert report.tables[0].groups[0] == "< 2000"
    assert sizes(report)[0] == below
    assert f"Read with {words}: 'inc'." in report.notes


def test_weights_with_marks_are_the_numbers_without(audited) -> None:
    plain, marked = (
        audited(cells, weight="inc")
        for cells in (["950", "1000", "12000.5"], ["950", "1 000", "12 000,5"])
    )
    assert marked.n_effective == plain.n_effective


@pytest.mark.parametrize("cells", [["0.500", "0.250", "1.000"], ["1.000", "0"]])
def test_scores_of_three_digits_are_scores(audited, cells: list[str]) -> None:
    report = audited(cells, prediction="", score="inc", drop_missing=True)
    assert report.n == N
    assert not [note for note in report.notes if "between" in note]


@pytest.mark.parametrize("sep", [",", "\t", "|"])
def test_points_are_decimals_where_nothing_speaks_against_it(audited, sep: str) -> None:
    assert sizes(audited(["1.000", "12.000", "2.500"], sep, **AT_2000)) == [N]
