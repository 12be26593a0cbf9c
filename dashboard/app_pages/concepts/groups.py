"""Concepts made of dropped pictures: a name, and the pictures that stand for it."""

from __future__ import annotations

import streamlit as st

from core.contracts import count_text
from dashboard import uploads
from dashboard.app_pages.concepts import page_choice
from dashboard.app_pages.concepts.page_choice import ConceptsChoice
from dashboard.formatting import escape

__all__ = ["editor"]

_LONGEST = 40


def editor(study: ConceptsChoice, model: str) -> None:
    """Draw the form that makes a concept of dropped pictures, and those made so far."""
    items = uploads.uploaded(model)
    with st.expander(
        "Concept of dropped pictures", icon=":material/add_photo_alternate:", key="study/groups"
    ):
        if not items:
            st.caption("Drop eight or more pictures of the concept above, then name it here.")
        else:
            _form({id: item.title for id, item in items.items()})
        for name, ids in study.groups:
            _made(study, name, ids)


def _form(titles: dict[str, str]) -> None:
    with st.form("study/group", border=False, clear_on_submit=True):
        st.text_input("Name", key="study/group/name", max_chars=_LONGEST)
        st.multiselect(
            "Its pictures", list(titles), format_func=lambda id: titles.get(id, id),
            default=list(titles), key="study/group/ids",
        )  # fmt: skip
        st.form_submit_button("Keep as a concept", on_click=_keep)


def _keep() -> None:
    name = " ".join(str(st.session_state["study/group/name"]).split()).replace(",", " ")
    ids = tuple(st.session_state["study/group/ids"])
    held = page_choice.now()
    if name and ids:
        others = tuple(group for group in held.groups if group[0] != name)
        page_choice.change(groups=(*others, (name, ids)))


def _made(study: ConceptsChoice, name: str, ids: tuple[str, ...]) -> None:
    here = sum(uploads.find(id) is not None for id in ids)
    gone = "" if here == len(ids) else f", {len(ids) - here} not here any more"
    with st.container(horizontal=True, vertical_alignment="center", key=f"study/made/{name}"):
        st.markdown(f"**{escape(name)}**: {count_text(len(ids), 'picture')}{gone}")
        st.button(
            "Remove", key=f"study/remove/{name}", icon=":material/close:", type="tertiary",
            on_click=lambda: page_choice.change(
                groups=tuple(group for group in study.groups if group[0] != name)
            ),
        )  # fmt: skip
