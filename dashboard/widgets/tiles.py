"""Tiles to choose from: the strip of pictures, and the grid of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from dashboard.widgets.components import component

__all__ = ["Tile", "tiles"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; all its texts are shown as text, never as markup.

    Parameters
    ----------
    id : str
        What ``on_pick`` receives.
    image : str, optional
        Data URI; ``None`` for the grid's common picture.
    map : str, optional
        Data URI of an overlay.
    share : float, optional
        Share done, while it is being computed.
    """

    id: str
    title: str
    caption: str = ""
    hint: str | None = None
    image: str | None = None
    map: str | None = None
    selected: bool = False
    share: float | None = None


def tiles(
    items: Sequence[Tile],
    *,
    key: str,
    kind: Literal["strip", "grid", "mosaic"],
    label: str,
    on_pick: Callable[[str], None],
    **common: Any,
) -> None:
    """Draw tiles; ``on_pick`` is called with the id of the one that is clicked.

    A strip scrolls sideways, a grid has large tiles, a mosaic small ones.

    ``common`` holds what the tiles of a grid share: ``base`` (data URI), ``box`` and ``ratio``.
    """

    def picked() -> None:
        id = st.session_state[key].get("picked")
        if any(item.id == id for item in items):
            on_pick(str(id))

    data = {"items": [asdict(item) for item in items], "kind": kind, "label": label, **common}
    component("tiles")(key=key, data=data, on_picked_change=picked)
