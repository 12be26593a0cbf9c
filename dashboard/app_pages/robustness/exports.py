"""Results to take along: their files, and the command that repeats them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import streamlit as st

from dashboard.formatting import escape
from dashboard.widgets.download import download

__all__ = ["take_along"]

Kind = Literal["csv", "json"]


def take_along(
    stem: str, labels: Mapping[Kind, str], file: Callable[[Kind], bytes], *, command: str,
    facts: str, key: str = "download",
) -> None:  # fmt: skip
    """Draw the downloads, the command and how the result was made.

    Parameters
    ----------
    stem : str
        What the files are called.
    labels : mapping
        What the buttons say, for each kind of file.
    file : callable
        Makes the file of a kind.
    """
    st.subheader("Take it along", anchor=False)
    with st.container(horizontal=True, key=f"{stem} downloads"):
        for kind, label in labels.items():
            download(label, partial(file, kind), f"{stem}.{kind}", key=f"{key}/{kind}")
    st.markdown("The same on the command line:")
    st.code(command, language=None, wrap_lines=True)
    st.caption(escape(facts))
