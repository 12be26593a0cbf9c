"""How a run learned: loss or accuracy by epoch, of one run or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Literal

import plotly.graph_objects as go

from core.contracts import Epoch
from dashboard.figures.layout import lay_out, titled
from dashboard.figures.lines import STYLES
from dashboard.figures.text import plain
from dashboard.formatting import tenths
from dashboard.theme import Mode, Tokens, tokens

__all__ = [
    "HEIGHT",
    "Measure",
    "curves",
    "colour_of",
    "overlaid",
    "sparkline",
    "sparkline_text",
]

Measure = Literal["accuracy", "loss"]
HEIGHT = 230
_FEW = 25
"""Up to so many epochs each has its point."""
_SPLITS = {"train": "training", "val": "validation", "test": "test"}


def curves(history: Sequence[Epoch], measure: Measure, *, mode: Mode, epochs: int = 0) -> go.Figure:
    """Draw one measure on training, validation and test pictures.

    Parameters
    ----------
    history : sequence of Epoch
        Where a run has several stages, their borders and names are drawn.
    measure : {"accuracy", "loss"}
    mode : {"light", "dark"}
    epochs : int
        How many there will be in all, if that is known: so that the axis stays as it is.
    """
    colours = tokens(mode)
    lines: dict[str, dict[str, object]] = {
        "train": {"color": colours.bar, "width": 1.5},
        "test": {"color": colours.muted, "width": 1.5, "dash": "dot"},
        "val": {"color": colours.accent, "width": 2.5},
    }
    figure = go.Figure()
    for split, line in lines.items():
        _add(figure, history, f"{split}_{measure}", _SPLITS[split], line, measure)
    _mark_stages(figure, history, colours)
    return _laid_out(figure, measure, mode, longest=max(len(history), epochs))


def overlaid(
    histories: Mapping[str, Sequence[Epoch]], measure: Measure, *, mode: Mode
) -> go.Figure:
    """Draw one measure on the validation pictures for several runs.

    Parameters
    ----------
    histories : mapping
        History by the run's name. The first is in the accent; all differ by dash and symbol.
    """
    colours = tokens(mode)
    figure = go.Figure()
    for i, (name, history) in enumerate(histories.items()):
        dash, symbol = STYLES[i % len(STYLES)]
        line = {"color": colour_of(i, colours), "width": 2.5 if i == 0 else 1.75, "dash": dash}
        _add(figure, history, f"val_{measure}", name, line, measure, symbol=symbol)
    return _laid_out(figure, measure, mode, longest=max(map(len, histories.values()), default=0))


def colour_of(place: int, colours: Tokens) -> str:
    """Return the colour of the run at ``place`` of a comparison: one accent, the rest grey."""
    return (colours.accent, colours.text, colours.muted, colours.bar)[place % 4]


def _add(
    figure: go.Figure, history: Sequence[Epoch], part: str, name: str, line: dict[str, object],
    measure: Measure, *, symbol: str = "circle",
) -> None:  # fmt: skip
    values = [getattr(epoch, part) for epoch in history]
    if all(value is None for value in values):
        return
    shown = "%{y:.1%}" if measure == "accuracy" else "%{y:.3g}"
    figure.add_scatter(
        x=[epoch.epoch for epoch in history],
        y=values,
        mode="lines+markers" if len(history) <= _FEW else "lines",
        marker={"size": 5, "symbol": symbol},
        name=plain(name),
        line=line,
        hovertemplate=f"epoch %{{x}}: {shown}<extra>%{{fullData.name}}</extra>",
    )


def _mark_stages(figure: go.Figure, history: Sequence[Epoch], colours: Tokens) -> None:
    stages = [(name, [e.epoch for e in epochs]) for name, epochs in groupby(history, _stage)]
    if len(stages) < 2:
        return
    for name, epochs in stages:
        if epochs[0] > 1:
            figure.add_vline(
                x=epochs[0] - 0.5, line={"color": colours.muted, "dash": "dot", "width": 1}
            )
        figure.add_annotation(
            text=plain(name), x=max(epochs[0] - 0.5, 1), xanchor="left", xshift=4, y=1,
            yref="paper", yanchor="top", showarrow=False,
            font={"size": 12, "color": colours.muted},
        )  # fmt: skip


def _stage(epoch: Epoch) -> str:
    return epoch.stage


def _laid_out(figure: go.Figure, measure: Measure, mode: Mode, *, longest: int) -> go.Figure:
    y = {"tickformat": ".0%"} if measure == "accuracy" else {"rangemode": "tozero"}
    return lay_out(
        figure, mode=mode, height=HEIGHT, margin=(44, 12, 26, 36), legend={"y": 1.02},
        x={"range": [0.6, max(longest, 2) + 0.4], "tickformat": "d", "nticks": 8,
           "showgrid": False} | titled("epoch", standoff=4),
        y={**y, "nticks": 5},
    )  # fmt: skip


# ---- small


def sparkline(history: Sequence[Epoch], *, mode: Mode, width: int = 150, height: int = 48) -> str:
    """Return the validation accuracy by epoch as a small SVG, ``""`` with nothing to draw.

    The axis runs from the lowest value to 100 %, its line on top; a point marks the end. Where
    nothing was validated, the training accuracy stands in.
    """
    colours = tokens(mode)
    values = _measured(history)
    if not values:
        return ""
    low, pad, right = min(values), 4.0, width - 8.0
    span = max(1.0 - low, 1e-6)
    step = (right - pad) / max(len(values) - 1, 1)
    dots = [
        (pad + i * step, pad + (1 - (value - low) / span) * (height - 2 * pad))
        for i, value in enumerate(values)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
    x, y = dots[-1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<path d="M{pad} {pad}H{right}" stroke="{colours.line}"/>'
        f'<polyline points="{path}" fill="none" stroke="{colours.accent}" stroke-width="2" '
        f'stroke-linejoin="round"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
        f'fill="{colours.accent}"/></svg>'
    )


def sparkline_text(history: Sequence[Epoch]) -> str:
    """Return what the sparkline shows."""
    values = _measured(history)
    if not values:
        return ""
    return f"Accuracy by epoch, from {tenths(values[0])} to {tenths(values[-1])}"


def _measured(history: Sequence[Epoch]) -> list[float]:
    validated = [e.val_accuracy for e in history if e.val_accuracy is not None]
    return validated or [e.train_accuracy for e in history if e.train_accuracy is not None]
