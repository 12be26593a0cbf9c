"""Where pictures are dropped, and which files were refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import services, uploads
from dashboard.words import escape

__all__ = ["DropZone"]


@dataclass(frozen=True, slots=True)
class DropZone:
    """One place for dropped pictures.

    Parameters
    ----------
    key : str
        The widget's; tells the place from others.
    taken : callable
        Receives the id of the last picture that was dropped.
    """

    key: str
    taken: Callable[[str], None]

    def draw(self) -> None:
        """Draw where pictures are dropped."""
        # A new key empties the uploader: what it took is in the strip now.
        key = f"{self.key}/{st.session_state.get(self._round, 0)}"
        st.file_uploader(
            "Drop pictures here", type=services.picture_types(), accept_multiple_files=True,
            key=key, on_change=self._take, args=(key,), label_visibility="collapsed",
        )  # fmt: skip

    def refusals(self) -> None:
        """Say which files were refused, and why."""
        for problem in st.session_state.get(self._problems, ()):
            st.error(escape(problem), icon=":material/broken_image:")

    def forget(self) -> None:
        """Say no more what was refused."""
        st.session_state[self._problems] = []

    @property
    def _round(self) -> str:
        return f"{self.key} round"

    @property
    def _problems(self) -> str:
        return f"{self.key} problems"

    def _take(self, key: str) -> None:
        added, problems = uploads.add(st.session_state[key] or [])
        st.session_state[self._problems] = problems
        st.session_state[self._round] = st.session_state.get(self._round, 0) + 1
        if added:
            self.taken(added[-1].id)
