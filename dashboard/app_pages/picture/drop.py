"""Where sources are dropped, and which files were refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import uploads
from dashboard.formatting import escape
from dashboard.views import registry as views

__all__ = ["DropZone"]


@dataclass(frozen=True, slots=True)
class DropZone:
    """One place for dropped sources.

    Parameters
    ----------
    key : str
        The widget's; tells the place from others.
    taken : callable
        Receives the id of the last source that was dropped.
    """

    key: str
    taken: Callable[[str], None]

    def draw(self, model: str) -> None:
        """Draw where sources of the kind that a model takes are dropped."""
        # A new key empties the uploader: what it took is in the strip now.
        key, view = f"{self.key}/{st.session_state.get(self._round, 0)}", views.of_model(model)
        st.file_uploader(
            f"Drop {view.card.source}s here", type=view.types, accept_multiple_files=True,
            key=key, on_change=self._take, args=(key, model), label_visibility="collapsed",
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

    def _take(self, key: str, model: str) -> None:
        added, problems = uploads.add(st.session_state[key] or [], model=model)
        st.session_state[self._problems] = problems
        st.session_state[self._round] = st.session_state.get(self._round, 0) + 1
        if added:
            self.taken(added[-1].id)
