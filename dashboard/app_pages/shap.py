"""SHAP: how the score of a class is shared out over the picture, from nothing seen to all of it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.contracts import Picture, Prediction, ShapRequest, ShapResult
from dashboard import address, services, shap_choice, state, uploads
from dashboard.app_pages import inspect_controls, inspect_strip, shap_controls, shap_result
from dashboard.desk import desk
from dashboard.guard import guarded
from dashboard.shap_choice import Sharing
from dashboard.state import Choice
from dashboard.widgets import progress
from dashboard.widgets.progress import Pending
from dashboard.words import escape

__all__ = ["page"]

_PROBLEMS = "sharing problems"


def page() -> None:
    """Draw the page."""
    choice, shown = _asked_for()
    with guarded():
        inspect_controls.sidebar(choice)
        _say_problems(choice, shown)
        inspect_strip.strip(choice)
    with guarded():
        _one_picture(choice, _fitting(choice, shown))
    shap_choice.publish(choice, shown)


def _asked_for() -> tuple[Choice, Sharing]:
    choice, shown = state.current(), shap_choice.current()
    query = st.query_params.to_dict()
    problems: list[str] = []
    if choice is None:
        mine = {name: query[name] for name in shap_choice.FROM_CHOICE if name in query}
        choice, problems = address.read(mine)
        state.begin(choice)
    if shown is None:
        shown, more = shap_choice.read(query, choice)
        problems += more
        shap_choice.begin(shown)
    if problems:
        st.session_state[_PROBLEMS] = (choice, shown, problems)
    return choice, shown


def _say_problems(choice: Choice, shown: Sharing) -> None:
    held = st.session_state.get(_PROBLEMS)
    if held and held[:2] == (choice, shown):
        for problem in held[2]:
            st.warning(escape(problem), icon=":material/link_off:")


def _fitting(choice: Choice, shown: Sharing) -> Sharing:
    """Leave out what another model does not have."""
    n = len(services.class_names(choice.model))
    classes = tuple(index for index in shown.classes if index < n)
    offered = shap_controls.offered(services.model(choice.model))
    if shown.explainer in offered:
        return replace(shown, classes=classes)
    return replace(shown, classes=classes, explainer=next(iter(offered)), parameters=())


def _one_picture(choice: Choice, shown: Sharing) -> None:
    item = uploads.find(choice.picture)
    if item is None:
        st.info(
            "The picture of this link is not here any more: uploads stay in memory for a while and "
            "are never written to disk. Drop the same file again and the page shows what it "
            "showed, or choose an example.",
            icon=":material/hide_image:",
        )
        return
    desk().open()
    try:
        _ask_and_draw(uploads.picture(item), choice, shown)
    finally:
        desk().close()


def _ask_and_draw(picture: Picture, choice: Choice, shown: Sharing) -> None:
    background = shap_controls.background(picture, shown)
    request = services.shap_request(
        picture,
        choice,
        explainer=shown.explainer,
        parameters=shown.parameters,
        classes=shown.classes,
        background=background.pictures,
    )
    prediction = services.prediction_request(picture, choice)
    # Both are submitted before either is waited for.
    desk().ask(prediction, patience=0)
    answer = desk().ask(request)
    said = desk().ask(prediction, patience=0).result
    left, right = st.columns([1.7, 1], gap="large")
    with right:
        st.subheader("What to share out", anchor=False)
        shap_controls.panel(
            choice, shown, said if isinstance(said, Prediction) else None, background
        )
    with left:
        if isinstance(answer.result, ShapResult):
            shap_result.waterfall_panel(answer.result, shown)
        elif answer.state == "waiting":
            name = services.explainers()[shown.explainer].name
            progress.waiting([Pending(answer.key, name)], place="shap")
            st.skeleton(height=shap_result.HEIGHT)
        else:
            progress.ended_badly(answer, "The explanation")
        progress.notes(answer)
    if isinstance(answer.result, ShapResult):
        _below(request, answer.result, shown)


def _below(request: ShapRequest, result: ShapResult, shown: Sharing) -> None:
    shap_result.maps_panel(request, result, shown)
    shap_result.about(result)
    shap_result.download(request, result, shown)
