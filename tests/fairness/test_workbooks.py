"""Workbooks as people keep them: merged cells, and formulas whose result was never saved."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from core import api
from core.contracts import FairnessReport
from core.errors import InputError
from tests.fairness.spelled import workbook
from tests.fairness.test_dialects import NAMES, ROWS, TASK, N, document, sizes

BLOCK = 5
BY_BLOCK = [[*row[:3], "ab"[i // BLOCK % 2], row[4]] for i, row in enumerate(ROWS)]
"""The groups stand in blocks of five rows, as sheets with merged cells have them."""
AT = NAMES.index("g")


def merged() -> tuple[list[list[str]], list[str]]:
    """Return the rows with a value in the first of each block alone, and the merged ranges."""
    rows = [[*row[:AT], row[AT] if i % BLOCK == 0 else "", *row[AT + 1 :]]
            for i, row in enumerate(BY_BLOCK)]  # fmt: skip
    return rows, [f"D{first + 2}:D{first + 1 + BLOCK}" for first in range(0, N, BLOCK)]


def audited(tmp_path: Path, data: bytes, **options: object) -> FairnessReport:
    path = tmp_path / "t.xlsx"
    path.write_bytes(data)
    return api.fairness(path, **{**TASK, **options})


def plain(tmp_path: Path) -> FairnessReport:
    path = tmp_path / "plain.csv"
    path.write_text("\n".join(",".join(row) for row in (NAMES, *BY_BLOCK)))
    return api.fairness(path, **TASK)


def test_merged_cells_count_for_each_row_that_they_cover(tmp_path: Path) -> None:
    rows, ranges = merged()
    found = audited(tmp_path, workbook([NAMES, *rows], merged=ranges))
    assert document(found) == document(plain(tmp_path))
    assert sizes(found) == {"a": N // 2, "b": N // 2}
    assert found.notes[0] == (
        "Merged cells count for each row that they cover: D2:D6, D7:D11, D12:D16, D17:D21, … "
        "(8 in all)."
    )


def test_blank_lines_above_do_not_shift_them(tmp_path: Path) -> None:
    rows, ranges = merged()
    below = [ref.replace("D", "E") for ref in ranges]
    sheet = [["", *row] for row in (NAMES, *rows)]
    shifted = [":".join(f"E{int(end[1:]) + 2}" for end in ref.split(":")) for ref in below]
    found = audited(tmp_path, workbook([[""], [""], *sheet], merged=shifted))
    assert document(found) == document(plain(tmp_path))


def test_a_single_merged_cell_beside_others_says_nothing(tmp_path: Path) -> None:
    found = audited(tmp_path, workbook([NAMES, *BY_BLOCK], merged=["G3:H9", "D60:D90"]))
    assert document(found) == document(plain(tmp_path))
    assert not any("Merged" in note for note in found.notes)


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("C4:D4", "the cells C4:D4 are merged across columns"),
        ("A2:E9", "the cells A2:E9 are merged across columns"),
        ("A1:E1", "the cells A1:E1 are merged across columns"),
        ("D1:D3", "the cells D1:D3 are merged with the header"),
        (f"A{N + 1}:XFD1048576", "merged across columns"),
    ],
)
def test_other_merged_cells_are_refused(tmp_path: Path, ref: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        audited(tmp_path, workbook([NAMES, *BY_BLOCK], merged=[ref]))
    assert str(caught.value).startswith("t.xlsx: ")
    assert str(caught.value).endswith(".")


EMPTY = {
    "no result": "<c><f>A2</f></c>",
    "an empty one": "<c><f>A2</f><v/></c>",
    "a blank one": "<c><f>A2</f><v> </v></c>",
    "shared": '<c><f t="shared" si="0"/></c>',
    "named": '<c r="D4"><f>A2</f></c>',
}


@pytest.mark.parametrize("kind", EMPTY)
def test_a_formula_without_its_result_is_refused(tmp_path: Path, kind: str) -> None:
    rows = [row.copy() for row in BY_BLOCK]
    rows[2][AT] = EMPTY[kind]
    with pytest.raises(InputError, match=r"the formula in D4 was saved without its result \(1 "):
        audited(tmp_path, workbook([NAMES, *rows]))
    for row in rows:
        row[AT] = EMPTY["no result"]
    with pytest.raises(InputError, match=rf"in D2, D3, D4, D5, … was .* \({N} such cells\)"):
        audited(tmp_path, workbook([NAMES, *rows]))


def test_formulas_with_a_result_are_their_result(tmp_path: Path) -> None:
    rows = [[*row[:AT], f'<c t="str"><f>X</f><v>{row[AT]}</v></c>', *row[AT + 1 :]]
            for row in BY_BLOCK]  # fmt: skip
    found = audited(tmp_path, workbook([NAMES, *rows]))
    assert document(found) == document(plain(tmp_path))
    rows[0][AT] = '<c t="str"><f>""</f><v></v></c>'  # an empty text is a result
    assert audited(tmp_path, workbook([NAMES, *rows])).unknown == {"g": 1}


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    rows = [row.copy() for row in BY_BLOCK]
    rows[2][AT] = "<c><f>A2</f></c>"
    with pytest.raises(InputError, match="no Excel workbook, or damaged"):
        audited(tmp_path, workbook([NAMES, *rows], before=bomb))


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#REF!", "#NAME?"])
def test_errors_are_no_value_and_said(tmp_path: Path, error: str) -> None:
    rows = [row.copy() for row in BY_BLOCK]
    rows[1][AT] = f'<c t="e"><v>{error}</v></c>'
    rows[4][AT] = f'<c r="D6" t="e"><f>1/0</f><v>{error}</v></c>'
    found = audited(tmp_path, workbook([NAMES, *rows]))
    assert found.unknown == {"g": 2}
    assert "Cells with an error, such as #DIV/0!, read as no value: D3, D6." in found.notes
    rows[1][0] = rows[1][AT]
    for missing in (["NA"], ["#N/A"]):
        with pytest.raises(
            InputError, match=f"'y' is empty in row 2 \\('{re.escape(error)}' there"
        ):
            audited(tmp_path, workbook([NAMES, *rows]), missing=missing)
    assert audited(tmp_path, workbook([NAMES, *rows]), drop_missing=True).n == N - 1


@pytest.mark.parametrize("error", ["#DIV/0!", "#value!", "#N/A"])
def test_errors_in_a_text_are_no_value_either(tmp_path: Path, error: str) -> None:
    path = tmp_path / "t.csv"
    rows = [row.copy() for row in BY_BLOCK]
    rows[1][AT], rows[2][0] = error, error
    path.write_text("\n".join(",".join(row) for row in (NAMES, *rows)))
    found = api.fairness(path, **TASK, drop_missing=True)
    assert found.n == N - 1
    assert found.unknown == {"g": 1}


@pytest.mark.parametrize("hidden", [(3,), (2, 5, 6)])
def test_hidden_rows_are_counted_and_said(tmp_path: Path, hidden: tuple[int, ...]) -> None:
    book = workbook([NAMES, *BY_BLOCK])
    for row in (*hidden, N + 90):  # what has no cells is no row
        book = edited(
            book, "xl/worksheets/s1.xml", f'<row r="{row}">', f'<row r="{row}" hidden="1">'
        )
    found = audited(tmp_path, book)
    assert found.n == N
    rows = "1 hidden row is" if len(hidden) == 1 else f"{len(hidden)} hidden rows are"
    assert f"{rows} counted too: take out what a filter hides, if it is not meant." in found.notes


def edited(book: bytes, part: str, old: str, new: str) -> bytes:
    """Return a workbook with a part of it changed; without the part for ``old`` alone."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as archive, zipfile.ZipFile(file, "w") as written:
        for name in archive.namelist():
            if name != part or new:
                written.writestr(name, archive.read(name).decode().replace(old, new or old))
    return file.getvalue()


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_what_is_no_workbook_is_not_told_to_be_empty(tmp_path: Path, part: str) -> None:
    with pytest.raises(InputError, match=r"no workbook|no Excel workbook"):
        audited(tmp_path, edited(workbook([NAMES, *BY_BLOCK]), part, "x", ""))


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_sheets_that_are_all_hidden_are_told(tmp_path: Path, state: str) -> None:
    book = edited(
        workbook([NAMES, *BY_BLOCK]), "xl/workbook.xml", "<sheet ", f'<sheet state="{state}" '
    )
    with pytest.raises(InputError, match="all its sheets are hidden"):
        audited(tmp_path, book)
