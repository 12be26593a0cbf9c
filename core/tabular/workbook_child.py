"""Decode an Excel workbook in a process of its own, whose memory and time are limited.

Run as ``python workbook_child.py WORKBOOK TABLE.csv MEMORY SECONDS BYTES``; prints the sheet that
was read and how many there are, as JSON. It imports nothing of Pellucid, so it starts at once.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
from datetime import datetime
from typing import Any


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
        chosen, rows = "", []
        for chosen in seen:
            rows = book.get_sheet_by_name(chosen).to_python(skip_empty_area=True)
            if rows:
                break
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        sys.exit(str(error).splitlines()[0] if str(error) else "it cannot be read")
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows(map(text, row) for row in rows if any(cell != "" for cell in row))
    print(json.dumps([chosen, len(seen)]))


def text(cell: Any) -> str:
    """Return a cell as CSV has it: whole numbers and days without zeros behind them."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    return str(cell)


if __name__ == "__main__":
    main(*sys.argv[1:])
