"""Smaller versions of a model: the forms there are, what is being made, and what came of it."""

from __future__ import annotations

import streamlit as st

from core.contracts import CompressionCard, CompressRequest, Run, Value
from dashboard import glossary, services
from dashboard.app_pages.models import background_jobs, page_choice
from dashboard.formatting import escape, percent
from dashboard.model_text import run_name
from dashboard.run_text import megabytes
from dashboard.widgets.parameters import Changed, parameter_widgets

__all__ = ["panel", "twin"]

_FORM, _VALUES, _DATA, _ORDER = "smaller form", "smaller values", "smaller data", "smaller order"


def panel(run: Run) -> None:
    """Draw what a full model can be made smaller to; nothing for one that is small already."""
    if run.origin == "compressed":
        return
    st.subheader("Smaller versions", anchor=False, help=glossary.explain("compression"))
    for version in services.smaller_versions(run.model):
        _version(run, version)
    for held in services.model_jobs():
        if isinstance(held.request, CompressRequest) and held.request.model.id == run.model:
            name = services.compressions()[held.request.form].name
            background_jobs.making_bar(held, name=name)
    with st.expander("Make it smaller", icon=":material/compress:", key="smaller"):
        _form(run)


def _version(run: Run, version: Run) -> None:
    words = [run_name(version), megabytes(version.bytes)]
    if version.test is not None:
        words.append(f"{percent(version.test.accuracy)} right")
    with st.container(horizontal=True, vertical_alignment="center", key=f"version/{version.model}"):
        st.markdown(escape(" · ".join(words)), width="content")
        st.button(
            "Side by side", key=f"beside/{version.model}", icon=":material/compare_arrows:",
            type="tertiary", on_click=page_choice.change,
            kwargs={"view": "compare", "compared": (run.model, version.model), "by": ""},
        )  # fmt: skip
        st.button(
            "Open", key=f"open/{version.model}", icon=":material/open_in_full:", type="tertiary",
            on_click=page_choice.change,
            kwargs={"view": "run", "run": version.model, "by": ""},
        )  # fmt: skip


def _form(run: Run) -> None:
    cards = services.compressions()
    st.session_state.setdefault(_FORM, next(iter(cards)))
    form = st.segmented_control(
        "Form", list(cards), format_func=lambda id: cards[id].name, required=True, key=_FORM,
        label_visibility="collapsed",
    )  # fmt: skip
    card = cards[form or next(iter(cards))]
    st.markdown(f"{escape(card.summary)} *What it can't do:* {escape(card.limits)}")
    values = _parameters(card)
    dataset = "" if run.dataset else _calibration()
    st.button(
        "Make it", key="make smaller", icon=":material/play_arrow:",
        disabled=background_jobs.is_on_its_way(_ORDER), on_click=_ordered,
        args=(run, card, values, dataset),
    )  # fmt: skip
    st.caption(escape(card.paper))
    request = background_jobs.followed(_ORDER)
    if request is not None:
        if services.run(request.model_id) is not None:
            page_choice.change(view="run", run=request.model_id, by="")
        st.rerun()


def _parameters(card: CompressionCard) -> dict[str, Value]:
    held: dict[str, Changed] = st.session_state.setdefault(_VALUES, {})
    chosen = dict(held.get(card.id, ()))
    parameter_widgets(
        card,
        chosen,
        held=lambda: held.get(card.id, ()),
        keep=lambda changed: held.update({card.id: changed}),
    )
    return {spec.name: chosen.get(spec.name, spec.default) for spec in card.parameters}


def _calibration() -> str:
    offered = services.offered_data()
    chosen: str = st.selectbox(
        "Pictures to calibrate with",
        list(offered),
        format_func=lambda id: offered[id].name,
        key=_DATA,
        help="Pictures like those that the model will see.",
    )
    return chosen


def _ordered(run: Run, card: CompressionCard, values: dict[str, Value], dataset: str) -> None:
    order = services.start_compression(run, form=card.id, values=values, dataset=dataset)
    background_jobs.begin(_ORDER, order)


def twin(run: Run) -> None:
    """Offer to see a smaller model beside the one that it was made of."""
    if run.twin and services.run(run.twin) is not None:
        st.button(
            "Beside its twin", key="to twin", icon=":material/compare_arrows:",
            on_click=page_choice.change,
            kwargs={"view": "compare", "compared": (run.twin, run.model), "by": ""},
        )  # fmt: skip
