"""The confusion matrix: counts, and the share of each row."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.figures.text import plain
from dashboard.formatting import percent
from dashboard.theme import Mode, template, tokens

__all__ = ["MOST", "confusion"]

MOST = 12
"""With more classes than this a matrix can't be read: the page lists what is confused most."""
_WORDY = 5
"""Up to so many classes a cell has room for its share beside the count."""
_LONGEST = 14
_HOVER = "%{customdata}<extra></extra>"


def confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str], *, mode: Mode) -> go.Figure:
    """Draw true classes as rows, predicted ones as columns.

    Parameters
    ----------
    matrix : sequence of sequence of int
    classes : sequence of str
    mode : {"light", "dark"}
        The deeper the accent, the larger the share of the row; the count stands in each cell.
    """
    colours = tokens(mode)
    shares = [[k / max(sum(row), 1) for k in row] for row in matrix]
    names = [_short(name) for name in classes]
    n = len(names)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            zmin=0,
            zmax=1,
            colorscale=[[0, colours.raised], [1, colours.accent]],
            showscale=False,
            xgap=2,
            ygap=2,
            customdata=[
                [
                    f"{plain(true)} taken for {plain(said)}: {k}, {percent(share)} of this row"
                    for k, share, said in zip(row, of_row, classes, strict=True)
                ]
                for row, of_row, true in zip(matrix, shares, classes, strict=True)
            ],
            hovertemplate=_HOVER,
        )
    )
    for i, row in enumerate(matrix):
        for j, k in enumerate(row):
            figure.add_annotation(
                x=j, y=i, showarrow=False, text=_cell(k, shares[i][j], wordy=n <= _WORDY),
                font={
                    "size": 15 if n <= _WORDY else 12,
                    # The accent is dark in the light theme and light in the dark one.
                    "color": colours.surface if shares[i][j] > 0.55 else colours.text,
                },
            )  # fmt: skip
    axis = {
        "fixedrange": True, "showgrid": False, "zeroline": False, "tickvals": list(range(n)),
        "ticktext": names, "automargin": True,
    }  # fmt: skip
    figure.update_layout(
        template=template(mode),
        height=58 + (64 if n <= _WORDY else 34) * n,
        margin={"l": 0, "r": 0, "t": 48, "b": 0},
        xaxis={
            **axis, "side": "top", "title": {"text": "predicted", "font": {"size": 12}},
            "tickangle": 0 if n <= _WORDY else -45,
        },
        yaxis={
            **axis, "autorange": "reversed", "title": {"text": "true", "font": {"size": 12}},
        },
    )  # fmt: skip
    return figure


def _cell(k: int, share: float, *, wordy: bool) -> str:
    if not k:
        return "0" if wordy else ""
    return (
        f"<b>{k}</b><br><span style='font-size:12px'>{percent(share)}</span>" if wordy else str(k)
    )


def _short(name: str) -> str:
    return plain(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…")
