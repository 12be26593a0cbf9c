"""How similar a method's maps stay while a model's weights are drawn anew, stage by stage."""

from __future__ import annotations

import plotly.graph_objects as go

from core.contracts import Sanity
from dashboard.figures.layout import lay_out
from dashboard.theme import Mode, tokens

__all__ = ["cascade"]

_HEIGHT = 170
_HOVER = "%{customdata}<br>%{fullData.name} %{y:.2f}<extra></extra>"


def cascade(sanity: Sanity, *, mode: Mode) -> go.Figure:
    """Draw rank correlation and SSIM over the stages, and the threshold for their mean.

    Parameters
    ----------
    sanity : Sanity
        With at least one stage.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    layers = [stage.layer for stage in sanity.stages]
    figure = go.Figure()
    for name, values, line in (
        ("SSIM", [s.ssim for s in sanity.stages], {"color": colours.bar, "width": 1.5}),
        ("Rank correlation", [s.spearman for s in sanity.stages],
         {"color": colours.accent, "width": 2.5}),
    ):  # fmt: skip
        figure.add_scatter(
            x=list(range(len(layers))), y=values, name=name, mode="lines+markers", line=line,
            customdata=layers, hovertemplate=_HOVER,
        )  # fmt: skip
    figure.add_hline(y=sanity.threshold, line={"color": colours.muted, "dash": "dot", "width": 1})
    figure.add_annotation(
        text=f"threshold {sanity.threshold:g}", x=1, xref="paper", xanchor="right",
        y=sanity.threshold, yanchor="bottom", showarrow=False,
        font={"size": 12, "color": colours.muted},
    )  # fmt: skip
    lowest = min(0.0, *(s.spearman for s in sanity.stages), *(s.ssim for s in sanity.stages))
    return lay_out(
        figure, mode=mode, height=_HEIGHT, margin=(32, 8, 24, 10), size=11,
        legend={"y": 1.18, "yanchor": None, "font": {"size": 12}}, x={"showticklabels": False},
        y={"range": [lowest - 0.05, 1.05], "nticks": 4},
    )  # fmt: skip
