"""Decode an Excel workbook in a process of its own, whose memory and time are limited.

Run as ``python workbook_child.py WORKBOOK TABLE.csv MEMORY SECONDS BYTES``; prints the sheet that
was read, how many there are, the merged cells that were filled, and the cells that hold an error,
as JSON. What a person can mend ends it with status 3 and a sentence. It imports nothing of
Pellucid, so it starts at once.
"""

from __future__ import annotations

import csv
import json
import posixpath
import re
import resource
import sys
import zipfile
from datetime import datetime
from typing import Any
from xml.parsers import expat

Range = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell, each as row and column from 0."""
_MENDABLE = 3
_TELLING = re.compile(rb"<(?:\w+:)?f[\s/>]|\st=[\"']e[\"']")
"""A formula, or an error."""
_CHUNK = 2**20
_SHOWN = 4


def main(workbook: str, table: str, memory: str, seconds: str, most: str) -> None:
    """Write the first sheet that has cells as CSV; rows without any are left out."""
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine

    try:
        book = python_calamine.load_workbook(workbook)
        seen = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible is python_calamine.SheetVisibleEnum.Visible
        ]
        chosen, rows, filled, errors = "", [], [], []
        for chosen in seen:
            sheet = book.get_sheet_by_name(chosen)
            rows = sheet.to_python(skip_empty_area=True)
            if rows:
                errors = errors_of(workbook, chosen)
                filled = fill(rows, sheet.start or (0, 0), sheet.merged_cell_ranges or [])
                break
    except (
        python_calamine.CalamineError, zipfile.BadZipFile, expat.ExpatError, OSError, ValueError
    ) as error:  # fmt: skip
        sys.exit(str(error).splitlines()[0] if str(error) else "it cannot be read")
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows(map(text, row) for row in rows if any(cell != "" for cell in row))
    print(json.dumps([chosen, len(seen), filled, errors]))


def fill(rows: list[list[Any]], start: tuple[int, int], merged: list[Range]) -> list[str]:
    """Give each row that a merged cell covers its value; return what these cells are called.

    A cell that is merged across columns, or with the header, has no column of its own: it is
    refused.
    """
    header = next(i for i, row in enumerate(rows) if any(cell != "" for cell in row))
    filled = []
    for (top, left), (bottom, right) in sorted(merged):
        first, last = max(0, top - start[0]), min(len(rows) - 1, bottom - start[0])
        column = left - start[1]
        if first > last or last < header or not rows or column >= len(rows[0]):
            continue
        name = f"{cell_name(top, left)}:{cell_name(bottom, right)}"
        if left != right:
            mendable(
                f"the cells {name} are merged across columns. Unmerge them, and give each column "
                "its own value, or take that row out"
            )
        if first <= header < last:
            mendable(f"the cells {name} are merged with the header. Unmerge them")
        if column < 0 or first == last or rows[first][column] == "":
            continue
        for row in range(first + 1, last + 1):
            rows[row][column] = rows[first][column]
        filled.append(name)
    return filled


def errors_of(workbook: str, sheet: str) -> list[str]:
    """Return the cells of a sheet that hold an error; it ends where a result was never saved."""
    errors: list[str] = []
    with zipfile.ZipFile(workbook) as archive:
        for part in parts_of(archive, sheet):
            with archive.open(part) as file:
                last, found = b"", False
                while not found and (chunk := file.read(_CHUNK)):
                    found, last = bool(_TELLING.search(last + chunk)), chunk[-64:]
            if not found:
                continue
            with archive.open(part) as file:
                cells, wrong = unsaved(file)
            errors += wrong
            if cells:
                more = ", …" if len(cells) > _SHOWN else ""
                mendable(
                    f"the formula in {', '.join(cells[:_SHOWN])}{more} was saved without its "
                    f"result ({len(cells)} such cells). Open the workbook in a spreadsheet "
                    "program and save it there, or save the sheet as CSV"
                )
    return errors


def parts_of(archive: zipfile.ZipFile, sheet: str) -> list[str]:
    """Return the part that holds a sheet; all that may, where the workbook does not say."""
    names = archive.namelist()
    ids = {
        a.get("name"): next((v for k, v in a.items() if k.rpartition(":")[2] == "id"), "")
        for a in elements(archive, "xl/workbook.xml", "sheet")
    }
    targets = {
        a.get("Id"): a.get("Target", "")
        for a in elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    target = targets.get(ids.get(sheet) or None, "")
    part = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
    part = posixpath.normpath(part)
    return [part] if part in names else [n for n in names if "/worksheets/" in n and ".xml" in n]


def elements(archive: zipfile.ZipFile, part: str, wanted: str) -> list[dict[str, str]]:
    """Return the attributes of each element of a name in a part; none where there is no part."""
    found: list[dict[str, str]] = []
    if part not in archive.namelist():
        return found

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == wanted:
            found.append(attributes)

    parser = plain_parser()
    parser.StartElementHandler = begin
    with archive.open(part) as file:
        parser.ParseFile(file)
    return found


def unsaved(file: Any) -> tuple[list[str], list[str]]:
    """Return the cells whose formula has no result (an empty text is one), and those of errors."""
    found: list[str] = []
    errors: list[str] = []
    row = column = 0
    name, formula, value, within, kind = "", False, False, False, ""

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, name, formula, value, within, kind
        tag = tag.rpartition(":")[2]
        if tag == "row":
            row, column = int(attributes.get("r", row + 1)), 0
        elif tag == "c":
            column += 1
            name = attributes.get("r") or cell_name(row - 1, column - 1)
            kind, formula, value = attributes.get("t", ""), False, False
        elif tag == "f":
            formula = True
        elif tag == "v":
            within, value = True, kind == "str"

    def data(part: str) -> None:
        nonlocal value
        value = value or (within and bool(part.strip()))

    def end(tag: str) -> None:
        nonlocal within
        tag = tag.rpartition(":")[2]
        if tag == "v":
            within = False
        elif tag == "c" and kind == "e" and value:
            errors.append(name)
        elif tag == "c" and formula and not value:
            found.append(name)

    parser = plain_parser()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = data
    parser.ParseFile(file)
    return found, errors


def plain_parser() -> expat.XMLParserType:
    """Return a parser that expands no entities of a document's own and opens nothing."""
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise ValueError("its XML declares entities")

    parser.EntityDeclHandler = refuse
    parser.StartDoctypeDeclHandler = refuse
    return parser


def cell_name(row: int, column: int) -> str:
    """Return what a spreadsheet calls a cell.

    >>> cell_name(0, 0), cell_name(9, 27)
    ('A1', 'AB10')
    """
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def mendable(sentence: str) -> None:
    """End the process with what a person can mend."""
    print(sentence, file=sys.stderr)
    sys.exit(_MENDABLE)


def text(cell: Any) -> str:
    """Return a cell as CSV has it: whole numbers and days without zeros behind them."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    return str(cell)


if __name__ == "__main__":
    main(*sys.argv[1:])
