"""Text in figures."""

from __future__ import annotations

__all__ = ["plain"]


def plain(text: str) -> str:
    """Return text that Plotly does not read as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
