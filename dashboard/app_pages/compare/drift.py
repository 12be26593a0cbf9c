"""The map along a path: from the picture to a changed one, under a slider."""

from __future__ import annotations

import streamlit as st

from core.contracts import Drift, DriftPath, OpenedSource, Picture, count_text, opened_picture
from core.errors import PellucidError
from dashboard import services
from dashboard.app_pages.compare import page_choice
from dashboard.app_pages.compare.page_choice import MOST_STEPS, CompareChoice
from dashboard.app_pages.picture.frame import unserved
from dashboard.formatting import duration, error_text, escape
from dashboard.session import bound
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.views import registry as views
from dashboard.widgets import progress
from dashboard.widgets.drift import drift_slider

__all__ = ["section"]


def section(source: OpenedSource, choice: Choice, pair: CompareChoice) -> None:
    """Draw the choice of a path and, once there is one, the film with its curves."""
    st.subheader("Follow the map", anchor=False)
    if "film" not in views.of_model(choice.model).serves:
        unserved(choice.model, "A map is followed while a picture is changed step by step.")
        return
    st.markdown(
        "Change the picture step by step: does the map stay while the decision stays, and which of "
        "them gives way first?"
    )
    paths = _offered(choice)
    st.segmented_control(
        "Path",
        list(paths),
        format_func=lambda id: paths[id].name,
        label_visibility="collapsed",
        **bound("path", pair.path if pair.path in paths else None, _follow),
    )
    if len(paths) < len(services.drift_paths()):
        st.caption("This model has no gradients, so there is no adversarial path.")
    if pair.path not in paths:
        st.caption(f"Choose how the left picture changes. {_about_method(choice)}")
        return
    card = paths[pair.path]
    _numbers(card, pair)
    _film(opened_picture(source), choice, pair, card)


def _follow(path: str | None) -> None:
    page_choice.change(path=path or "", maximum=None)


def _offered(choice: Choice) -> dict[str, DriftPath]:
    card = services.model(choice.model)
    return {
        id: path
        for id, path in services.drift_paths().items()
        if not services.lacking("paths", id, card)
    }


def _about_method(choice: Choice) -> str:
    return f"The map is that of {escape(services.method(choice.method).name)}, as on the left."


def _numbers(card: DriftPath, pair: CompareChoice) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Steps", 1, MOST_STEPS, width=160,
            **page_choice.bind("drift/steps", "steps", pair.steps),
        )  # fmt: skip
        st.number_input(
            escape(f"Up to ({card.symbol}…{card.unit})"), min_value=card.highest / 1000,
            max_value=card.highest, format="%.4g", step=card.highest / 100, width=220,
            **page_choice.bind(
                "drift/maximum", "maximum", card.maximum if pair.maximum is None else pair.maximum
            ),
        )  # fmt: skip


def _film(picture: Picture, choice: Choice, pair: CompareChoice, card: DriftPath) -> None:
    last = card.maximum if pair.maximum is None else pair.maximum
    try:
        request = services.drift_request(
            picture, choice, path=card.id, steps=pair.steps, maximum=last
        )
    except PellucidError as error:
        st.error(escape(error_text(error)), icon=":material/error:")
        return
    answer = session_jobs().ask(request)
    name = f"{card.name}: {services.method(choice.method).name}"
    if isinstance(answer.result, Drift):
        st.markdown(f"**{escape(answer.result.words)}**")
        drift_slider(answer.result, card)
        _about(answer.result, card)
    else:
        progress.unfinished(answer, name, place="drift")
    progress.notes(answer)


def _about(result: Drift, card: DriftPath) -> None:
    method = services.method(result.method).name
    seed = f" · seed {result.seed}" if card.random else ""
    st.markdown(
        f"{escape(card.summary)} All maps explain the same class and share one colour scale, so "
        f"that fading shows. **What it can't show:** {escape(card.limits)} What you see is rounded "
        "to 8 bits; the model saw the exact values."
    )
    st.caption(
        escape(
            f"{method} for {result.target.label} · "
            f"{count_text(len(result.frames) - 1, 'step')}{seed} · "
            f"{duration(result.seconds)} on {result.device}"
        )
    )
    with st.expander("Repeat it on the command line", icon=":material/terminal:"):
        st.code(result.command, language="bash", wrap_lines=True)
