"""Accuracy by group: a point and its interval for each group and each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from dashboard.figures.layout import HOVER, beside, lay_out, rows_axis
from dashboard.figures.learning import colour_of
from dashboard.figures.lines import STYLES
from dashboard.figures.text import plain
from dashboard.formatting import percent
from dashboard.theme import Mode, tokens

if TYPE_CHECKING:
    from dashboard.services import Rate

__all__ = ["group_rates"]

_ROW = 30


def group_rates(
    groups: Sequence[str], series: Mapping[str, Sequence[Rate | None]], *, mode: Mode
) -> go.Figure:
    """Draw a row a group.

    Parameters
    ----------
    groups : sequence of str
        Names, the first on top.
    series : mapping
        For each model, by its name, the rate of each group; ``None`` where it has no such group.
        The first is in the accent; all differ by their symbol.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    height = _ROW + 14 * (len(series) - 1)
    for i, (name, rates) in enumerate(series.items()):
        shift = (i - (len(series) - 1) / 2) * 0.62 / max(len(series), 1)
        rows = [(y, rate) for y, rate in enumerate(rates) if rate is not None]
        colour = colour_of(i, colours)
        figure.add_scatter(
            x=[rate.value for _, rate in rows],
            y=[y + shift for y, _ in rows],
            name=plain(name),
            mode="markers",
            marker={"size": 9, "color": colour, "symbol": STYLES[i % len(STYLES)][1]},
            error_x={
                "type": "data", "symmetric": False, "thickness": 2, "width": 0, "color": colour,
                "array": [rate.high - rate.value for _, rate in rows],
                "arrayminus": [rate.value - rate.low for _, rate in rows],
            },
            customdata=[f"{plain(groups[y])}: {_words(rate)}" for y, rate in rows],
            hovertemplate=HOVER,
        )  # fmt: skip
        if len(series) == 1:
            _write_counts(figure, rows, colours.muted)
    single = len(series) == 1
    return lay_out(
        figure, mode=mode, height=height * len(groups) + (36 if single else 66),
        margin=(0, 92 if single else 12, 4 if single else 34, 28), legend=not single,
        x={"tickformat": ".0%", "nticks": 6, "range": [_least(series), 1.01]},
        y=rows_axis([plain(name) for name in groups]),
    )  # fmt: skip


def _write_counts(figure: go.Figure, rows: Sequence[tuple[int, Rate]], muted: str) -> None:
    for y, rate in rows:
        beside(
            figure, y,
            f"{percent(rate.value)} <span style='color:{muted}'>{rate.k}/{rate.n}</span>",
        )  # fmt: skip


def _least(series: Mapping[str, Sequence[Rate | None]]) -> float:
    """Return where the axis begins: a tenth below the lowest interval, never below 0."""
    lows = [rate.low for rates in series.values() for rate in rates if rate is not None]
    return max(0.0, min(lows, default=0.0) - 0.04)


def _words(rate: Rate) -> str:
    low, high = percent(rate.low), percent(rate.high)
    return f"{percent(rate.value)}, {rate.k} of {rate.n}, 95 % interval {low} to {high}"
