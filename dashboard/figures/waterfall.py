"""From base value to prediction, region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.contracts import RegionShare, ShapResult
from dashboard.formatting import number
from dashboard.theme import Mode, template, tokens

__all__ = ["ROW", "Step", "steps", "waterfall"]

ROW = 34
_NOTICED = 0.005
"""A gap smaller than this share of the whole way is not drawn."""
_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"


@dataclass(frozen=True, slots=True)
class Step:
    """One row: a bar from ``start`` to ``end`` on the axis of logits; ``total`` for its ends."""

    name: str
    start: float
    end: float
    words: str
    total: bool = False


def steps(
    result: ShapResult, k: int, ranked: Sequence[RegionShare], *, most: int,
    source: str = "picture", names: Mapping[int, str] | None = None,
) -> tuple[Step, ...]:  # fmt: skip
    """Return the rows of the waterfall, base value first.

    Parameters
    ----------
    result : ShapResult
    k : int
        Which of its classes.
    ranked : sequence of RegionShare
        All regions, the largest share first.
    most : int
        How many get a row of their own; the others share one.
    source : str
        What the source is called.
    names : mapping of int to str, optional
        What regions are called, where their number says less.
    """
    base, output = float(result.base_values[k]), float(result.outputs[k])
    rows = [Step("Base value", 0.0, base, f"logit {number(base)}", total=True)]
    called = names or {}
    shares = [
        (called.get(share.region, f"Region {share.number}"), share.value) for share in ranked[:most]
    ]
    if others := ranked[most:]:
        name = f"{len(others)} others" if len(others) > 1 else "1 other"
        shares.append((name, sum(share.value for share in others)))
    gap = output - base - sum(value for _, value in shares)
    if abs(gap) > _NOTICED * max(abs(output - base), 1e-6):
        shares.append(("Unexplained", gap))
    at = base
    for name, value in shares:
        rows.append(Step(name, at, at + value, f"{signed(value)} logit"))
        at += value
    rows.append(Step(f"This {source}", 0.0, output, f"logit {number(output)}", total=True))
    return tuple(rows)


def signed(value: float) -> str:
    """Return a number with its sign, a true minus."""
    return ("+" if value > 0 else "") + number(value)


def waterfall(rows: Sequence[Step], *, colours: tuple[str, str], mode: Mode) -> go.Figure:
    """Draw the rows as bars that begin where the one above ends.

    Parameters
    ----------
    rows : sequence of Step
    colours : tuple of str
        For what takes from the class, and for what adds to it.
    mode : {"light", "dark"}
    """
    theme = tokens(mode)
    at = list(range(len(rows)))
    figure = go.Figure(
        go.Bar(
            x=[row.end - row.start for row in rows],
            base=[row.start for row in rows],
            y=at,
            orientation="h",
            width=0.62,
            marker={"color": [_colour(row, colours, theme.bar) for row in rows], "cornerradius": 2},
            customdata=[[row.name, row.words] for row in rows],
            hovertemplate=_HOVER,
        )
    )
    for i, row in enumerate(rows):
        text = row.words.removesuffix(" logit").removeprefix("logit ")
        figure.add_annotation(
            x=1.0, xref="paper", xanchor="left", xshift=8, y=i, showarrow=False,
            text=f"<b>{text}</b>" if row.total else text,
        )  # fmt: skip
        if i + 1 < len(rows):
            figure.add_shape(
                type="line", x0=row.end, x1=row.end, y0=i, y1=i + 1,
                line={"color": theme.muted, "width": 1, "dash": "dot"}, layer="below",
            )  # fmt: skip
    figure.update_layout(
        template=template(mode),
        height=ROW * len(rows) + 44,
        margin={"l": _room(rows), "r": 62, "t": 0, "b": 44},
        showlegend=False,
        xaxis={
            "title": {"text": "logit", "font": {"size": 13}},
            "fixedrange": True,
            "zeroline": True,
        },
        yaxis={
            "tickvals": at,
            "ticktext": [f"<b>{row.name}</b>" if row.total else row.name for row in rows],
            "range": [len(rows) - 0.4, -0.6],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def _room(rows: Sequence[Step]) -> int:
    """Return pixels for the longest name beside the bars."""
    return max(96, min(220, 12 + 7 * max(len(row.name) for row in rows)))


def _colour(row: Step, colours: tuple[str, str], neutral: str) -> str:
    if row.total:
        return neutral
    return colours[row.end > row.start]
