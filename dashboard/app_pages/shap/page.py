"""SHAP: how the score of a class is shared out over the source, from nothing seen to all of it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.contracts import OpenedSource, Prediction, ShapRequest, ShapResult
from dashboard import services
from dashboard.app_pages.picture.frame import picture_page, with_source
from dashboard.app_pages.shap import controls, page_choice
from dashboard.app_pages.shap import result as result_part
from dashboard.app_pages.shap.page_choice import ShapChoice
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress

__all__ = ["page"]


def page() -> None:
    """Draw the page."""
    picture_page(page_choice.session, _one_picture, name="shap problems")


def _one_picture(choice: Choice, shown: ShapChoice) -> None:
    fitting = _fitting(choice, shown)
    with_source(choice, lambda source: _ask_and_draw(source, choice, fitting))


def _fitting(choice: Choice, shown: ShapChoice) -> ShapChoice:
    """Leave out what another model does not have."""
    n = len(services.class_names(choice.model))
    classes = tuple(index for index in shown.classes if index < n)
    offered = controls.offered(services.model(choice.model))
    if shown.explainer in offered:
        return replace(shown, classes=classes)
    return replace(shown, classes=classes, explainer=next(iter(offered)), parameters=())


def _ask_and_draw(source: OpenedSource, choice: Choice, shown: ShapChoice) -> None:
    background = controls.background(source, choice, shown)
    request = services.shap_request(
        source,
        choice,
        explainer=shown.explainer,
        parameters=shown.parameters,
        classes=shown.classes,
        background=background.sources,
    )
    prediction = services.prediction_request(source, choice)
    # Both are submitted before either is waited for.
    session_jobs().ask(prediction, patience=0)
    answer = session_jobs().ask(request)
    said = session_jobs().ask(prediction, patience=0).result
    left, right = st.columns([1.7, 1], gap="large")
    with right:
        st.subheader("What to share out", anchor=False)
        controls.panel(choice, shown, said if isinstance(said, Prediction) else None, background)
    with left:
        if isinstance(answer.result, ShapResult):
            result_part.waterfall_panel(request, answer.result, shown)
        else:
            name, height = services.explainers()[shown.explainer].name, result_part.HEIGHT
            ended = "The explanation"
            progress.unfinished(answer, name, place="shap", ended=ended, height=height)
        progress.notes(answer)
    if isinstance(answer.result, ShapResult):
        _below(request, answer.result, shown)


def _below(request: ShapRequest, result: ShapResult, shown: ShapChoice) -> None:
    result_part.maps_panel(request, result, shown)
    result_part.about(result)
    result_part.take_along(request, result, shown)
