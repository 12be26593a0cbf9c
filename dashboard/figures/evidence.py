"""A map's deletion or insertion curve against what controls reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.contracts import Array, Curve, ModalityCard
from dashboard.figures.layout import band, lay_out
from dashboard.theme import Mode, Tokens, tokens

__all__ = ["HEIGHT", "curves"]

HEIGHT = 150
_HOVER = "%{{x:.0%}} of the {site}s: %{{y:.1%}}<extra>%{{fullData.name}}</extra>"
_DASHES = ("solid", "longdash", "dash", "dashdot", "longdashdot", "2px,6px", "dot")
_BAND = "maps that know nothing of the model, lowest to highest"


def curves(shown: Sequence[Curve], kind: ModalityCard, *, mode: Mode) -> go.Figure:
    """Draw one metric's curves: the map in the accent, controls in grey behind it.

    Parameters
    ----------
    shown : sequence of Curve
        Of one metric. The controls lie in one band from their lowest to their highest; the mean
        of each family has its own dash: lines differ by more than their colour.
    kind : ModalityCard
        What the families and a site are called.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    controls = [curve for curve in shown if curve.source != "map"]
    if controls:
        _add_band(figure, controls, colours)
    for curve in sorted(shown, key=lambda curve: curve.source == "map"):
        figure.add_scatter(
            x=curve.fractions.tolist(),
            y=curve.scores.tolist(),
            mode="lines",
            name=kind.families.get(curve.source, "this map"),
            line=_line(curve.source, kind, colours),
            hovertemplate=_HOVER.format(site=kind.site),
        )
    # Probabilities of a hesitant model fill a corner only: the axis ends a little above them.
    top = max((float(_upper(curve).max()) for curve in shown), default=1.0)
    return lay_out(
        figure, mode=mode, height=HEIGHT, margin=(38, 20, 6, 26), size=11,
        x={"range": [0, 1], "tickvals": [0, 0.5, 1], "tickformat": ".0%", "ticklabelstandoff": 4},
        y={"range": [0, min(1.02, 1.08 * top)], "nticks": 4, "tickformat": ".0%"},
    )  # fmt: skip


def _line(source: str, kind: ModalityCard, colours: Tokens) -> dict[str, object]:
    if source == "map":
        return {"color": colours.accent, "width": 2.5, "shape": "linear"}
    dash = _DASHES[list(kind.families).index(source) % len(_DASHES)]
    return {"color": colours.bar, "width": 1, "dash": dash, "shape": "linear"}


def _upper(curve: Curve) -> Array:
    return curve.scores if curve.high is None else curve.high


def _lower(curve: Curve) -> Array:
    return curve.scores if curve.low is None else curve.low


def _add_band(figure: go.Figure, controls: Sequence[Curve], colours: Tokens) -> None:
    band(
        figure,
        controls[0].fractions.tolist(),
        np.min([_lower(curve) for curve in controls], axis=0).tolist(),
        np.max([_upper(curve) for curve in controls], axis=0).tolist(),
        colour=colours.bar, alpha=0.38, name=_BAND,
    )  # fmt: skip
