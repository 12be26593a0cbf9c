"""One slice on the Fairness page: its name, its mistakes, and the ways to the other pages."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.contracts import Slice
from core.errors import PellucidError
from dashboard import services, slice_choice
from dashboard.app_pages.fairness import pictures, slice_ways
from dashboard.app_pages.fairness.source import AuditedData
from dashboard.formatting import error_text, escape

__all__ = ["one", "saved"]

_PROBLEM = "slice problem"
_NAME = "slice name"
_NONE = ""


def one(chosen: Slice, audited: AuditedData) -> None:
    """Draw the slice that is looked at."""
    words = escape(slice_choice.words(chosen))
    with st.container(horizontal=True, vertical_alignment="center", key="fairness slice"):
        st.markdown(f"**Slice: {words}**", width="content")
        st.button(
            "Clear", key="close slice", icon=":material/close:", type="tertiary",
            on_click=slice_choice.change,
        )  # fmt: skip
        _save(chosen, audited)
    if audited.data is None:
        st.caption("The address of this page holds the slice. Tables have no pictures to show.")
    elif problem := slice_choice.within(audited.data, chosen).problem:
        st.warning(escape(problem), icon=":material/filter_list_off:")
    else:
        run = services.run(audited.model)
        if run is not None:
            slice_ways.ways(chosen, audited.data, run)
            pictures.of_slice(audited, chosen.text)
    st.divider()


# ---- names


def saved(audited: AuditedData) -> None:
    """Draw the slices of this data that somebody gave a name; nothing while there are none."""
    data = audited.data or audited.table
    kept = {} if data is None else services.saved_slices(data)
    if data is None or not kept:
        return
    chosen = slice_choice.current()
    names = [_NONE, *kept]
    st.session_state["saved slice"] = next((n for n in kept if kept[n] == chosen), _NONE)
    with st.container(horizontal=True, vertical_alignment="bottom", key="saved slices"):
        name = st.selectbox(
            "Saved slices", names, key="saved slice",
            format_func=lambda name: (
                f"{name}: {slice_choice.words(kept[name])}" if name else "choose one"
            ),
            on_change=_recall, args=(kept,),
        )  # fmt: skip
        st.button(
            "Delete", key="forget slice", icon=":material/delete:", type="tertiary",
            disabled=not name, on_click=services.forget_slice, args=(data, name),
            help="Deletes the name for everybody here; the slice itself stays in addresses",
        )  # fmt: skip


def _recall(kept: Mapping[str, Slice]) -> None:
    name = st.session_state["saved slice"]
    slice_choice.change(kept[name].text if name else "")


def _save(chosen: Slice, audited: AuditedData) -> None:
    data = audited.data or audited.table
    if data is None:
        return
    with st.popover("Save under a name", icon=":material/bookmark_add:", type="tertiary",
                    key="save slice"):  # fmt: skip
        st.text_input("Name", key=_NAME, max_chars=60, placeholder="for example: dark, at night")
        st.caption("Everybody who audits the same data on this server sees it.")
        st.button(
            "Save", key="save slice now", icon=":material/bookmark_added:",
            on_click=_saved, args=(chosen, audited),
        )  # fmt: skip
        if problem := st.session_state.pop(_PROBLEM, ""):
            st.error(escape(problem), icon=":material/error:")


def _saved(chosen: Slice, audited: AuditedData) -> None:
    data = audited.data or audited.table
    assert data is not None, "the button is drawn for data only"
    try:
        services.save_slice(data, st.session_state[_NAME], chosen)
    except PellucidError as error:
        st.session_state[_PROBLEM] = error_text(error)
