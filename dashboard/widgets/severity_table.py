"""Corruptions by severity as a heat table that fits a phone: accuracy, n, the interval on hover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

import streamlit as st

from dashboard.theme import Mode, faded, tokens

__all__ = ["SeverityCell", "SeverityRow", "severity_table"]


@dataclass(frozen=True, slots=True)
class SeverityCell:
    """One corruption at one severity; texts are shown as text, never as markup.

    Parameters
    ----------
    share : float
        In [0, 1]: how strong its colour is.
    text, note, hint : str
        The figure, what stands under it, and what appears on hover.
    """

    share: float
    text: str
    note: str
    hint: str


@dataclass(frozen=True, slots=True)
class SeverityRow:
    """One corruption.

    Parameters
    ----------
    kind : str
        Rows of one kind follow one another, under its name.
    cells : tuple of (SeverityCell or None)
        ``None`` where it is not measured yet.
    chosen : bool
        Whether it is the one that is looked at.
    """

    name: str
    kind: str
    cells: tuple[SeverityCell | None, ...]
    chosen: bool = False


def severity_table(
    rows: Sequence[SeverityRow], columns: Sequence[str], *, label: str, mode: Mode
) -> None:
    """Draw the table: the deeper the colour, the higher the share.

    Parameters
    ----------
    columns : sequence of str
        Name of each cell of a row.
    label : str
        What the table shows, for screen readers.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = ""
    for kind, own in groupby(rows, key=lambda row: row.kind):
        if kind:
            body += (
                f'<tr><th class="kind" colspan="{len(columns) + 1}" scope="rowgroup">'
                f"{escape(kind)}</th></tr>"
            )
        body += "".join(_row(row, colours.accent) for row in own)
    cols = '<col class="name">' + "<col>" * len(columns)
    st.html(
        f'<table class="pl-severity" aria-label="{escape(label)}"><colgroup>{cols}'
        f"</colgroup><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row: SeverityRow, accent: str) -> str:
    cells = "".join(_cell(cell, accent) for cell in row.cells)
    chosen = ' class="chosen" aria-current="true"' if row.chosen else ""
    return f'<tr{chosen}><th scope="row">{escape(row.name)}</th>{cells}</tr>'


def _cell(cell: SeverityCell | None, accent: str) -> str:
    if cell is None:
        return '<td class="open" title="Not measured yet">…</td>'
    colour = faded(accent, 0.05 + 0.5 * min(max(cell.share, 0.0), 1.0))
    return (
        f'<td style="background:{colour}" '
        f'title="{escape(cell.hint)}"><b>{escape(cell.text)}</b>'
        f"<span>{escape(cell.note)}</span></td>"
    )
