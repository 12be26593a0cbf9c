"""Where is the object? A mask that a dataset knows or a visitor draws, and the map held to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.contracts import EvidenceCard, EvidenceRequest, Picture, Score, picture_input
from core.errors import InputError
from dashboard import glossary, masks, services, state, uploads
from dashboard.formatting import error_text, escape, number, percent
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress, verdicts
from dashboard.widgets.mask import mask

__all__ = ["fold", "on_the_object"]


@dataclass(frozen=True, eq=False)
class Known:
    """The mask of a dataset, bool ``(H, W)``, and the name of what it marks."""

    name: str
    mask: masks.Mask


_PROBLEM = "mask problem"
_FROM_ADDRESS = "mask from address"


def on_the_object(shown: Picture, choice: Choice) -> EvidenceCard | None:
    """Say how much of the map lies on the object, where a dataset knows it and nobody drew one."""
    known = _known(choice)
    if known is None or masks.find(choice.mask, picture=choice.picture) is not None:
        return None
    card = _measured(shown, choice, known)
    if card is not None:
        _say(card, known)
    return card


def _known(choice: Choice) -> Known | None:
    item = uploads.find(choice.picture)
    facts = None if item is None else item.facts
    mask = None if facts is None else facts.mask()
    return None if facts is None or mask is None else Known(facts.label_name, mask)


# ---- the dataset's mask


def _say(card: EvidenceCard, known: Known) -> None:
    scores = {score.metric: score for score in card.scores}
    mass = scores.pop("relevance_mass")
    with st.container(gap="xsmall", key="on the object"):
        st.markdown(_headline(mass, known), help=glossary.explain("localisation"))
        others = [
            f"{services.metric(id).name} "
            + ("not defined" if score.value is None else number(score.value))
            for id, score in scores.items()
        ]
        st.caption(escape(" · ".join([*others, f"mask: the {known.name}, from the dataset"])))


def _headline(mass: Score, known: Known) -> str:
    if mass.value is None:
        return escape(f"Where the map lies can't be told: {mass.reason}.")
    return (
        f"**{escape(percent(mass.value))}** of the map's weight lies on the {escape(known.name)}, "
        f"{escape(percent(float(known.mask.mean())))} of the picture."
    )


def _measured(shown: Picture, choice: Choice, known: Known) -> EvidenceCard | None:
    """Return the card; ``None`` while it is on its way, and where there can't be one."""
    try:
        request = services.known_mask_request(shown, choice, known.mask)
    except InputError as error:
        st.caption(escape(f"The dataset's mask can't be used: {error}"))
        return None
    held = session_jobs().ask(request)
    if isinstance(held.result, EvidenceCard):
        return held.result
    progress.unfinished(held, "Agreement with the mask", place="known mask", ended="Measuring")
    return None


# ---- the sheet


def fold(shown: Picture, choice: Choice, card: EvidenceCard | None) -> None:
    """Draw the sheet to mark the object on, and below it what that says of the map.

    ``card`` is what :func:`on_the_object` has returned.
    """
    drawn, known = masks.find(choice.mask, picture=choice.picture), _known(choice)
    place = st.expander(
        "Where is the object? Draw it" if known is None else "Where the object is",
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
            "Mark the object, and see how much of the map lies on it."
            if known is None
            else f"The mask of the {escape(known.name)} comes from the dataset. Change it, and the "
            "map is held to yours instead.",
            help=glossary.explain("localisation"),
        )
        box = picture_input(services.prediction_request(shown, choice).input).box
        size = masks.grid_size(shown.width, shown.height)
        begun = drawn
        if begun is None and known is not None:
            begun = masks.Drawn(choice.picture, masks.from_pixels(known.mask))
        mask(shown, choice.picture, box, drawn=begun, on_drawn=partial(_drawn, size))
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
        elif card is not None:
            st.markdown(verdicts.score_lines(card.scores, card.model))


def _drawn(size: tuple[int, int], runs: object) -> None:
    """Take what the browser sends; it may be anything."""
    choice = state.now()
    if not runs:
        state.change(mask="")
        return
    try:
        masks.cells(runs, size)
    except InputError as error:
        st.session_state[_PROBLEM] = error_text(error)
        return
    state.change(mask=masks.keep(masks.Drawn(choice.picture, str(runs))))


def _agreement(shown: Picture, choice: Choice, drawn: masks.Drawn) -> None:
    try:
        request = services.localisation_request(shown, choice, drawn)
    except InputError as error:
        st.warning(escape(error_text(error)), icon=":material/draw:")
        return
    held = session_jobs().ask(request, patience=0)
    if isinstance(held.result, EvidenceCard):
        st.markdown(escape(_expected(request)))
        st.markdown(verdicts.score_lines(held.result.scores, held.result.model))
        st.caption(
            "**What it can't show:** a model may rightly use the background. Little relevance on "
            "the object speaks against the map, or against the model."
        )
    else:
        progress.unfinished(held, "Agreement with the mask", place="mask", ended="Measuring")


def _expected(request: EvidenceRequest) -> str:
    share = 0.0 if request.mask is None else float(request.mask.mean())
    return (
        f"Your mask covers {percent(share)} of what the model sees: a map that knows nothing would "
        "put that share of its relevance there."
    )
