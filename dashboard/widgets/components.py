"""The browser components: their HTML, CSS and JavaScript lie in folders beside this file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

__all__ = ["component"]

_HERE = Path(__file__).resolve().parent


@lru_cache(maxsize=16)
def component(name: str) -> Any:
    """Return the mounting command of the component in the folder ``name``."""
    html, css, js = (
        (_HERE / name / f"{name}.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )
    return st.components.v2.component(f"pellucid_{name}", html=html, css=css, js=js)
