"""What pages about the session's picture have in common: sidebar, strip, and what was left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core.contracts import Picture
from dashboard import address, page, slice_choice, state, uploads
from dashboard.app_pages.picture import controls, facts, strip
from dashboard.guard import guarded
from dashboard.query import Spelled
from dashboard.session import SessionChoice
from dashboard.state import Choice

__all__ = ["subject_page", "with_picture"]

T = TypeVar("T", bound=Spelled)
_FROM_CHOICE = ("model", "picture", "framing")
"""Parts of the session's choice that these pages' addresses hold."""


def subject_page(own: SessionChoice[T], draw: Callable[[Choice, T], None], *, name: str) -> None:
    """Draw a page: what it was asked for, the frame, and ``draw(choice, held)`` below.

    ``own`` is what the page shows apart from the session's choice.
    """
    choice, held = _asked_for(own, name)
    with guarded():
        controls.sidebar(choice)
        page.say_problems(name, (choice, held))
        strip.strip(choice)
    with guarded():
        draw(choice, held)
    mine = address.to_query(choice, only=_FROM_CHOICE)
    page.publish(mine, held.to_query(), slice_choice.to_query())


def _asked_for(own: SessionChoice[T], name: str) -> tuple[Choice, T]:
    choice, held = state.current(), own.current()
    query = page.address()
    problems: list[str] = []
    if choice is None:
        choice, problems = address.read(query, only=_FROM_CHOICE)
        state.begin(choice)
    if held is None:
        held, more = own.read(query, choice)
        problems += more + slice_choice.arrive(query)
        own.begin(held)
    page.first_view(name, (choice, held), problems)
    return choice, held


def with_picture(choice: Choice, draw: Callable[[Picture], None]) -> None:
    """Call ``draw`` with the session's picture and a desk, or say that the picture is gone.

    What a dataset knows of the picture stands above, drawn when ``draw`` has asked for its answers.
    """
    item = uploads.find(choice.picture)
    if item is None:
        st.info(
            "The picture of this link is not here any more: uploads stay in memory for a while and "
            "are never written to disk. Drop the same file again and the page shows what it "
            "showed, or choose an example.",
            icon=":material/hide_image:",
        )
        return
    with page.at_desk():
        shown = uploads.picture(item)
        above = st.container(key="about the picture")
        try:
            draw(shown)
        finally:
            with above:
                facts.line(item, shown, choice)
