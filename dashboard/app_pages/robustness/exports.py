"""The curves to take along, and the command that repeats them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.contracts import Robustness
from dashboard import services
from dashboard.widgets.download import download
from dashboard.words import duration, escape

__all__ = ["draw"]


def draw(found: Robustness) -> None:
    """Draw the downloads."""
    st.subheader("Take it along", anchor=False)
    with st.container(horizontal=True, key="robustness downloads"):
        for kind, label, mime in (
            ("csv", "Curves (csv)", "text/csv"),
            ("json", "Curves, gaps and checks (json)", "application/json"),
        ):
            download(
                label,
                partial(services.robustness_file, found, kind),  # type: ignore[arg-type]
                f"robustness.{kind}",
                mime=mime,
                key=f"download/{kind}",
            )
    st.markdown("The same on the command line:")
    st.code(found.command, language=None, wrap_lines=True)
    st.caption(escape(f"{duration(found.seconds)} on {found.device} · seed {found.seed}"))
