"""Where is the object? A mask drawn on the picture, and how well the map agrees with it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.contracts import EvidenceCard, EvidenceRequest, Picture
from core.errors import InputError
from dashboard import glossary, masks, services, state
from dashboard.desk import desk
from dashboard.state import Choice
from dashboard.widgets import progress, verdicts
from dashboard.widgets.mask import mask
from dashboard.widgets.progress import Pending
from dashboard.words import escape, percent

__all__ = ["fold"]

_PROBLEM = "mask problem"
_FROM_ADDRESS = "mask from address"


def fold(shown: Picture, choice: Choice) -> None:
    """Draw the sheet to mark the object on, and below it what that says of the map."""
    drawn = masks.find(choice.mask, picture=choice.picture)
    place = st.expander(
        "Where is the object? Draw it",
        icon=":material/draw:",
        key="mask fold",
        # Only the address opens it: an expander that changes is drawn anew, with an empty sheet.
        expanded=st.session_state.setdefault(_FROM_ADDRESS, bool(choice.mask)),
        on_change="rerun",
    )
    if not place.open:
        return
    with place:
        st.markdown(
            "Mark the object, and see how much of the map lies on it.",
            help=glossary.explain("localisation"),
        )
        box = services.prediction_request(shown, choice).input.box
        size = masks.grid_size(shown.width, shown.height)
        mask(shown, choice.picture, box, drawn=drawn, on_drawn=partial(_drawn, size))
        problem = st.session_state.pop(_PROBLEM, None)
        if problem:
            st.warning(escape(problem), icon=":material/draw:")
        elif choice.mask and drawn is None:
            st.info(
                "The mask of this link is not here any more: draw it again.",
                icon=":material/draw:",
            )
        if drawn is not None:
            _agreement(shown, choice, drawn)


def _drawn(size: tuple[int, int], runs: object) -> None:
    """Take what the browser sends; it may be anything."""
    choice = state.current() or Choice()
    if not runs:
        state.change(mask="")
        return
    try:
        masks.cells(runs, size)
    except InputError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    state.change(mask=masks.keep(masks.Drawn(choice.picture, str(runs))))


def _agreement(shown: Picture, choice: Choice, drawn: masks.Drawn) -> None:
    try:
        request = services.localisation_request(shown, choice, drawn)
    except InputError as error:
        st.warning(escape(str(error)), icon=":material/draw:")
        return
    held = desk().ask(request, patience=0)
    if isinstance(held.result, EvidenceCard):
        st.markdown(escape(_expected(request)))
        st.markdown(verdicts.score_lines(held.result.scores))
        st.caption(
            "**What it can't show:** a model may rightly use the background. Little relevance on "
            "the object speaks against the map, or against the model."
        )
    elif held.state == "waiting":
        progress.waiting([Pending(held.key, "Agreement with the mask")], place="mask")
    else:
        progress.ended_badly(held, "Measuring")


def _expected(request: EvidenceRequest) -> str:
    share = 0.0 if request.mask is None else float(request.mask.mean())
    return (
        f"Your mask covers {percent(share)} of what the model sees: a map that knows nothing would "
        "put that share of its relevance there."
    )
