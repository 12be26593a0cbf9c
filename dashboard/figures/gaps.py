"""Gaps between groups with their intervals, and the tolerance that the verdict is read against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.contracts import FairnessVerdict
from dashboard.fairness_text import STATUS, span
from dashboard.figures.layout import HOVER, beside, lay_out, rows_axis, titled
from dashboard.figures.text import plain
from dashboard.run_text import points
from dashboard.theme import Mode, Tokens, tokens

__all__ = ["GapRow", "forest"]

_ROW = 34
_MARKERS = {
    "flag": "x", "pass": "circle", "insufficient evidence": "triangle-up",
    "excluded": "circle-open",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GapRow:
    """One row: a gap, or a group against another, as the audit has it.

    Parameters
    ----------
    difference, low, high : float
        The interval is the one that the verdict is read from; NaN where there is none.
    verdict : str
    """

    name: str
    difference: float
    low: float
    high: float
    verdict: FairnessVerdict


def forest(rows: Sequence[GapRow], *, tolerance: float, mode: Mode) -> go.Figure:
    """Draw a row a gap over the band of differences that are tolerated.

    Parameters
    ----------
    rows : sequence of GapRow
        The first on top.
    tolerance : float
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    signed = any(row.low < 0 for row in rows)
    edge = -tolerance if signed else 0.0
    figure.add_vrect(
        x0=100 * edge, x1=100 * tolerance, fillcolor=colours.bar, opacity=0.28, line_width=0,
        layer="below",
    )  # fmt: skip
    for y, row in enumerate(rows):
        _add(figure, y, row, tolerance, colours)
    ends = [100 * end for row in rows for end in (row.low, row.high) if not math.isnan(end)]
    return lay_out(
        figure, mode=mode, height=_ROW * len(rows) + 58, margin=(0, 64, 4, 48),
        x={"nticks": 7, "range": _range(ends, 100 * tolerance, signed=signed), "zeroline": True,
           "zerolinecolor": colours.muted} | titled("points", standoff=6),
        y=rows_axis([plain(row.name) for row in rows]),
    )  # fmt: skip


def _range(ends: Sequence[float], tolerance: float, *, signed: bool) -> list[float]:
    high = max([*ends, 1.6 * tolerance, 2.0]) * 1.04
    low = min([*ends, -1.6 * tolerance if signed else 0.0]) * 1.04
    return [min(low, -0.02 * high), high]


def _add(figure: go.Figure, y: int, row: GapRow, tolerance: float, colours: Tokens) -> None:
    symbol, word, tone = STATUS[row.verdict]
    colour = getattr(colours, tone)
    if math.isnan(row.low) or math.isnan(row.high):
        beside(figure, y, f"{symbol} {word}", colour)
        return
    interval = span(row.low, row.high, tolerance)
    words = f"{plain(row.name)}: {points(row.difference)} points, {interval}: {word}"
    figure.add_scatter(
        x=[100 * row.low, 100 * row.high],
        y=[y, y],
        mode="lines",
        line={"width": 3, "color": colour},
        customdata=[words, words],
        hovertemplate=HOVER,
    )
    figure.add_scatter(
        x=[100 * row.difference],
        y=[y],
        mode="markers",
        marker={"size": 11, "color": colour, "symbol": _MARKERS[row.verdict],
                "line": {"width": 1, "color": colour}},
        customdata=[words],
        hovertemplate=HOVER,
    )  # fmt: skip
    beside(figure, y, f"{points(row.difference)} {symbol}", colour)
