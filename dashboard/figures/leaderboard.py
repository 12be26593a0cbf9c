"""Methods in order of one metric, each with its interval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import plotly.graph_objects as go

from core.contracts import GroupScore
from dashboard.figures.layout import HOVER, beside, lay_out, rows_axis
from dashboard.figures.text import plain
from dashboard.formatting import number
from dashboard.theme import Mode, Tokens, tokens

__all__ = ["forest"]

_ROW = 34


def forest(
    scores: Sequence[GroupScore],
    *,
    names: Mapping[str, str],
    controls: Collection[str],
    leaders: Collection[str],
    mode: Mode,
) -> go.Figure:
    """Draw one row a method: its mean as a point, its 95 % interval as a bar.

    Parameters
    ----------
    scores : sequence of GroupScore
        Of one metric and one group, in the order of the rows, the first on top. Those without a
        mean keep their row and say so.
    names : mapping of str to str
        Names of the methods by id.
    controls : collection of str
        Methods that know nothing of the model: hollow points in grey.
    leaders : collection of str
        Methods to be seen first: in the accent, their names in bold.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    for row, score in enumerate(scores):
        _add_row(figure, row, score, score.method in controls, score.method in leaders, colours)
    labels = [_label(names.get(s.method, s.method), s.method in leaders) for s in scores]
    return lay_out(
        figure, mode=mode, height=_ROW * len(scores) + 34, margin=(0, 52, 4, 28),
        x={"nticks": 5}, y=rows_axis(labels),
    )  # fmt: skip


def _add_row(
    figure: go.Figure, row: int, score: GroupScore, control: bool, leader: bool, colours: Tokens
) -> None:
    colour = colours.accent if leader else colours.muted
    if score.mean is None:
        beside(figure, row, "not estimable", colours.muted)
        return
    bar = None
    if score.low is not None and score.high is not None:
        bar = {
            "type": "data", "symmetric": False, "thickness": 2, "width": 5,
            "array": [score.high - score.mean], "arrayminus": [score.mean - score.low],
        }  # fmt: skip
    figure.add_scatter(
        x=[score.mean],
        y=[row],
        mode="markers",
        marker={"size": 10, "color": colour, "line": {"width": 2, "color": colour},
                "symbol": "circle-open" if control else "circle"},
        error_x=bar,
        customdata=[_hover(score)],
        hovertemplate=HOVER,
    )  # fmt: skip
    beside(figure, row, number(score.mean), colours.text)


def _hover(score: GroupScore) -> str:
    mean = number(score.mean) if score.mean is not None else "not estimable"
    if score.low is None or score.high is None:
        return f"{mean}, no interval, n = {score.n}"
    return f"{mean}, 95 % interval {number(score.low)} to {number(score.high)}, n = {score.n}"


def _label(name: str, leader: bool) -> str:
    text = plain(name)
    return f"<b>{text}</b>" if leader else text
