"""Examples: what would change the decision about a picture, and which pictures are like it."""

from __future__ import annotations

import streamlit as st

from dashboard import address, examples_choice, state, uploads
from dashboard.app_pages import (
    examples_changed,
    examples_near,
    inspect_controls,
    inspect_strip,
)
from dashboard.desk import desk
from dashboard.examples_choice import Search
from dashboard.guard import guarded
from dashboard.state import Choice
from dashboard.words import escape

__all__ = ["page"]

_PROBLEMS = "examples problems"


def page() -> None:
    """Draw the page."""
    choice, search = _asked_for()
    with guarded():
        inspect_controls.sidebar(choice)
        _say_problems(choice, search)
        inspect_strip.strip(choice)
    with guarded():
        _one_picture(choice, search)
    examples_choice.publish(choice, search)


def _asked_for() -> tuple[Choice, Search]:
    choice, search = state.current(), examples_choice.current()
    query = st.query_params.to_dict()
    problems: list[str] = []
    if choice is None:
        choice, problems = address.read(query)
        state.begin(choice)
    if search is None:
        search, more = examples_choice.read(query, choice)
        problems += more
        examples_choice.begin(search)
    if problems:
        st.session_state[_PROBLEMS] = (choice, search, problems)
    return choice, search


def _say_problems(choice: Choice, search: Search) -> None:
    held = st.session_state.get(_PROBLEMS)
    if held and held[:2] == (choice, search):
        for problem in held[2]:
            st.warning(escape(problem), icon=":material/link_off:")


def _one_picture(choice: Choice, search: Search) -> None:
    item = uploads.find(choice.picture)
    if item is None:
        st.info(
            "The picture of this link is not here any more: uploads stay in memory for a while and "
            "are never written to disk. Drop the same file again, or choose an example.",
            icon=":material/hide_image:",
        )
        return
    shown = uploads.picture(item)
    desk().open()
    try:
        with guarded():
            examples_changed.section(shown, choice, search)
        with guarded():
            examples_near.section(shown, choice, search)
    finally:
        desk().close()
