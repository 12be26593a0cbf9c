"""A table with a column for each of a few things; where it is too wide, it scrolls by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard.theme import Mode, tokens

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


_STYLE = """
<style>
.pl-scroll {{ overflow-x: auto; scrollbar-width: thin; }}
.pl-side {{ border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.45; }}
.pl-side th, .pl-side td {{ text-align: left; vertical-align: top; padding: .5rem 1.25rem .5rem 0;
  border: none; border-bottom: 1px solid {line}; font-weight: 400; min-width: 9.5rem; }}
.pl-side thead th {{ font-weight: 600; }}
.pl-side tbody th {{ color: {muted}; min-width: 7.5rem; position: sticky; left: 0;
  background: {surface}; }}
.pl-side .strong {{ font-size: 1.3rem; font-weight: 600; line-height: 1.25; }}
.pl-side .note {{ display: block; font-size: .8rem; color: {muted}; }}
@media (max-width: 640px) {{
  .pl-side {{ font-size: .85rem; }}
  .pl-side th, .pl-side td {{ min-width: 8.1rem; padding-right: .6rem; }}
  .pl-side tbody th {{ min-width: 5.2rem; max-width: 5.2rem; }}
}}
</style>
"""


def side_table(columns: Sequence[str], rows: Sequence[Row], *, mode: Mode) -> None:
    """Draw the table."""
    colours = tokens(mode)
    style = _STYLE.format(line=colours.line, muted=colours.muted, surface=colours.surface)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(_row(row) for row in rows)
    st.html(
        f'{style}<div class="pl-scroll" tabindex="0"><table class="pl-side"><thead><tr><th></th>'
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
