"""Inspect: one source, what the model says about it, and what that rests on."""

from __future__ import annotations

import streamlit as st

from core.contracts import Explanation, OpenedSource, Prediction
from dashboard import address, glossary, services, slice_choice, state
from dashboard import page as frame
from dashboard.app_pages.inspect import compare, result
from dashboard.app_pages.inspect import evidence as evidence_part
from dashboard.app_pages.picture import controls as picture_controls
from dashboard.app_pages.picture import strip as picture_strip
from dashboard.app_pages.picture.frame import with_source
from dashboard.guard import guarded
from dashboard.session_jobs import Answer, session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress

__all__ = ["page"]

_NAME = "address problems"


def page() -> None:
    """Draw the page."""
    choice = _choice()
    with guarded():
        picture_controls.sidebar(choice)
        frame.say_problems(_NAME, choice)
        picture_strip.strip(choice)
    with guarded():
        with_source(choice, lambda shown: _ask_and_draw(shown, choice))
    frame.publish(address.to_query(choice), slice_choice.to_query())


def _choice() -> Choice:
    choice = state.current()
    if choice is None:
        query = frame.address()
        choice, problems = address.read(query)
        frame.first_view(_NAME, choice, problems + slice_choice.arrive(query))
        state.begin(choice)
    return choice


def _ask_and_draw(shown: OpenedSource, choice: Choice) -> None:
    request = services.prediction_request(shown, choice)
    # Both are submitted before either is waited for.
    session_jobs().ask(request, patience=0)
    evidence = session_jobs().ask(services.explanation_request(shown, choice))
    answer = session_jobs().ask(request)
    prediction = answer.result if isinstance(answer.result, Prediction) else None
    explanation = evidence.result if isinstance(evidence.result, Explanation) else None

    left, right = st.columns([1.3, 1], gap="large")
    with left:
        result.stage_panel(shown, choice, answer, evidence)
    with right:
        _say(answer, prediction, explanation, choice)
        picture_controls.explain_panel(choice, prediction)
        evidence_part.panel(shown, choice, evidence)
    if prediction is not None:
        compare.panel(shown, choice, prediction)


def _say(
    answer: Answer, prediction: Prediction | None, explanation: Explanation | None, choice: Choice
) -> None:
    """Draw the probabilities, or their place while they are on their way."""
    st.subheader("What the model says", anchor=False, help=glossary.explain("probability"))
    if prediction is not None:
        result.ranking_chart(prediction, explanation, choice)
    elif answer.state == "waiting":
        st.skeleton(height=result.CHART_HEIGHT)
    else:
        progress.ended_badly(answer, "The prediction")
