"""The rows of a folder's table: which picture is what, of which split, with which attributes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core.contracts import SplitName, count_text
from core.errors import InputError
from core.tabular.cells import label_cells
from core.tabular.folder_table import FILE_NAME, Columns, inside, on_disk, read_table
from core.tabular.totals import EDGE, is_total

__all__ = ["MASK", "SPLIT_NAMES", "TableRows", "table_rows"]

SPLIT_NAMES: dict[str, SplitName] = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation",
    "val": "validation", "dev": "validation", "test": "test", "testing": "test", "eval": "test",
    "evaluation": "test",
}  # fmt: skip
"""What a split may be called in a folder or a table, in any case; as Hugging Face reads them."""
MASK, _SPLIT, _LABEL = "mask_file_name", "split", "label"


class TableRows(NamedTuple):
    """A table's rows, one entry of each sequence for each; ``told`` is what messages call it."""

    told: str
    names: Sequence[str]
    labels: Sequence[str]
    splits: Sequence[SplitName | None]
    columns: Columns


def table_rows(
    root: Path, table: Path, split: SplitName | None, classes: Sequence[str]
) -> TableRows:
    """Read a table.

    Parameters
    ----------
    split : SplitName or None
        Of the folder that the table lies in; else each row's own.
    classes : sequence of str
        As ``classes.txt`` names them.

    Raises
    ------
    InputError
        For a row without a file or a label, a file that is named twice or lies outside, a total.
    """
    columns = read_table(table)
    told = table.relative_to(root).as_posix()
    prefix = table.parent.relative_to(root).as_posix()
    names = columns.pop(FILE_NAME)
    if "" in names:
        raise InputError(f"{told}, row {names.index('') + 1}: {FILE_NAME} is empty. Fill it in.")
    place = root if prefix == "." else table.parent
    names = on_disk(place, inside(place, names, what=told))
    if _LABEL not in columns:
        raise InputError(
            f"{told} has no column {_LABEL}; expected {FILE_NAME},{_LABEL} and further columns."
        )
    given = columns.pop(_LABEL)
    labels = label_cells(given, classes)
    if "" in labels:
        raise _unlabelled(told, names, given, labels)
    _check_rows(told, place, names, labels, classes)
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(f"{told} names {twice!r} twice. Keep one row for each picture.")
    splits = [split] * len(names) if split else _splits_of(columns, names, told)
    columns.pop(_SPLIT, None)
    if MASK in columns:
        columns[MASK] = on_disk(place, inside(place, columns[MASK], what=told))
    if prefix != ".":
        names = [f"{prefix}/{name}" for name in names]
        if MASK in columns:
            columns[MASK] = [f"{prefix}/{name}" if name else "" for name in columns[MASK]]
    return TableRows(told, names, labels, splits, columns)


def _check_rows(
    told: str, place: Path, names: Sequence[str], labels: Sequence[str], classes: Sequence[str]
) -> None:
    """Refuse a total at either end, whose word would be a picture or a class."""
    edges = {*range(min(EDGE, len(names))), *range(max(0, len(names) - EDGE), len(names))}
    for row in sorted(edges):
        single = labels.count(labels[row]) == 1 and labels[row] not in classes
        no_file = is_total(names[row]) and not (place / names[row]).exists()
        if no_file or (single and is_total(labels[row])):
            cell = names[row] if no_file else labels[row]
            raise InputError(
                f"{told}: row {row + 1} holds {cell!r}, a word for a total. Take that "
                "row out; if it is a class, list every class in classes.txt, one a line."
            )


def _unlabelled(
    told: str, names: Sequence[str], given: Sequence[str], labels: Sequence[str]
) -> InputError:
    at, n = labels.index(""), labels.count("")
    word = f", whose label is {given[at]!r}, which stands for no value" if given[at] else ""
    listed = ", or, if it is a class, list every class in classes.txt" if word else ""
    return InputError(
        f"{told}: {count_text(n, 'row')} {'has' if n == 1 else 'have'} no label, the first is "
        f"{names[at]!r} (row {at + 1}){word}. Fill it in, or take the row out{listed}."
    )


def _splits_of(columns: Columns, names: Sequence[str], told: str) -> list[SplitName | None]:
    """Return the split of each row: its column, or the folder that every path begins with."""
    if _SPLIT in columns:
        unknown = sorted({cell for cell in columns[_SPLIT] if cell.lower() not in SPLIT_NAMES})
        if unknown:
            raise InputError(
                f"{told}: the split {unknown[0]!r} is unknown. Expected one of "
                f"{', '.join(SPLIT_NAMES)} in each row."
            )
        return [SPLIT_NAMES[cell.lower()] for cell in columns[_SPLIT]]
    tops = [name.partition("/")[0].lower() for name in names]
    splits = [SPLIT_NAMES.get(top) for top in tops]
    if None not in splits and "train" in splits:
        return splits
    return [None] * len(names)
