"""Decode an Excel workbook in a process of its own, whose memory and time are limited.

Run as ``python workbook_child.py WORKBOOK TABLE.csv MEMORY SECONDS BYTES``; prints the sheet that
was read, how many there are, the merged cells that were filled, the cells that hold an error, and
how many rows with cells are hidden, as JSON. What a person can mend ends it with status 3 and a
sentence. It imports nothing of Pellucid, so it starts at once.
"""

from __future__ import annotations

import csv
import json
import posixpath
import re
import resource
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.parsers import expat

Place = tuple[int, int]
"""Row and column from 0."""
Range = tuple[Place, Place]
"""First and last cell."""
_MENDABLE = 3
_TELLING = re.compile(rb"<(?:\w+:)?f[\s/>]|\st=[\"']e[\"']|\shidden=[\"'](?:1|true)[\"']")
"""A formula, an error, or what is hidden."""
COMMA = re.compile(r"[+-]?\d+(,\d+)?")
SURE_COMMA = re.compile(r"[+-]?(\d+,(\d{1,2}|\d{4,})|0\d*,\d+|\d{4,},\d+)")
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
        if not seen:
            hidden = "all its sheets are hidden. Unhide the one that is meant"
            mendable(hidden if book.sheets_metadata else "it names no sheet: it is no workbook")
        chosen, rows, filled = "", [], []
        told = Told()
        for chosen in seen:
            sheet = book.get_sheet_by_name(chosen)
            rows = sheet.to_python(skip_empty_area=True)
            if rows:
                told, start = told_by(workbook, chosen), sheet.start or (0, 0)
                put_errors(rows, start, told.errors)
                filled = fill(rows, start, sheet.merged_cell_ranges or [])
                break
    except (
        python_calamine.CalamineError, zipfile.BadZipFile, expat.ExpatError, OSError, ValueError
    ) as error:  # fmt: skip
        sys.exit(str(error).splitlines()[0] if str(error) else "it cannot be read")
    with open(table, "w", newline="", encoding="utf-8") as file:
        write_alike(rows)
        writer = csv.writer(file)
        writer.writerows(map(text, row) for row in rows if any(cell != "" for cell in row))
    errors = [cell_name(*place) for place in told.errors]
    print(json.dumps([chosen, len(seen), filled, errors, len(told.hidden)]))


@dataclass
class Told:
    """What only the XML of a sheet says.

    Parameters
    ----------
    unsaved : list of Place
        Cells whose formula has no result; an empty text is one.
    errors : dict
        What stands in cells with an error.
    hidden : set of int
        Rows with cells that are not shown.
    """

    unsaved: list[Place] = field(default_factory=list)
    errors: dict[Place, str] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)


def write_alike(rows: list[list[Any]]) -> None:
    """Write numbers with decimal commas in columns whose texts show that these are meant.

    A text such as 2,81 or 0,5 shows it, if all others may be such numbers. Of 1,234 alone nobody
    knows: beside numbers with decimals it is refused.
    """
    for column in range(max(map(len, rows), default=0)):
        cells = [(row, row[column]) for row in rows[1:] if column < len(row)]
        texts = [cell.strip() for _, cell in cells if isinstance(cell, str) and cell.strip()]
        decimals = [c for _, c in cells if isinstance(c, float) and not c.is_integer()]
        if not (texts and decimals and all(map(COMMA.fullmatch, texts))):
            continue
        if any(map(SURE_COMMA.fullmatch, texts)):
            for row, cell in cells:
                if isinstance(cell, float) and not cell.is_integer():
                    row[column] = str(cell).replace(".", ",")
        elif unsure := next((each for each in texts if "," in each), ""):
            mendable(
                f"column {column + 1} holds numbers such as {decimals[0]} beside the text "
                f"{unsure!r}, which may stand for {unsure.replace(',', '.')} or for "
                f"{unsure.replace(',', '')}. Make it a number in the workbook"
            )


def put_errors(rows: list[list[Any]], start: Place, errors: dict[Place, str]) -> None:
    """Put the words of errors, such as #N/A, where the decoder leaves nothing."""
    for (row, column), word in errors.items():
        at, place = row - start[0], column - start[1]
        if 0 <= at < len(rows) and 0 <= place < len(rows[at]) and rows[at][place] == "":
            rows[at][place] = word


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


def told_by(workbook: str, sheet: str) -> Told:
    """Return what the XML of a sheet says; the process ends where a result was never saved."""
    told = Told()
    with zipfile.ZipFile(workbook) as archive:
        for part in parts_of(archive, sheet):
            with archive.open(part) as file:
                last, found = b"", False
                while not found and (chunk := file.read(_CHUNK)):
                    found, last = bool(_TELLING.search(last + chunk)), chunk[-64:]
            if found:
                with archive.open(part) as file:
                    read_part(file, told)
    if told.unsaved:
        cells = [cell_name(*place) for place in told.unsaved]
        more = ", …" if len(cells) > _SHOWN else ""
        mendable(
            f"the formula in {', '.join(cells[:_SHOWN])}{more} was saved without its result "
            f"({len(cells)} such cell{'s' * (len(cells) > 1)}). Open the workbook in a spreadsheet "
            "program and save it there, or save the sheet as CSV"
        )
    return told


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


def read_part(file: Any, told: Told) -> None:
    """Read the XML of a sheet."""
    row = column = -1
    formula, within, unseen, kind, value = False, False, False, "", ""

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, formula, value, within, unseen, kind
        tag = tag.rpartition(":")[2]
        if tag == "row":
            row, column = int(attributes.get("r", row + 2)) - 1, -1
            unseen = attributes.get("hidden") in ("1", "true")
        elif tag == "c":
            row, column = place_of(attributes.get("r", ""), (row, column + 1))
            kind, formula, value = attributes.get("t", ""), False, ""
        elif tag == "f":
            formula = True
        elif tag in ("v", "t"):
            within = True

    def data(part: str) -> None:
        nonlocal value
        value += part if within else ""

    def end(tag: str) -> None:
        nonlocal within
        tag = tag.rpartition(":")[2]
        if tag in ("v", "t"):
            within = False
        elif tag == "c":
            if unseen and value.strip():
                told.hidden.add(row)
            if kind == "e" and value.strip():
                told.errors[row, column] = value.strip()
            elif formula and kind != "str" and not value.strip():
                told.unsaved.append((row, column))

    parser = plain_parser()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = data
    parser.ParseFile(file)


def place_of(name: str, otherwise: Place) -> Place:
    """Return the place of a cell that is called so.

    >>> place_of("AB10", (0, 0))
    (9, 27)
    """
    found = re.fullmatch("([A-Z]{1,3})([1-9][0-9]*)", name)
    if found is None:
        return otherwise
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


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
