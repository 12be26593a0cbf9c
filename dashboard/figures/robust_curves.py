"""Accuracy against ε: curves with their intervals, on an axis on which every doubling is a step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from core.contracts import Norm, RobustCurve, Trust
from dashboard.figures.layout import HOVER, band, lay_out, titled
from dashboard.figures.lines import line_style
from dashboard.figures.text import plain
from dashboard.formatting import percent
from dashboard.robustness_text import NORMS, eps_tick, format_eps, point_text
from dashboard.theme import Mode, Tokens, tokens

__all__ = ["MOST_LINES", "Line", "robust_curves", "spoken"]

MOST_LINES = 8
"""More lines can't be told apart."""
HEIGHT = 400
_MOST_TICKS = 12
_DOUBTS: dict[Trust, tuple[str, str]] = {
    "not trusted": ("<b>✗ not trustworthy</b>: a check of the attacks failed", "bad"),
    "not shown": ("<b>△ not shown to be trustworthy</b>: checks could not be made", "unsure"),
}
"""What is said on the chart, and the colour's name."""
Role = Literal["main", "other", "control"]


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: what it is called, and what it is on this chart."""

    name: str
    curve: RobustCurve
    role: Role = "other"


def robust_curves(
    lines: Sequence[Line], *, norm: Norm, mode: Mode, clean: float | None = None,
    trust: Trust = "unchecked", up_to: float = 0.0,
) -> go.Figure:  # fmt: skip
    """Draw the curves.

    Parameters
    ----------
    lines : sequence of Line
        The main ones in the accent and drawn last; at most :data:`MOST_LINES`.
    clean : float, optional
        Accuracy on the unharmed pictures, as a line across.
    trust : Trust
        Whether the checks of the attacks failed or could not be made: said on the chart itself.
    up_to : float
        ε that the axis reaches at least.
    """
    colours = tokens(mode)
    figure = go.Figure()
    shown = lines[:MOST_LINES]
    steps = sorted({point.eps for line in shown for point in line.curve.points} | {up_to})
    place = _places(steps)
    ordered = sorted(enumerate(shown), key=lambda entry: entry[1].role == "main")
    for i, line in ordered:
        _add(figure, line, i, place, colours, doubted=trust == "not trusted")
    if clean is not None:
        _baseline(figure, clean, colours)
    if trust in _DOUBTS:
        text, ink = _DOUBTS[trust]
        figure.add_annotation(
            text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, borderpad=6,
            font={"size": 15, "color": getattr(colours, ink)}, bgcolor=colours.surface,
            bordercolor=getattr(colours, ink), opacity=0.92,
        )  # fmt: skip
    _lay_out(figure, steps, place, norm, mode)
    return figure


def _places(steps: Sequence[float]) -> Callable[[float], float]:
    """Return where ε lies: 0 at 0, the smallest at 1, every doubling one further."""
    first = next((eps for eps in steps if eps > 0), 1.0)
    return lambda eps: 0.0 if eps <= 0 else 1 + math.log2(eps / first)


def _look(line: Line, place: int, colours: Tokens) -> tuple[str, str, str, float]:
    """Return colour, dash, symbol and width."""
    if line.role == "main":
        return colours.accent, "solid", "circle", 3.5
    if line.role == "control":
        return colours.muted, "dash", "x-thin-open", 1.5
    return *line_style(place, colours, accent=False), 1.6


def _add(
    figure: go.Figure, line: Line, i: int, place: Callable[[float], float], colours: Tokens, *,
    doubted: bool,
) -> None:  # fmt: skip
    colour, dash, symbol, width = _look(line, i, colours)
    if doubted and line.role == "main":
        colour, dash = colours.bad, "dot"
    points, name = line.curve.points, plain(line.name)
    x = [place(point.eps) for point in points]
    band(
        figure, x, [p.low for p in points], [p.high for p in points], colour=colour,
        alpha=0.18 if line.role == "main" else 0.08, showlegend=False, legendgroup=name,
    )  # fmt: skip
    figure.add_scatter(
        x=x,
        y=[point.accuracy for point in points],
        name=name,
        legendgroup=name,
        legendrank=900 if line.role == "main" else 1000 + i,
        mode="lines+markers",
        line={"width": width, "dash": dash, "color": colour},
        marker={"size": 8 if line.role == "main" else 6, "symbol": symbol, "color": colour,
                "line": {"color": colour, "width": 1}},
        customdata=[f"{name}, {plain(point_text(p, line.curve.norm))}" for p in points],
        hovertemplate=HOVER,
    )  # fmt: skip


def _baseline(figure: go.Figure, clean: float, colours: Tokens) -> None:
    figure.add_hline(y=clean, line={"width": 1, "dash": "dot", "color": colours.muted})
    figure.add_annotation(
        text=f"unharmed {percent(clean)}", x=1, xref="paper", xanchor="right", y=clean,
        yanchor="bottom", showarrow=False, font={"size": 12, "color": colours.muted},
    )  # fmt: skip


def _lay_out(
    figure: go.Figure, steps: Sequence[float], place: Callable[[float], float], norm: Norm,
    mode: Mode,
) -> None:  # fmt: skip
    ticks = _apart(steps, place)
    unit = {"linf": "in 255ths of a pixel's range", "area": "in % of the picture"}.get(norm, "")
    title = f"ε ({NORMS[norm][0]}{', ' + unit if unit else ''}); each doubling is one step"
    lay_out(
        figure, mode=mode, height=HEIGHT, margin=(0, 8, 44, 52), legend=None,
        x={"tickvals": [place(eps) for eps in ticks],
           "ticktext": [eps_tick(eps, norm) for eps in ticks],
           "range": [-0.15, place(steps[-1]) + 0.2], "zeroline": False} | titled(title),
        y={"tickformat": ".0%", "range": [-0.02, 1.04], "nticks": 6, "automargin": True}
        | titled("right"),
    )  # fmt: skip


def _apart(steps: Sequence[float], place: Callable[[float], float]) -> list[float]:
    """Return the steps that have room for their names: those of two curves may lie close."""
    room, kept = place(steps[-1]) / _MOST_TICKS, [steps[0]]
    for step in steps[1:]:
        if place(step) - place(kept[-1]) >= room - 1e-9:
            kept.append(step)
    return kept


def spoken(line: Line) -> str:
    """Return a curve for those who do not see it."""
    points = ", ".join(
        f"{percent(p.accuracy)} at {format_eps(p.eps, line.curve.norm)}" for p in line.curve.points
    )
    return f"{line.name}: {points}"
