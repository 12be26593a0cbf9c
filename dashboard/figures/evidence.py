"""A map's deletion or insertion curve against what controls reach."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.contracts import Array, Curve
from dashboard.theme import Mode, Tokens, template, tokens

__all__ = ["HEIGHT", "curves"]

HEIGHT = 150
_HOVER = "%{x:.0%} of the pixels: %{y:.1%}<extra>%{fullData.name}</extra>"
_LINES: dict[str, dict[str, object]] = {
    "map": {"width": 2.5, "shape": "linear"},
    "random": {"width": 1, "shape": "linear"},
    "edges": {"width": 1.5, "dash": "dash", "shape": "linear"},
}
_NAMES = {"map": "this map", "random": "random blocks", "edges": "edges"}


def curves(shown: Sequence[Curve], *, mode: Mode) -> go.Figure:
    """Draw one metric's curves: the map in the accent, controls in grey behind it.

    Parameters
    ----------
    shown : sequence of Curve
        Of one metric. The control ``random`` has a band from its lowest to its highest draw,
        ``edges`` is dashed: lines differ by more than their colour.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    for curve in sorted(shown, key=lambda curve: curve.source == "map"):
        if curve.low is not None and curve.high is not None:
            _add_band(figure, curve.fractions, curve.low, curve.high, colours)
        figure.add_scatter(
            x=curve.fractions.tolist(),
            y=curve.scores.tolist(),
            mode="lines",
            name=_NAMES.get(curve.source, curve.source),
            line={"color": _colour(curve.source, colours), **_LINES.get(curve.source, {})},
            hovertemplate=_HOVER,
        )
    # Probabilities of a hesitant model fill a corner only: the axis ends a little above them.
    top = max((float(_upper(curve).max()) for curve in shown), default=1.0)
    axis = {"fixedrange": True, "tickfont": {"size": 11, "color": colours.muted}}
    figure.update_layout(
        template=template(mode),
        height=HEIGHT,
        margin={"l": 38, "r": 20, "t": 6, "b": 26},
        showlegend=False,
        hovermode="closest",
        xaxis={
            **axis,
            "range": [0, 1],
            "tickvals": [0, 0.5, 1],
            "tickformat": ".0%",
            "ticklabelstandoff": 4,
        },
        yaxis={**axis, "range": [0, min(1.02, 1.08 * top)], "nticks": 4, "tickformat": ".0%"},
    )
    return figure


def _upper(curve: Curve) -> Array:
    return curve.scores if curve.high is None else curve.high


def _colour(source: str, colours: Tokens) -> str:
    return {"map": colours.accent, "edges": colours.muted}.get(source, colours.bar)


def _add_band(figure: go.Figure, x: Array, low: Array, high: Array, colours: Tokens) -> None:
    figure.add_scatter(
        x=[*x.tolist(), *x[::-1].tolist()],
        y=[*high.tolist(), *low[::-1].tolist()],
        fill="toself",
        fillcolor=_faint(colours.bar),
        line={"width": 0},
        mode="lines",
        name="random blocks, lowest to highest draw",
        hoverinfo="skip",
    )


def _faint(colour: str, share: float = 0.38) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
