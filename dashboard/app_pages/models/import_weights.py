"""Weights of one's own: a file, what it goes into, and what its classes are called."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.contracts import ImportRequest
from dashboard import services
from dashboard.app_pages.models import background_jobs, page_choice
from dashboard.formatting import escape

__all__ = ["draw"]

_SUFFIXES = ["safetensors", "h5"]
_CAP_MB = 300
_HELD, _ORDER, _WANTED = "bring held", "bring order", "bring wanted"
_FIRST: dict[str, Any] = {"name": "", "architecture": "resnet50", "classes": "", "size": 0}


def draw() -> None:
    """Draw the form."""
    _open_when_it_is_here()
    st.markdown(
        "Weights of an architecture that comes along. Pellucid builds it itself and fills in your "
        "numbers."
    )
    for held in services.model_jobs():
        if isinstance(held.request, ImportRequest):
            background_jobs.making_bar(held, name=held.request.name)
    form, aside = st.columns([1.5, 1], gap="large")
    with form:
        file = st.file_uploader(
            "Weights file", type=_SUFFIXES, key="bring file", max_upload_size=_CAP_MB,
            help=f"At most {_CAP_MB} MB; larger ones by 'python -m core import'. In Keras: "
            "model.save_weights('mine.weights.h5').",
        )  # fmt: skip
        _fields()
    with aside, st.container(border=True, key="what is expected"):
        _expected()
        st.button(
            "Bring it in", type="primary", key="bring it", icon=":material/upload:",
            width="stretch", disabled=file is None or background_jobs.is_on_its_way(_ORDER),
            help="Choose a file first." if file is None else None,
            on_click=_ordered, args=(file,),
        )  # fmt: skip
        request = background_jobs.followed(_ORDER)
        if request is not None:
            st.session_state[_WANTED] = request
            st.rerun()


def _open_when_it_is_here() -> None:
    request = st.session_state.get(_WANTED)
    if request is not None and services.run(request.model_id) is not None:
        del st.session_state[_WANTED]
        page_choice.change(view="run", run=request.model_id, by="")
        st.rerun()


def _held() -> dict[str, Any]:
    """Return what was typed: it outlives a look at another page."""
    held: dict[str, Any] = st.session_state.setdefault(_HELD, dict(_FIRST))
    return held


def _keeps(part: str) -> Any:
    key = f"bring {part}"
    st.session_state[key] = _held()[part]
    return {
        "key": key,
        "on_change": lambda: _held().update({part: st.session_state[key]}),
    }


def _fields() -> None:
    cards = services.architectures()
    st.text_input("Name", max_chars=120, placeholder="What people will call it", **_keeps("name"))
    st.selectbox(
        "Architecture",
        list(cards),
        format_func=lambda id: cards[id].name,
        help="Layers must have the shapes of this architecture; the head follows your classes.",
        **_keeps("architecture"),
    )
    st.text_area(
        "Class names, one a line",
        height=180,
        placeholder="none\nglasses\nsunglasses",
        help="In the order of the network's outputs.",
        **_keeps("classes"),
    )
    own = cards[_held()["architecture"]].input_size
    st.number_input(
        f"Side of the input in pixels (0: {own}, the architecture's own)",
        0, 1024, step=8, **_keeps("size"),
    )  # fmt: skip


def _expected() -> None:
    card = services.architectures()[_held()["architecture"]]
    names = _names()
    st.markdown("**What is expected**")
    st.markdown(
        f"{escape(card.name)}, {card.parameters / 1e6:.2f} M weights with its own head, that ends "
        f"in logits (no softmax). You named {len(names)} class"
        + ("." if len(names) == 1 else "es.")
    )
    st.caption(
        f"Preprocessing is done inside: {escape(card.preprocessing)}. Yours must have been the "
        "same, or the answers are wrong without any error."
    )
    st.caption(
        "Accuracy is not measured here: the file comes without pictures. What it knows, you see in "
        "Inspect."
    )


def _names() -> list[str]:
    return [line for line in str(_held()["classes"]).splitlines() if line.strip()]


def _ordered(file: Any) -> None:
    held = _held()
    order = services.start_import(
        name=held["name"],
        architecture=held["architecture"],
        weights=file.getvalue(),
        classes=_names(),
        input_size=held["size"] or None,
    )
    background_jobs.begin(_ORDER, order)
