"""A run at a glance: its accuracy first, then what it is, then how it learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard import services
from dashboard.formatting import escape as as_text
from dashboard.formatting import interval, percent, tenths
from dashboard.run_text import Badge
from dashboard.services import Rate
from dashboard.theme import Mode, tokens

__all__ = ["RunSummary", "big_numbers", "run_summary", "heading"]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a card says; all its texts are shown as text, never as markup.

    Parameters
    ----------
    rate : Rate or None
        Test accuracy; ``None`` where there is none.
    stand_in : str
        What stands in its place then.
    seeds : str
        The accuracy's range over seeds, ``""`` where one alone was trained.
    title : str
    badge : tuple of str
        Symbol and word.
    lines : sequence of str
        Facts, one a line.
    finding : str
        The sentence about groups, ``""`` for none.
    curve, curve_text : str
        An SVG, ``""`` for none, and what it shows.
    """

    title: str
    badge: Badge
    lines: Sequence[str]
    rate: Rate | None = None
    stand_in: str = ""
    seeds: str = ""
    finding: str = ""
    curve: str = ""
    curve_text: str = ""


def run_summary(card: RunSummary, *, mode: Mode) -> None:
    """Draw a card's text, figure and number."""
    symbol, word = card.badge
    lines = "".join(f'<p class="pl-line">{escape(line)}</p>' for line in card.lines if line)
    finding = f'<p class="pl-finding">{escape(card.finding)}</p>' if card.finding else ""
    st.html(
        f'<div class="pl-run"><div>{_rate(card, mode)}</div>'
        f'<div class="pl-text"><p class="pl-title">{escape(card.title)} &ensp;'
        f'<span class="pl-badge">{escape(symbol)} {escape(word)}</span></p>{lines}{finding}</div>'
        f'<div class="pl-curve">{_image(card.curve, card.curve_text)}</div></div>'
    )


def heading(title: str, badge: Badge) -> None:
    """Draw a title with a badge beside it."""
    with st.container(horizontal=True, vertical_alignment="center", key="run heading"):
        st.title(as_text(title), anchor=False, width="content")
        st.badge(as_text(" ".join(badge)), color="gray")


def _rate(card: RunSummary, mode: Mode) -> str:
    rate = card.rate
    if rate is None:
        return f'<p class="pl-number none">{escape(card.stand_in)}</p>'
    seeds = f"<br>{escape(card.seeds)}" if card.seeds else ""
    return (
        f'<p class="pl-number">{escape(percent(rate.value))}</p>{_interval(rate, mode)}'
        f'<p class="pl-small">{rate.k} of {rate.n} right<br>'
        f"95 %: {escape(interval(rate.low, rate.high))}{seeds}</p>"
    )


def _interval(rate: Rate, mode: Mode) -> str:
    """Return the interval as a bar on a line from 0 to 100 %."""
    colours, width = tokens(mode), 136
    low, high = (4 + share * (width - 8) for share in (rate.low, rate.high))
    at = 4 + rate.value * (width - 8)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="10">'
        f'<path d="M4 5H{width - 4}" stroke="{colours.line}" stroke-width="2"/>'
        f'<path d="M{low:.1f} 5H{high:.1f}" stroke="{colours.accent}" stroke-width="4" '
        f'stroke-linecap="round" opacity=".45"/>'
        f'<circle cx="{at:.1f}" cy="5" r="3.5" fill="{colours.accent}"/></svg>'
    )
    return _image(svg, f"On a line from 0 to 100 %: {tenths(rate.low)} to {tenths(rate.high)}")


def _image(svg: str, words: str) -> str:
    """Return an SVG of ours as an image: inside HTML, Streamlit strips it."""
    if not svg:
        return ""
    uri = services.data_uri(svg.encode(), "image/svg+xml")
    return f'<img src="{uri}" alt="{escape(words)}">'


def big_numbers(entries: Sequence[tuple[str, str, str]]) -> None:
    """Draw figures side by side: value, what it is, and a note; all shown as text."""
    blocks = "".join(
        f'<div><p class="pl-small">{escape(name)}</p><p class="pl-number">{escape(value)}</p>'
        f'<p class="pl-small">{escape(note)}</p></div>'
        for value, name, note in entries
    )
    st.html(f'<div class="pl-numbers">{blocks}</div>')
