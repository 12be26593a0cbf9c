"""The slice as a chip above what it narrows: its words, what it leaves, and a click to clear."""

from __future__ import annotations

import streamlit as st

from dashboard import slice_choice
from dashboard.formatting import escape
from dashboard.services import ShownSplit

__all__ = ["slice_chip"]


def slice_chip(split: ShownSplit | None, *, key: str) -> None:
    """Draw the chip; nothing where no slice is looked at.

    Parameters
    ----------
    split : ShownSplit or None
        The pictures that the slice narrows; ``None`` where the page's pictures come in no groups.
    key : str
        Tells this chip from others of the page.
    """
    chosen = slice_choice.current()
    if not chosen.conditions:
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"slice chip/{key}"
    ):
        st.button(
            f"slice: {escape(slice_choice.words(chosen))}", key=f"clear slice/{key}",
            icon=":material/close:", icon_position="right", on_click=slice_choice.change,
            help="Clear the slice: show everything again, on all pages",
        )  # fmt: skip
        st.caption(escape(_left(split)), width="content")


def _left(split: ShownSplit | None) -> str:
    if split is None:
        return "It narrows nothing here: these pictures come without groups."
    found = slice_choice.within(split)
    if found.problem:
        return f"{found.problem} Nothing is narrowed."
    return f"{found.n} of {found.of} {split.name} pictures belong to it."
