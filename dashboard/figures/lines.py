"""How lines of one figure are told apart, and what says which is which."""

from __future__ import annotations

from typing import Any

from dashboard.theme import Tokens

__all__ = ["LEGEND", "STYLES", "line_style"]

STYLES: tuple[tuple[str, str], ...] = (
    ("solid", "circle"), ("dash", "square"), ("dot", "diamond"), ("dashdot", "triangle-up"),
)  # fmt: skip
"""Dash and symbol of the first, second, … line."""
LEGEND: dict[str, Any] = {
    "orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 13},
}  # fmt: skip
"""The legend above a figure."""


def line_style(i: int, colours: Tokens, *, accent: bool = True) -> tuple[str, str, str]:
    """Return colour, dash and symbol of the i-th line: each pair of them once.

    Parameters
    ----------
    accent : bool
        Whether the first may have the accent.
    """
    names = ([colours.accent] if accent else []) + [colours.text, colours.unsure, colours.muted]
    dash, symbol = STYLES[(i + i // len(names)) % len(STYLES)]
    return names[i % len(names)], dash, symbol
