"""Inputs with one axis of sites: their values as lines, and a map of them as bars below."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.contracts import Array
from dashboard.figures.lines import STYLES
from dashboard.formatting import number
from dashboard.theme import Mode, template, tokens

__all__ = ["HEIGHT", "changed_line", "line_map", "line_svg", "spoken"]

HEIGHT, _LINES_ALONE = 380, 260
_MOST = 1500
"""Points that are drawn: more than that no screen shows."""
_SVG_WIDTH, _SVG_HEIGHT = 240, 180
_TONE = "#14958a"
"""Between the accents of both themes, since a tile is drawn once for both."""
Stops = Sequence[tuple[float, str]]


def line_map(
    values: Array, shares: Array | None, *, site: str, limits: tuple[float, float] = (0.0, 1.0),
    stops: Stops = (), names: Sequence[str] = (), marks: Sequence[tuple[float, str]] = (),
    height: int = 0, mode: Mode,
) -> go.Figure:  # fmt: skip
    """Draw the values, and below them one bar for each site's share.

    Parameters
    ----------
    values : ndarray of float32, shape (L, C)
        What the model was shown: one line for each channel.
    shares : ndarray of float32, shape (L,), optional
        The map; without one the values stand alone.
    limits : tuple of float
        Values at the ends of the colour scale.
    stops : sequence of (float, str)
        The colour scale, low to high.
    site : str
        What a site is called.
    names : sequence of str
        A name for each site, for whoever points at it.
    marks : sequence of (float, str)
        Places on the axis, and what is written over them.
    height : int
        In pixels; by default what fits.
    mode : {"light", "dark"}
    """
    colours = tokens(mode)
    figure = go.Figure()
    for line in _lines(values, site, names, colours.text):
        figure.add_scatter(**line)
    if shares is not None:
        figure.add_bar(**_bars(shares, limits, stops, site, names))
    for place, text in marks:
        figure.add_annotation(
            x=place, y=1, yref="paper", yanchor="top", text=text, showarrow=False, borderpad=1,
            font={"size": 12, "color": colours.text}, bgcolor=colours.surface, opacity=0.85,
        )  # fmt: skip
    axis = {"fixedrange": True, "zeroline": False, "nticks": 4}
    figure.update_layout(
        template=template(mode),
        height=height or (_LINES_ALONE if shares is None else HEIGHT),
        margin={"l": 48, "r": 8, "t": 8, "b": 40},
        showlegend=False,
        bargap=0,
        hovermode="x",
        xaxis={
            "title": {"text": site, "font": {"size": 13}}, "showgrid": False, "zeroline": False,
            "range": [-0.5, len(values) - 0.5], "anchor": "y" if shares is None else "y2",
        },
        yaxis={**axis, "domain": [0 if shares is None else 0.4, 1],
               "title": {"text": "value", "font": {"size": 13}}},
        yaxis2={**axis, "domain": [0, 0.32], "zeroline": True, "visible": shares is not None,
                "title": {"text": "map", "font": {"size": 13}}},
    )  # fmt: skip
    return figure


def changed_line(
    before: npt.NDArray[np.generic], after: npt.NDArray[np.generic], *, site: str, mode: Mode
) -> go.Figure:  # fmt: skip
    """Draw values before and after a change, both ``(L, C)``, the later ones in the accent."""
    colours = tokens(mode)
    figure = go.Figure()
    for values, colour, name in ((before, colours.muted, "as it was"),
                                 (after, colours.accent, "changed")):  # fmt: skip
        for line in _lines(values, site, (), colour):
            dash = "dot" if values is before else "solid"
            figure.add_scatter(**{**line, "name": name, "line": {**line["line"], "dash": dash}})
    axis = {"fixedrange": True, "zeroline": False, "nticks": 4}
    figure.update_layout(
        template=template(mode), height=150, margin={"l": 36, "r": 4, "t": 4, "b": 24},
        showlegend=False, hovermode="x", xaxis={**axis, "showgrid": False}, yaxis=axis,
    )  # fmt: skip
    return figure


def _lines(
    values: npt.NDArray[np.generic], site: str, names: Sequence[str], colour: str
) -> list[dict[str, Any]]:  # fmt: skip
    """Return one line for each channel, thinned where there are more points than a screen has."""
    step = math.ceil(len(values) / _MOST)
    at = np.arange(0, len(values), step)
    what = _what(at, site, names)
    many = values.shape[1] > 1
    return [
        {
            "x": at, "y": values[at, channel], "mode": "lines", "text": what,
            "name": f"channel {channel}" if many else "value",
            "line": {"color": colour, "width": 1.6, "dash": STYLES[channel % len(STYLES)][0]},
            "hovertemplate": "%{text}<br><b>%{y:.3g}</b><extra></extra>",
        }
        for channel in range(min(values.shape[1], len(STYLES)))
    ]  # fmt: skip


def _bars(
    shares: Array, limits: tuple[float, float], stops: Stops, site: str, names: Sequence[str]
) -> dict[str, Any]:
    step = math.ceil(len(shares) / _MOST)
    starts = np.arange(0, len(shares), step)
    strongest = _strongest(shares, starts)
    return {
        "x": starts + (step - 1) / 2, "y": strongest, "width": step, "yaxis": "y2",
        "text": _what(starts, site, names), "textposition": "none",
        "marker": {
            "color": strongest, "cmin": limits[0], "cmax": limits[1], "line": {"width": 0},
            "colorscale": [list(stop) for stop in stops],
        },
        "hovertemplate": "%{text}<br>map <b>%{y:.3g}</b><extra></extra>",
    }  # fmt: skip


def _strongest(shares: Array, starts: Any) -> Array:
    """Return of each stretch the share that is farthest from 0."""
    low, high = np.minimum.reduceat(shares, starts), np.maximum.reduceat(shares, starts)
    return np.where(-low > high, low, high).astype(np.float32)


def _what(at: Any, site: str, names: Sequence[str]) -> list[str]:
    return [names[i] if i < len(names) else f"{site} {i}" for i in at.tolist()]


def line_svg(values: Array, shares: Array | None = None, *, stops: Stops = ()) -> str:
    """Return the values ``(L, C)``, with a map's bars below them, as a small picture.

    Returns
    -------
    str
        Data URI of an SVG.

    Examples
    --------
    >>> line_svg(np.zeros((4, 1), np.float32)).startswith("data:image/svg+xml;base64,")
    True
    """
    room = _SVG_HEIGHT * (0.92 if shares is None else 0.62)
    body = [_path(values[:, i], room) for i in range(min(values.shape[1], len(STYLES)))]
    if shares is not None and shares.any():
        body += _rectangles(shares, stops, room + 8)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SVG_WIDTH} {_SVG_HEIGHT}" '
        f'width="{_SVG_WIDTH}" height="{_SVG_HEIGHT}">{"".join(body)}</svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode('ascii')}"


def _path(values: Array, room: float) -> str:
    step = math.ceil(len(values) / _SVG_WIDTH)
    shown = np.nan_to_num(values[::step].astype(float))
    span = float(np.ptp(shown)) or 1.0
    across = np.linspace(6, _SVG_WIDTH - 6, len(shown))
    down = 8 + (room - 12) * (shown.max() - shown) / span
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{_TONE}" stroke-width="3"/>'


def _rectangles(shares: Array, stops: Stops, top: float) -> list[str]:
    starts = np.arange(0, len(shares), math.ceil(len(shares) / 80))
    strongest = _strongest(shares, starts)
    most = float(np.abs(strongest).max()) or 1.0
    width, room = (_SVG_WIDTH - 12) / len(starts), _SVG_HEIGHT - top - 4
    signed = bool((shares < 0).any())
    zero = top + (room / 2 if signed else room)
    found = []
    for i, share in enumerate((strongest / most).tolist()):
        size = abs(share) * (room / 2 if signed else room)
        y = zero - size if share >= 0 else zero
        at = (share + 1) / 2 if signed else share
        colour = min(stops, key=lambda stop: abs(stop[0] - at), default=(0.0, _TONE))[1]
        found.append(
            f'<rect x="{6 + i * width:.1f}" y="{y:.1f}" width="{width:.2f}" '
            f'height="{size:.1f}" fill="{colour}"/>'
        )
    return found


def spoken(values: Array, shares: Array | None, *, site: str) -> str:
    """Return what the figure shows, for those who don't see it."""
    said = f"{len(values)} {site}s, values {number(float(values.min()))} to "
    said += number(float(values.max()))
    if shares is None or not shares.any():
        return said
    at = int(np.abs(shares).argmax())
    return f"{said}; the map is strongest at {site} {at}"
