"""The mask: mark where the object is, by brush or by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.contracts import Box, Picture
from dashboard import masks, services
from dashboard.widgets.components import component
from dashboard.widgets.stage import fractions

__all__ = ["mask"]

_SIDE = 640


def mask(
    picture: Picture,
    id: str,
    box: Box,
    *,
    drawn: masks.Drawn | None,
    on_drawn: Callable[[object], None],
) -> None:
    """Draw the sheet; ``on_drawn`` is called with the runs whenever the hand rests.

    Parameters
    ----------
    picture : Picture
    id : str
        The picture's id: what comes from another picture's sheet is not taken.
    box : Box
        The part that the model sees; the rest is dimmed.
    drawn : Drawn or None
        What the sheet begins with.
    """

    def received() -> None:
        sent = st.session_state["mask"].get("drawn")
        if isinstance(sent, dict) and sent.get("picture") == id:
            on_drawn(sent.get("runs", ""))

    columns, rows = masks.grid_size(picture.width, picture.height)
    data: dict[str, Any] = {
        "picture": id,
        "base": services.base_uri(picture, side=_SIDE),
        "alt": f"The picture {picture.name}",
        "box": fractions(box, picture.width, picture.height),
        "columns": columns,
        "rows": rows,
        "mask": None if drawn is None else drawn.runs,
    }
    component("mask")(key="mask", data=data, on_drawn_change=received)
