"""What scores are worth in each group: calibration, ROC curves, and the cost of parity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.contracts import Calibration, ParityCost, ScoreCurves, group_name
from dashboard.figures.layout import HOVER, lay_out, titled
from dashboard.figures.lines import line_style
from dashboard.figures.text import plain
from dashboard.formatting import percent
from dashboard.theme import Mode, tokens

__all__ = ["MOST_LINES", "calibration", "cost", "roc"]

MOST_LINES = 8
"""More lines can't be told apart."""
_HEIGHT = 340


def _square(figure: go.Figure, mode: Mode, x: str, y: str) -> None:
    axis = {"tickformat": ".0%", "range": [-0.02, 1.02], "nticks": 6}
    lay_out(
        figure, mode=mode, height=_HEIGHT, margin=(0, 12, 34, 48), legend=None,
        x=axis | titled(x), y=axis | titled(y) | {"automargin": True},
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", showlegend=False, hoverinfo="skip",
        line={"width": 1, "dash": "dot", "color": tokens(mode).muted},
    )  # fmt: skip


def calibration(found: Sequence[Calibration], *, event: str, mode: Mode) -> go.Figure:
    """Draw how often the event happens among rows of a score, with intervals, for each group.

    Parameters
    ----------
    found : sequence of Calibration
        A group each; at most :data:`MOST_LINES`.
    event : str
        What the score is the probability of, for the axis.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    _square(figure, mode, "mean score", event)
    for i, curve in enumerate(found[:MOST_LINES]):
        colour, dash, symbol = line_style(i, colours)
        figure.add_scatter(
            x=curve.mean_score,
            y=curve.rate,
            name=plain(group_name(curve.group)),
            mode="lines+markers",
            line={"width": 1.5, "dash": dash, "color": colour},
            marker={"size": _sizes(curve), "symbol": symbol, "color": colour},
            error_y={
                "type": "data", "symmetric": False, "thickness": 1.2, "width": 0, "color": colour,
                "array": curve.high - curve.rate, "arrayminus": curve.rate - curve.low,
            },
            customdata=[
                f"{plain(group_name(curve.group))}: score {percent(float(s))}, {event} "
                f"{percent(float(r))} ({percent(float(low))} to {percent(float(high))}), n = {n:g}"
                for s, r, low, high, n in zip(
                    curve.mean_score, curve.rate, curve.low, curve.high, curve.n, strict=True
                )
            ],
            hovertemplate=HOVER,
        )  # fmt: skip
    return figure


def _sizes(curve: Calibration) -> list[float]:
    """Return larger marks for bins that hold more of the group's rows."""
    share = curve.n / max(float(curve.n.sum()), 1.0)
    return [float(size) for size in 5 + 11 * np.sqrt(share)]


def roc(curves: ScoreCurves, chosen: Mapping[str, float], *, mode: Mode) -> go.Figure:
    """Draw each group's ROC curve and where its threshold lies on it.

    Parameters
    ----------
    curves : ScoreCurves
    chosen : mapping
        Each group's threshold, one that its curve knows; infinite where nobody is selected.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    _square(figure, mode, "false positive rate", "true positive rate")
    for g, group in enumerate(curves.groups[:MOST_LINES]):
        if not (curves.positives[g] and curves.negatives[g]):
            continue
        colour, dash, symbol = line_style(g, colours)
        fpr = np.append(curves.false_positives[g] / curves.negatives[g], 0.0)
        tpr = np.append(curves.true_positives[g] / curves.positives[g], 0.0)
        at = int(np.searchsorted(curves.thresholds, chosen[group]))
        figure.add_scatter(
            x=fpr, y=tpr, name=plain(group_name(group)), mode="lines", hoverinfo="skip",
            line={"width": 1.8, "dash": dash, "color": colour},
        )  # fmt: skip
        figure.add_scatter(
            x=[fpr[at]],
            y=[tpr[at]],
            mode="markers",
            showlegend=False,
            marker={"size": 12, "symbol": symbol, "color": colour,
                    "line": {"width": 2, "color": colours.surface}},
            customdata=[
                f"{plain(group_name(group))}: finds {percent(float(tpr[at]))}, takes "
                f"{percent(float(fpr[at]))} of the negatives for positive"
            ],
            hovertemplate=HOVER,
        )  # fmt: skip
    return figure


def cost(found: ParityCost, *, mode: Mode) -> go.Figure:
    """Draw the best accuracy under each bound of the gap."""
    colours = tokens(mode)
    figure = go.Figure()
    figure.add_scatter(
        x=100 * found.allowed,
        y=found.accuracy,
        mode="lines",
        line={"width": 2.5, "color": colours.accent},
        customdata=[
            f"gap of at most {100 * allowed:.0f} points: accuracy {percent(float(accuracy))}"
            for allowed, accuracy in zip(found.allowed, found.accuracy, strict=True)
        ],
        hovertemplate=HOVER,
    )
    figure.add_hline(
        y=found.best_accuracy, line={"width": 1, "dash": "dot", "color": colours.muted}
    )
    return lay_out(
        figure, mode=mode, height=_HEIGHT - 60, margin=(0, 12, 8, 48),
        x=titled("gap allowed, points"),
        y=titled("best accuracy", standoff=10)
        | {"tickformat": ".1%", "automargin": True, "nticks": 6},
    )  # fmt: skip
