"""What can be taken along: a quiet button that hands over a file and leaves the page as it is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

__all__ = ["download"]

_MIME = {
    "csv": "text/csv", "json": "application/json", "md": "text/markdown", "png": "image/png",
    "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
File = bytes | str | Callable[[], bytes] | Callable[[], str]


def download(label: str, data: File, file_name: str, *, key: str, help: str | None = None) -> None:
    """Draw the button; what makes the file is called when it is clicked."""
    mime = _MIME.get(file_name.rpartition(".")[2], "application/octet-stream")
    st.download_button(
        label, data, file_name=file_name, mime=mime, key=key, help=help, type="tertiary",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
