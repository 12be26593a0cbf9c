"""A table with a column for each of a few things; where it is too wide, it scrolls by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

__all__ = ["Row", "side_table"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row; all its texts are shown as text, never as markup.

    Parameters
    ----------
    values : sequence of str
        One for each column; ``""`` leaves a dash.
    notes : sequence of str
        What stands small below each value.
    strong : bool
        Whether the values are large.
    """

    name: str
    values: Sequence[str]
    notes: Sequence[str] = ()
    strong: bool = False


def side_table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Draw the table."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(_row(row) for row in rows)
    st.html(
        f'<div class="pl-scroll" tabindex="0"><table class="pl-side"><thead><tr><th></th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Row) -> str:
    notes = [*row.notes, *[""] * (len(row.values) - len(row.notes))]
    kind = ' class="strong"' if row.strong else ""
    cells = "".join(
        f"<td><span{kind}>{escape(value) or '–'}</span>"
        + (f'<span class="note">{escape(note)}</span>' if note else "")
        + "</td>"
        for value, note in zip(row.values, notes, strict=True)
    )
    return f"<tr><th>{escape(row.name)}</th>{cells}</tr>"
