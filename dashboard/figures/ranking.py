"""The most probable classes as labelled bars."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.contracts import ClassScore
from dashboard.figures.text import plain
from dashboard.formatting import percent
from dashboard.theme import Mode, template, tokens

__all__ = ["ranking"]

_ROW = 46
_MARKS = ("\N{BLACK CIRCLE}", "\N{WHITE CIRCLE}")
_LONGEST = 38
_HOVER = "%{customdata[0]}<br>%{customdata[1]} (class %{customdata[2]})<extra></extra>"


def ranking(scores: Sequence[ClassScore], *, explained: Sequence[int], mode: Mode) -> go.Figure:
    """Draw one bar a class, the name above it and the probability at its side.

    Parameters
    ----------
    scores : sequence of ClassScore
        Best first.
    explained : sequence of int
        Index of the class that the map is about, and of the one it is held against: marked by a
        filled and a hollow symbol, and by colour.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    rows = list(range(len(scores)))
    widths = [score.probability for score in scores]
    figure = go.Figure(
        go.Bar(
            x=widths,
            y=rows,
            orientation="h",
            width=0.3,
            marker={
                "color": [colours.accent if s.index in explained else colours.bar for s in scores],
                "cornerradius": 3,
            },
            customdata=[[plain(s.label), percent(s.probability), s.index] for s in scores],
            hovertemplate=_HOVER,
        )
    )
    for row, score in zip(rows, scores):
        name = plain(_shortened(score.label))
        if score.index in explained:
            name = f"<b>{_MARKS[list(explained).index(score.index)]} {name}</b>"
        place = {"y": row, "yshift": 17, "showarrow": False, "xref": "paper"}
        figure.add_annotation(text=name, x=0, xanchor="left", **place)
        figure.add_annotation(text=percent(score.probability), x=1, xanchor="right", **place)
    figure.update_layout(
        template=template(mode),
        height=_ROW * len(scores),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        bargap=0,
        showlegend=False,
        xaxis={"visible": False, "range": [0, 1], "fixedrange": True},
        yaxis={"visible": False, "range": [len(scores) - 0.4, -0.6], "fixedrange": True},
    )
    return figure


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
