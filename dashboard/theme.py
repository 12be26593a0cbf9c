"""The look: colour tokens, the Plotly template made from them, and the style sheet.

``.streamlit/config.toml`` repeats the tokens, because Streamlit reads them there; a test compares.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

__all__ = ["DARK", "LIGHT", "Mode", "Tokens", "css", "current_mode", "faded", "template", "tokens"]

Mode = Literal["light", "dark"]
FONT = '"Source Sans", "Source Sans Pro", sans-serif'


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme.

    Parameters
    ----------
    accent : str
        The one accent; marks what is selected or explained.
    surface, raised : str
        Page and panel backgrounds.
    text, muted, line : str
        Text, secondary text, hairlines.
    bar : str
        Fill of a bar that the figure is not about.
    good, unsure, bad : str
        Verdicts, always beside a symbol and a word.
    """

    accent: str
    surface: str
    raised: str
    text: str
    muted: str
    line: str
    bar: str
    good: str
    unsure: str
    bad: str


LIGHT = Tokens(
    accent="#0f766e",
    surface="#ffffff",
    raised="#f4f6f6",
    text="#16211f",
    muted="#5b6967",
    line="#dbe2e1",
    bar="#b4c2c0",
    good="#1a7f4b",
    unsure="#8a5a00",
    bad="#b42318",
)
DARK = Tokens(
    accent="#2dd4bf",
    surface="#0e1514",
    raised="#172120",
    text="#e8f0ef",
    muted="#9bb0ad",
    line="#2b3937",
    bar="#4a5c59",
    good="#5ad19a",
    unsure="#e3b341",
    bad="#ff8a7a",
)


def tokens(mode: Mode) -> Tokens:
    """Return the tokens of a theme."""
    return DARK if mode == "dark" else LIGHT


def faded(colour: str, alpha: float) -> str:
    """Return a token's colour, so much of it.

    Examples
    --------
    >>> faded("#0f766e", 0.18)
    'rgba(15,118,110,0.18)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:.2f})"


def current_mode() -> Mode:
    """Return the theme that the visitor's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


@lru_cache(maxsize=2)
def template(mode: Mode) -> go.layout.Template:
    """Return the Plotly template of a theme: transparent, quiet, tabular."""
    colours = tokens(mode)
    axis = {
        "gridcolor": colours.line,
        "zerolinecolor": colours.line,
        "linecolor": colours.line,
        "tickfont": {"color": colours.text},
        "title": {"font": {"color": colours.muted}},
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 14, "color": colours.text},
            "colorway": [colours.accent, colours.bar],
            "hoverlabel": {"font": {"family": FONT}, "bgcolor": colours.raised},
            "xaxis": axis,
            "yaxis": axis,
        }
    )


@lru_cache(maxsize=2)
def css(mode: Mode) -> str:
    """Return the style sheet of all pages, with the theme's tokens as its variables."""
    names = "".join(f"--pl-{name}:{value};" for name, value in asdict(tokens(mode)).items())
    sheet = (Path(__file__).parent / "style.css").read_text("utf-8")
    return f"<style>:root{{{names}}}\n{sheet}</style>"
