"""Tables as spreadsheets, databases and statistics programs write them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import api
from core.contracts import FairnessReport
from core.errors import InputError
from core.fairness.reading.uploaded_tables import table_source
from tests.fairness.spelled import FAR, workbook

N = 40
ROWS = [[str(i % 2), str(i // 2 % 2), f"0.{i:02}", "ab"[i % 3 == 0], f"2026-0{1 + i % 3}-15"]
        for i in range(N)]  # fmt: skip
NAMES = ["y", "p", "s", "g", "day"]
TASK = {"label": "y", "prediction": "p", "groups": ["g"]}


def text(delimiter: str = ",", end: str = "\n", *, names: bool = True) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
    writer.writerows([NAMES, *ROWS] if names else ROWS)
    return file.getvalue()


def audited(tmp_path: Path, data: str | bytes, name: str = "t.csv", **options: object):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return api.fairness(path, **{**TASK, **options})


def document(report: FairnessReport) -> dict[str, object]:
    """What the command line prints, without how it was read.

    Sums are rounded: threads add in any order.
    """
    printed = {k: part for k, part in api.fairness_document(report).items() if k != "notes"}
    rounded: dict[str, object] = json.loads(
        json.dumps(printed), parse_float=lambda digits: round(float(digits), 12)
    )
    return rounded


def sizes(report: FairnessReport) -> dict[str, int]:
    table = report.tables[0]
    return dict(zip(table.groups, table.n.tolist(), strict=True))


def test_a_dialect_changes_nothing(tmp_path: Path) -> None:
    plain = document(audited(tmp_path, text()))
    spelt = {
        "blank first lines": "\n  \n" + text(),
        "CR and LF": text(end="\r\n"),
        "CR alone": text(end="\r"),
        "mixed ends": text(end="\r\n").replace("\r\n", "\n", 7),
        "a lone CR": text(end="\r\n").replace("\r\n", "\r", 3),
        "sep": "sep=;\r\n" + text(";"),
        "quoted sep": '"sep=\t"\n' + text("\t"),
        "comments": "# of today\n#\n# by us, for you\n" + text(),
        "comments below": "# a\n" + text().replace("\n1,0,", "\n# half way\n1,0,", 1),
        "a blank row of a spreadsheet": ",,,,\n" + text(),
        "a separator at each end": text().replace("\n", ",\n"),
        "UTF-16": text().encode("utf-16"),
        "UTF-16 without a mark": text().encode("utf-16-le"),
        "UTF-16 the other way round": text().encode("utf-16-be"),
        "UTF-32": text().encode("utf-32"),
        "UTF-32 without a mark": text().encode("utf-32-le"),
        "UTF-32 the other way round": text().encode("utf-32-be"),
        "UTF-8 with a mark": text().encode("utf-8-sig"),
        "two marks": "\ufeff\ufeff" + text(),
        "a mark after a blank line": "\n\ufeff" + text(),
        "a mark after a comment": "# of today\n\ufeff" + text(),
        "marks before sep": "\ufeff\ufeffsep=;\n" + text(";"),
        "a mark before a quoted name": '\n\ufeff"y"' + text()[1:],
        "a mark within the header": "y,\ufeff" + text()[2:],
        "a name with a character of no width": "y,p\u200b" + text()[3:],
    }
    for name, data in spelt.items():
        found = document(audited(tmp_path, data))
        assert found == plain, name


def test_a_workbook_is_read_and_several_sheets_are_said(tmp_path: Path) -> None:
    plain = document(audited(tmp_path, text()))
    book = workbook([["", ""], NAMES, *ROWS])
    assert document(audited(tmp_path, book, "t.xlsx")) == plain
    several = audited(tmp_path, workbook([NAMES, *ROWS], sheets=("Märkte", "2")), "t.xlsx")
    assert "'Märkte'" in several.notes[0]
    preview = api.preview_table(table_source(tmp_path / "t.xlsx"))
    assert preview.names == tuple(NAMES)
    assert preview.rows[0] == tuple(ROWS[0])


def test_workbooks_that_do_harm_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = workbook([NAMES, *ROWS])
    with pytest.raises(InputError, match="no Excel workbook, or damaged"):
        audited(tmp_path, book[:200], "torn.xlsx")
    with pytest.raises(InputError, match="unpacks to more"):
        audited(tmp_path, workbook([NAMES, *ROWS], more=FAR), "far.xlsx")
    monkeypatch.setattr("core.tabular.workbook._MAX_UNPACKED", 1000)
    with pytest.raises(InputError, match="unpacks to more"):
        audited(tmp_path, book, "bomb.xlsx")


def test_decimal_commas_are_read_and_said(tmp_path: Path) -> None:
    commas = text(";").replace("0.", "0,")
    task = {"prediction": "", "score": "s", "threshold": 0.2}
    found, plain = (audited(tmp_path, data, **task) for data in (commas, text(";")))
    assert document(found) == document(plain)
    assert found.notes == ("Read with decimal commas: 's'.",)


def test_thousands_are_not_taken_for_decimals(tmp_path: Path) -> None:
    rows = "y;p;g;w\n" + "".join(f"{i % 2};{i % 2};a;1,{100 + i}\n" for i in range(20))
    with pytest.raises(InputError, match=r"'w' holds '1,100' in row 1"):
        audited(tmp_path, rows, weight="w")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("y,p,g\n1,1,a\n0,b\n", "line 3: 2 cells, but the header names 3"),
        ("\ny,p,g\n1,1,a\n0,0,b,c\n", "line 4: 4 cells, but the header names 3"),
        ("# y,p,g\n1,1,a\n0,1,b\n", "line 1 begins with '#': is it a comment"),
        ("# of today\ny,p,g\n1,1,a\n#1,0,b\n0,0,a\n", "line 4 begins with '#'"),
        ("y,p,g\n1,1,a\n0,0,b\n#1,0,b\n0,0,a\n", "line 4 begins with '#'"),
        ("y,p,g\n1,1,a\n0,0,b\ny,p,g\n1,0,a\n", "row 3 holds the names of the columns"),
        ("y,p,g," + "x," * 5000 + "\n1,1,a\n", "columns; at most 4096"),
        ("y,p,g\n1,1,a\n0,0,b\n".encode("utf-16")[:-1], "UTF-16 text to its end"),
        ('\n\ny,p,g\n1,1,a\n0,0,"b\n', "a quote is opened and never closed"),
        ("y,p,Zoë,Zoe\u0308\n1,1,a,b\n", "columns 3 and 4 are both named"),
    ],
)
def test_what_is_ambiguous_is_refused_with_its_line(
    data: str | bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        audited(tmp_path, data)
    assert words in str(caught.value), str(caught.value)


def test_colours_are_no_comments(tmp_path: Path) -> None:
    rows = "g,y,p\n" + "".join(f"#{'f0'[i % 2]}0f,{i % 2},{i // 2 % 2}\n" for i in range(20))
    assert sizes(audited(tmp_path, rows)) == {"#00f": 10, "#f0f": 10}


def test_one_name_composed_or_not_is_one_name(tmp_path: Path) -> None:
    composed, taken_apart = "Zo\u00eb", "Zoe\u0308"
    rows = f"y,p,Gr\u00f6\u00dfe\n0,0,{composed}\n1,1,{taken_apart}\n0,1,{composed}\n"
    for group in ("Gr\u00f6\u00dfe", "Gro\u0308\u00dfe"):
        assert sizes(audited(tmp_path, rows, groups=[group])) == {composed: 3}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_dates_by_month_and_year(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_text(text())
    if suffix == "parquet":
        columns = {name: [row[i] for row in ROWS] for i, name in enumerate(NAMES)}
        days = pa.array(columns.pop("day")).cast(pa.date32())
        pq.write_table(pa.table({**columns, "day": days}), path)
    task = {**TASK, "groups": ["day"]}
    by_month = api.fairness(path, **task, bins={"day": "month"})
    assert sizes(by_month) == {"2026-01": 14, "2026-02": 13, "2026-03": 13}
    assert sizes(api.fairness(path, **task, bins={"day": "year"})) == {"2026": 40}


def test_a_date_whose_month_cannot_be_told_is_refused(tmp_path: Path) -> None:
    german = "y,p,day\n1,1,31.01.2026\n0,0,NA\n1,0,05.02.2026 10:30\n0,1,2026-02-01T00:00:00Z\n"
    found = audited(tmp_path, german, groups=["day"], bins={"day": "month"})
    assert sizes(found) == {"2026-01": 1, "2026-02": 2, "Unknown": 1}
    with pytest.raises(InputError, match=r"row 2 holds '03/04/2026'"):
        audited(tmp_path, "y,p,day\n1,1,2026-01-31\n0,0,03/04/2026\n",
                groups=["day"], bins={"day": "month"})  # fmt: skip


@pytest.mark.parametrize("day", ["1.2.26", "01.02.26", "26/02/01", "1.2.026", "0026-02-01"])
@pytest.mark.parametrize("period", ["month", "year"])
def test_a_year_of_two_digits_is_refused(tmp_path: Path, day: str, period: str) -> None:
    """Nobody knows the century: 1.2.26 was the year 26."""
    rows = [[*row[:4], day if i == 6 else row[4]] for i, row in enumerate(ROWS)]
    short = "\n".join(",".join(row) for row in (NAMES, *rows))
    with pytest.raises(InputError, match=rf"year of '{day}' in row 7 has fewer than four digits"):
        audited(tmp_path, short, groups=["day"], bins={"day": period})


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_names_beyond_latin_are_read_without_a_mark(tmp_path: Path, encoding: str) -> None:
    named = text().replace("y,p,s,g,day", "y,p,s,\u7fa4,day").replace(",a,", ",Stra\u00dfe,")
    found = audited(tmp_path, named.encode(encoding), groups=["\u7fa4"])
    assert "Stra\u00dfe" in sizes(found)
