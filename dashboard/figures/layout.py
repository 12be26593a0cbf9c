"""What figures of this house have in common: a quiet layout, axes that don't move, bands, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.lines import LEGEND
from dashboard.theme import Mode, faded, template, tokens

__all__ = ["HOVER", "band", "beside", "lay_out", "rows_axis", "titled"]

HOVER = "%{customdata}<extra></extra>"
"""A mark that is pointed at shows its words."""


def lay_out(
    figure: go.Figure, *, mode: Mode, height: int, margin: tuple[int, int, int, int],
    x: Mapping[str, Any], y: Mapping[str, Any], legend: bool | Mapping[str, Any] | None = False,
    size: int = 12, **more: Any,
) -> go.Figure:  # fmt: skip
    """Lay a figure out in the theme, and return it; neither axis can be dragged.

    Parameters
    ----------
    margin : tuple of int
        Left, right, top and bottom, in pixels.
    x, y : mapping
        What is particular of the axes.
    legend : bool, mapping or None
        Whether there is one, or what differs from :data:`LEGEND`; ``None``: with several lines.
    size : int
        Of the ticks' font.
    more
        What is particular of the layout.
    """
    axis = {"fixedrange": True, "tickfont": {"size": size, "color": tokens(mode).muted}}
    figure.update_layout(
        template=template(mode), height=height, margin=dict(zip("lrtb", margin, strict=True)),
        showlegend=None if legend is None else bool(legend),
        legend={**LEGEND, **(legend if isinstance(legend, Mapping) else {})},
        hovermode="closest", xaxis={**axis, **x}, yaxis={**axis, **y}, **more,
    )  # fmt: skip
    return figure


def titled(text: str, **more: Any) -> dict[str, Any]:
    """Return an axis' title."""
    return {"title": {"text": text, "font": {"size": 12}, **more}}


def rows_axis(names: Sequence[str]) -> dict[str, Any]:
    """Return a vertical axis with a row for each name, the first on top."""
    return {
        "showgrid": False, "zeroline": False, "automargin": True,
        "tickfont": None, "tickvals": list(range(len(names))), "ticktext": list(names),
        "range": [len(names) - 0.5, -0.5],
    }  # fmt: skip


def band(
    figure: go.Figure, x: Sequence[float], low: Sequence[float], high: Sequence[float], *,
    colour: str, alpha: float, **more: Any,
) -> None:  # fmt: skip
    """Fill what lies between two lines."""
    figure.add_scatter(
        x=[*x, *reversed(x)], y=[*high, *reversed(low)], mode="lines", fill="toself",
        fillcolor=faded(colour, alpha), line={"width": 0}, hoverinfo="skip", **more,
    )  # fmt: skip


def beside(figure: go.Figure, y: float, text: str, colour: str | None = None) -> None:
    """Write text of ours at the right of a row."""
    figure.add_annotation(
        text=text, x=1, xref="paper", y=y, xanchor="left", xshift=6, showarrow=False,
        font={"size": 13} | ({"color": colour} if colour else {}),
    )  # fmt: skip
