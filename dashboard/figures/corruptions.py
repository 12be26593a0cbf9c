"""What corruptions do as their severity grows: accuracy, and how sure the model stays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.contracts import Corrupted, CorruptionGroup, CorruptionRow
from dashboard.figures.layout import HOVER, band, lay_out, titled
from dashboard.figures.lines import line_style
from dashboard.figures.text import plain
from dashboard.formatting import percent
from dashboard.theme import Mode, tokens

__all__ = ["MOST_GROUPS", "by_group", "by_severity", "confidence"]

MOST_GROUPS = 8
"""More lines can't be told apart."""
_HEIGHT = 320


def _figure(mode: Mode, *, legend: bool) -> go.Figure:
    return lay_out(
        go.Figure(), mode=mode, height=_HEIGHT, margin=(0, 12, 34 if legend else 8, 48),
        legend=legend,
        x={"dtick": 1, "range": [-0.15, 5.15]} | titled("severity (0: as they are)"),
        y={"tickformat": ".0%", "range": [-0.02, 1.02], "nticks": 6, "automargin": True},
    )  # fmt: skip


def _words(name: str, severity: int, point: CorruptionRow | CorruptionGroup) -> str:
    return (
        f"{plain(name)}, severity {severity}: {percent(point.accuracy)} "
        f"({percent(point.low)} to {percent(point.high)}), n = {point.n}"
    )


def by_severity(
    found: Corrupted, names: Mapping[str, str], *, chosen: str, mode: Mode
) -> go.Figure:
    """Draw accuracy against severity: every corruption thin, the chosen one with its interval.

    Parameters
    ----------
    names : mapping
        Name of each corruption by id.
    chosen : str
        Id of a corruption that is measured.
    """
    colours = tokens(mode)
    figure = _figure(mode, legend=False)
    for id in dict.fromkeys(row.corruption for row in found.rows):
        if id != chosen:
            _line(figure, found, id, names[id], colours.bar, 1.2)
    rows = [found.clean, *(row for row in found.rows if row.corruption == chosen)]
    low, high = [row.low for row in rows], [row.high for row in rows]
    band(figure, range(len(rows)), low, high, colour=colours.accent, alpha=0.18)
    _line(figure, found, chosen, names[chosen], colours.accent, 3)
    return figure


def _line(
    figure: go.Figure, found: Corrupted, id: str, name: str, colour: str, width: float
) -> None:
    rows = [found.clean, *(row for row in found.rows if row.corruption == id)]
    figure.add_scatter(
        x=[row.severity for row in rows],
        y=[row.accuracy for row in rows],
        mode="lines+markers",
        line={"width": width, "color": colour},
        marker={"size": 3 + 1.5 * width, "color": colour},
        customdata=[_words(name, row.severity, row) for row in rows],
        hovertemplate=HOVER,
    )


def by_group(found: Corrupted, groups: Mapping[str, str], *, chosen: str, mode: Mode) -> go.Figure:
    """Draw each group's accuracy against severity under one corruption.

    Parameters
    ----------
    groups : mapping
        Name of each group that is drawn, at most :data:`MOST_GROUPS`.
    """
    colours = tokens(mode)
    rows = [found.clean, *(row for row in found.rows if row.corruption == chosen)]
    figure = _figure(mode, legend=True)
    for i, (group, name) in enumerate(list(groups.items())[:MOST_GROUPS]):
        own = [next(g for g in row.groups if g.group == group) for row in rows]
        colour, dash, symbol = line_style(i, colours)
        figure.add_scatter(
            x=[row.severity for row in rows],
            y=[point.accuracy for point in own],
            name=plain(name),
            mode="lines+markers",
            line={"width": 1.8, "dash": dash, "color": colour},
            marker={"size": 7, "symbol": symbol, "color": colour},
            customdata=[
                _words(name, row.severity, p) for row, p in zip(rows, own, strict=True)
            ],
            hovertemplate=HOVER,
        )  # fmt: skip
    return figure


def confidence(found: Corrupted, *, mode: Mode) -> go.Figure:
    """Draw mean confidence beside accuracy, averaged over the corruptions of each severity."""
    colours = tokens(mode)
    figure = _figure(mode, legend=True)
    severities = sorted({row.severity for row in found.rows})
    steps = [[found.clean], *([r for r in found.rows if r.severity == s] for s in severities)]
    for name, key, dash, symbol, colour in (
        ("is right", "accuracy", "solid", "circle", colours.accent),
        ("is sure", "confidence", "dash", "square", colours.unsure),
    ):
        values = [float(np.mean([getattr(row, key) for row in step])) for step in steps]
        figure.add_scatter(
            x=[0, *severities],
            y=values,
            name=name,
            mode="lines+markers",
            line={"width": 2.2, "dash": dash, "color": colour},
            marker={"size": 8, "symbol": symbol, "color": colour},
            customdata=[
                f"severity {s}: {name} in {percent(value)}, mean over {len(step)} of them"
                if s
                else f"as they are: {name} in {percent(value)}"
                for s, step, value in zip([0, *severities], steps, values, strict=True)
            ],
            hovertemplate=HOVER,
        )
    return figure
