"""What pages about the session's source have in common: sidebar, strip, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import streamlit as st

from core.contracts import OpenedSource, Picture, opened_picture
from dashboard import address, page, services, slice_choice, state, uploads
from dashboard.app_pages.picture import controls, facts, strip
from dashboard.formatting import escape
from dashboard.guard import guarded
from dashboard.query import AddressedChoice
from dashboard.session import SessionChoice
from dashboard.state import Choice
from dashboard.views import registry as views

__all__ = ["asked_for", "missing", "picture_page", "unserved", "with_picture", "with_source"]

T = TypeVar("T", bound=AddressedChoice)
_FROM_CHOICE = ("model", "picture", "reading")
"""Parts of the session's choice that these pages' addresses hold."""


def picture_page(own: SessionChoice[T], draw: Callable[[Choice, T], None], *, name: str) -> None:
    """Draw a page: what it was asked for, the frame, and ``draw(choice, held)`` below.

    ``own`` is what the page shows apart from the session's choice.
    """
    choice, held = asked_for(own, name, only=_FROM_CHOICE)
    with guarded():
        controls.sidebar(choice)
        page.say_problems(name, (choice, held))
        strip.strip(choice)
    with guarded():
        draw(choice, held)
    mine = address.to_query(choice, only=_FROM_CHOICE)
    page.publish(mine, held.to_query(), slice_choice.to_query())


def asked_for(
    own: SessionChoice[T], name: str, *, only: Collection[str] | None = None, slices: bool = True
) -> tuple[Choice, T]:
    """Return the session's choice and what the page shows; at first, as the address says.

    Parameters
    ----------
    only : collection of str, optional
        Parts of the session's choice that the page takes from its address; all by default.
    slices : bool
        Whether it takes the slice, too.
    """
    choice, held = state.current(), own.current()
    query = page.address()
    problems: list[str] = []
    if choice is None:
        choice, problems = address.read(query, only=only)
        state.begin(choice)
    if held is None:
        held, more = own.read(query, choice)
        problems += more + (slice_choice.arrive(query) if slices else [])
        own.begin(held)
    page.first_view(name, (choice, held), problems)
    return choice, held


def with_source(choice: Choice, draw: Callable[[OpenedSource], None]) -> None:
    """Call ``draw`` with the session's source and a desk, or say that there is none.

    What a dataset knows of the source stands above, drawn when ``draw`` has asked for its answers.
    """
    item, kind = uploads.find(choice.picture), services.kind_of(choice.model)
    if item is None or item.modality != kind.id:
        st.info(missing(choice, item), icon=":material/hide_image:")
        return
    with page.with_session_jobs():
        opened = uploads.source(item)
        above = st.container(key="about the picture")
        try:
            draw(opened)
        finally:
            with above:
                facts.line(item, opened, choice)


def missing(choice: Choice, item: uploads.Item | None) -> str:
    """Return why there is no source to look at, and what would mend it, as Markdown."""
    kind = services.kind_of(choice.model)
    endings = ", ".join(kind.suffixes)
    if item is not None:
        return (
            f"This model takes {escape(kind.source)}s, and {escape(item.title)} is none. Drop a "
            f"{escape(kind.source)} ({escape(endings)}), or choose one above."
        )
    if not choice.picture:
        return (
            f"Nothing comes along to show this model with: drop a {escape(kind.source)} "
            f"({escape(endings)}) above."
        )
    return (
        f"The {escape(kind.source)} of this link is not here any more: uploads stay in memory for "
        "a while and are never written to disk. Drop the same file again and the page shows what "
        "it showed, or choose an example."
    )


def with_picture(
    choice: Choice, draw: Callable[[Picture], None], *, part: str, why: str
) -> None:  # fmt: skip
    """Call ``draw`` with the session's picture; say ``why`` where the view serves no such part."""
    if part not in views.of_model(choice.model).serves:
        unserved(choice.model, why)
        return
    with_source(choice, lambda opened: draw(opened_picture(opened)))


def unserved(model: str, why: str) -> None:
    """Say why a part of a page is not there for what a model takes, and what would show it."""
    source = escape(services.kind_of(model).source)
    st.info(
        f"{why} This model takes {source}s: choose a model of pictures to see it.",
        icon=":material/block:",
    )
