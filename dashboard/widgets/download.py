"""What can be taken along: a quiet button that hands over a file and leaves the page as it is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

__all__ = ["download"]

File = bytes | str | Callable[[], bytes] | Callable[[], str]


def download(
    label: str, data: File, file_name: str, *, mime: str, key: str, help: str | None = None
) -> None:
    """Draw the button; what makes the file is called when it is clicked."""
    st.download_button(
        label, data, file_name=file_name, mime=mime, key=key, help=help, type="tertiary",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
