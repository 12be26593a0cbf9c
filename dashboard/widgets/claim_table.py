"""Claims with what was measured of them: a verdict, the bound, the interval beside it, and how."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.contracts import MeasuredClaim
from dashboard.claim_text import STATUS, bound, figures, made
from dashboard.theme import Mode, tokens

__all__ = ["claim_table"]

_SCALES = ((0.0, 0.25), (0.75, 1.0), (0.5, 1.0), (0.0, 1.0))
"""Ends of a bar: the first that hold claim and interval."""


def claim_table(rows: Sequence[MeasuredClaim], *, label: str, mode: Mode) -> None:
    """Draw a line a claim; where it is narrow, one part below the other.

    Parameters
    ----------
    label : str
        What the rows have in common, for screen readers.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    body = "".join(_row(row, getattr(colours, STATUS[row.status][2])) for row in rows)
    body = body.replace(" %", "\N{NO-BREAK SPACE}%")
    st.html(f'<div class="pl-claims" role="list" aria-label="{escape(label)}">{body}</div>')


def _row(row: MeasuredClaim, colour: str) -> str:
    symbol, word, tone = STATUS[row.status]
    asked = f"Claimed {bound(row)}." if row.n else ""
    how = f"<p>{escape(row.card.topic)}. {escape(row.card.how)}</p>"
    if row.n:
        how += f"<p>{escape(made(row))}</p>"
    how += f"<p><code>{escape(row.command)}</code></p>"
    return (
        f'<div class="row" role="listitem"><div class="status {tone}">{symbol} {escape(word)}</div>'
        f"<div>{escape(row.card.claim)}<details><summary>How it is measured</summary>{how}"
        f"</details></div><div>{_bar(row, colour) if row.n else ''}"
        f'<div class="small">{escape(asked)} {escape(figures(row))}</div></div></div>'
    )


def _bar(row: MeasuredClaim, colour: str) -> str:
    """Return what is claimed as a band, and what was measured as an interval with its value."""
    card = row.card
    start, end = next(
        scale
        for scale in _SCALES
        if scale[0] <= min(row.low, card.bound) and max(row.high, card.bound) <= scale[1]
    )

    def at(share: float) -> float:
        return 100 * (share - start) / (end - start)

    band = (0.0, at(card.bound)) if card.direction == "at most" else (at(card.bound), 100.0)
    words = f"Claimed {bound(row)}, measured {figures(row)}"
    return (
        f'<div class="bar" role="img" aria-label="{escape(words)}">'
        f'<i class="right" style="left:{band[0]:.1f}%;width:{band[1] - band[0]:.1f}%"></i>'
        f'<i class="span" style="left:{at(row.low):.1f}%;'
        f'width:{at(row.high) - at(row.low):.1f}%;background:{colour}"></i>'
        f'<i class="value" style="left:{at(row.share):.1f}%;background:{colour}"></i></div>'
        f'<div class="small ends"><span>{100 * start:.0f} %</span><span>{100 * end:.0f} %</span>'
        "</div>"
    )
