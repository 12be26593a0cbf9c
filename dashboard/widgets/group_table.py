"""Groups side by side: their sizes, one metric with its interval, and what the audit says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import streamlit as st

from dashboard import services
from dashboard.fairness_text import STATUS, GroupStatus
from dashboard.formatting import tenths
from dashboard.theme import Mode, Tokens, faded, tokens

__all__ = ["Cell", "GroupRow", "Share", "group_table", "heat_table", "shares"]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group; all its texts are shown as text, never as markup.

    Parameters
    ----------
    size : str
        How many rows it has.
    value, counts : str
        The metric in words, and as k of n.
    ends : tuple of float
        Low end, value and high end in [0, 1]; NaN where not estimable.
    status : str
    note : str
        The difference and its interval, or the reason for none.
    """

    name: str
    size: str
    value: str
    counts: str
    ends: tuple[float, float, float]
    status: GroupStatus
    note: str


@dataclass(frozen=True, slots=True)
class Share:
    """How many rows a group has; texts as in :class:`GroupRow`."""

    name: str
    share: float
    words: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One intersection of a heat table.

    Parameters
    ----------
    value : float
        In [0, 1]: how strong its colour is; NaN for none.
    text, note : str
    """

    value: float
    text: str
    note: str


def group_table(
    rows: Sequence[GroupRow],
    *,
    head: tuple[str, str, str, str],
    overall: float,
    kind: Literal["share", "score"],
    mode: Mode,
) -> None:
    """Draw the table.

    Parameters
    ----------
    rows : sequence of GroupRow
    head : tuple of str
        Names of the columns.
    overall : float
        The metric over all rows, marked in every bar; NaN for none.
    kind : {"share", "score"}
        Where values are no shares in [0, 1], there are no bars.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    bars = kind == "share"
    titles = [head[0], head[1], *([head[2]] if bars else []), head[3]]
    names = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(_row(row, overall, colours, bars=bars) for row in rows)
    st.html(
        f'<div class="pl-wide"><table class="pl-groups"><thead><tr>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(row: GroupRow, overall: float, colours: Tokens, *, bars: bool) -> str:
    symbol, word, tone = STATUS[row.status]
    image = ""
    if bars:
        image = f'<td class="bar">{_bar(row, overall, colours, getattr(colours, tone))}</td>'
    kind = "big" if not math.isnan(row.ends[1]) else "big none"
    return (
        f'<tr><th scope="row">{escape(row.name)}<span class="pl-note">{escape(row.size)}</span>'
        f'</th><td><span class="{kind}">{escape(row.value)}</span>'
        f'<span class="pl-note">{escape(row.counts)}</span></td>{image}'
        f'<td><span class="pl-status pl-{tone}">{symbol} {escape(word)}</span>'
        f'<span class="pl-note">{escape(row.note)}</span></td></tr>'
    )


def _bar(row: GroupRow, overall: float, colours: Tokens, colour: str) -> str:
    """Return the interval as a bar on a line from 0 to 100 %, with the mean of all rows."""
    low, value, high = (300 * end for end in row.ends)
    mark = ""
    if not math.isnan(overall):
        at = 300 * overall
        mark = f'<path d="M{at:.1f} 0V14" stroke="{colours.muted}" stroke-width="1.5"/>'
    shown = ""
    if not math.isnan(value):
        shown = (
            f'<path d="M{low:.1f} 7H{max(high, low + 1):.1f}" stroke="{colour}" '
            f'stroke-width="7" opacity=".38"/>'
            f'<path d="M{value:.1f} 1.5V12.5" stroke="{colour}" stroke-width="3.5"/>'
        )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 0 306 14" '
        'preserveAspectRatio="none" width="306" height="14">'
        f'<path d="M0 7H300" stroke="{colours.line}" stroke-width="2"/>{mark}{shown}</svg>'
    )
    words = "not estimable"
    if not math.isnan(value):
        words = f"On a line from 0 to 100 %: {tenths(row.ends[0])} to {tenths(row.ends[2])}"
    uri = services.data_uri(svg.encode(), "image/svg+xml")
    return f'<img src="{uri}" alt="{escape(words)}">'


def shares(title: str, entries: Sequence[Share]) -> None:
    """Draw a bar for each group of an attribute: how many of the rows it has."""
    most = max((entry.share for entry in entries), default=1.0) or 1.0
    lines = "".join(
        f"<span>{escape(entry.name)}</span>"
        f'<i class="{"missing" if entry.missing else ""}" '
        f'style="width:{100 * entry.share / most:.1f}%"></i>'
        f'<span class="n">{escape(entry.words)}</span>'
        for entry in entries
    )
    st.html(f'<p class="pl-shares-title">{escape(title)}</p><div class="pl-shares">{lines}</div>')


def heat_table(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Cell]], *, mode: Mode
) -> None:
    """Draw a rate of every intersection: the deeper the colour, the higher it is.

    Where it is too wide, it scrolls by itself.
    """
    accent = tokens(mode).accent
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(_cell(cell, accent) for cell in line)
        + "</tr>"
        for name, line in zip(rows, cells, strict=True)
    )
    st.html(
        f'<div class="pl-wide" tabindex="0"><table class="pl-heat"><thead><tr><th></th>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell, accent: str) -> str:
    note = f'<span class="pl-note">{escape(cell.note)}</span>'
    if math.isnan(cell.value):
        return f'<td class="few">{escape(cell.text)}{note}</td>'
    colour = faded(accent, 0.06 + 0.44 * min(max(cell.value, 0.0), 1.0))
    return f'<td style="background:{colour}"><b>{escape(cell.text)}</b>{note}</td>'
