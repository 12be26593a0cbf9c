"""One class's Shapley values over what the model saw; regions tell their share when pointed at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.contracts import RegionShare, ShapResult
from dashboard.theme import Mode, template, tokens

__all__ = ["SIDE", "shap_map"]

SIDE = 310

_GRID = 56
"""Cells a side that answer the pointer: enough for regions, and small to send."""
_HOVER = "Region %{customdata}<br><b>%{z:+.2f}</b> logit<extra></extra>"


def shap_map(
    result: ShapResult,
    k: int,
    *,
    picture: str,
    ranked: Sequence[RegionShare],
    labelled: int,
    mode: Mode,
) -> go.Figure:
    """Draw the map of the ``k``-th class.

    Parameters
    ----------
    result : ShapResult
    k : int
    picture : str
        Data URI of the map over the picture.
    ranked : sequence of RegionShare
        All regions, by the numbers that they are called by.
    labelled : int
        How many regions show their number.
    mode : {"light", "dark"}
    """
    height, width = result.segments.shape
    rows = np.arange(0, height, max(1, height // _GRID))
    columns = np.arange(0, width, max(1, width // _GRID))
    cells = result.segments[np.ix_(rows, columns)]
    numbers = np.zeros(len(ranked), np.int32)
    numbers[[share.region for share in ranked]] = [share.number for share in ranked]
    figure = go.Figure(
        go.Heatmap(
            x=columns,
            y=rows,
            z=np.round(result.region_values[k].astype(float), 4)[cells],
            customdata=numbers[cells],
            opacity=0,
            showscale=False,
            hovertemplate=_HOVER,
        )
    )
    figure.add_layout_image(
        source=picture, xref="x", yref="y", x=0, y=0, sizex=width, sizey=height,
        sizing="stretch", layer="below",
    )  # fmt: skip
    theme = tokens(mode)
    for share in ranked[:labelled]:
        figure.add_annotation(
            x=share.x, y=share.y, text=str(share.number), showarrow=False, borderpad=1,
            font={"size": 12, "color": theme.text}, bgcolor=theme.surface, opacity=0.85,
        )  # fmt: skip
    figure.update_layout(
        template=template(mode),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        height=SIDE,
        xaxis={"visible": False, "range": [0, width], "fixedrange": True},
        yaxis={
            "visible": False,
            "range": [height, 0],
            "fixedrange": True,
            "scaleanchor": "x",
            "constrain": "domain",
        },
    )
    return figure
