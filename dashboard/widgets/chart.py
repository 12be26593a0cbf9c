"""A figure on a page: in our theme, without Plotly's buttons, told to those who don't see it."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

__all__ = ["chart"]


def chart(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw the figure."""
    st.plotly_chart(figure, theme=None, key=key, config={"displayModeBar": False}, alt=alt)
