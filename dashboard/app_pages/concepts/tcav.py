"""Test a concept: pictures of something one has in mind, held against a class (TCAV)."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.contracts import ConceptScore, Picture, PictureSet, Prediction, Tcav, count_text
from dashboard import glossary, services, uploads
from dashboard.app_pages.concepts import controls, groups, page_choice
from dashboard.app_pages.concepts.page_choice import ConceptsChoice
from dashboard.formatting import duration, escape, number, percent, small_p
from dashboard.references import References, references
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress

__all__ = ["section"]

_ENOUGH = 8


def section(
    shown: Picture, choice: Choice, study: ConceptsChoice, prediction: Prediction | None
) -> None:
    """Draw the sets, the button and, once it was asked for, the test."""
    st.subheader("Test a concept (TCAV)", anchor=False, help=glossary.explain("tcav"))
    st.markdown(
        "Show the model pictures of something, stripes for example, and ask whether that matters "
        "to a class. It is tested against random pictures, and said when chance does as well. "
        "**What it can't show:** that your pictures stand for the word you have in mind, and not "
        "for something else that they share."
    )
    card = services.model(choice.model)
    if not (card.gradients and card.features):
        lacks = "gradients" if not card.gradients else "a convolutional feature layer"
        st.info(f"Not offered for {escape(card.name)}: it has no {lacks}.", icon=":material/block:")
        return
    labelled = references(choice)
    if labelled is None:
        st.info(
            f"{controls.HOW_TO_SET} The test needs it for the random pictures, of which "
            "there must be 24 or more.",
            icon=":material/folder_off:",
        )
        return
    with st.container(border=True):
        first, second = st.columns(2, gap="medium")
        with first:
            target = controls.class_box(choice, study, prediction)
            of_class = _of_class(labelled, choice, study, target)
        with second:
            _labels(labelled, study)
            groups.editor(study, choice.model)
        concepts = _concepts(labelled, choice, study)
        controls.run_button(
            "Run the test", study, target, ready=bool(concepts) and of_class is not None
        )
        if not concepts:
            st.caption("Choose a label as a concept, or make a concept of dropped pictures.")
    if "test" in study.asked and concepts and target is not None and of_class is not None:
        _answer(choice, target, labelled, concepts, of_class)


def _enough(counts: Mapping[str, int]) -> list[str]:
    return [label for label, n in counts.items() if n >= _ENOUGH]


def _of_class(
    labelled: References, choice: Choice, study: ConceptsChoice, target: int | None
) -> PictureSet | None:
    options = _enough(labelled.classes)
    if not options:
        st.warning(
            f"No label has {_ENOUGH} pictures or more: the test needs that many of the class.",
            icon=":material/folder_off:",
        )
        return None
    name = "" if target is None else services.class_names(choice.model)[target]
    proposed = name if name in options else options[0]
    chosen = study.of_class if study.of_class in options else proposed
    st.selectbox(
        "Pictures of the class", options,
        format_func=lambda label: f"{label} ({labelled.classes[label]})",
        help="Where it is measured whether the class's logit rises along the concept.",
        **page_choice.bind("study/ofclass", "of_class", chosen),
    )  # fmt: skip
    return labelled.pictures(chosen)


def _labels(labelled: References, study: ConceptsChoice) -> None:
    options = _enough(labelled.labels)
    st.multiselect(
        "Labels as concepts", options, max_selections=5, placeholder="Choose labels",
        **page_choice.bind(
            "study/tested", "labels", [label for label in study.labels if label in options]
        ),
    )  # fmt: skip


def _concepts(
    labelled: References, choice: Choice, study: ConceptsChoice
) -> tuple[PictureSet, ...]:
    known = _enough(labelled.labels)
    found = [labelled.pictures(label) for label in study.labels if label in known]
    for name, ids in study.groups:
        items = [item for id in ids if (item := uploads.find(id)) is not None]
        if items:
            pictures = [uploads.picture(item) for item in items]
            found.append(
                services.picture_set(
                    pictures, name=name, model=choice.model, geometry=services.framing(choice)
                )
            )
    return tuple(found)


def _answer(
    choice: Choice,
    target: int,
    labelled: References,
    concepts: tuple[PictureSet, ...],
    of_class: PictureSet,
) -> None:
    request = services.tcav_request(
        concepts,
        random=labelled.pictures(),
        pictures=of_class,
        target=target,
        model=choice.model,
        geometry=services.framing(choice),
    )
    answer = session_jobs().ask(request)
    if isinstance(answer.result, Tcav):
        _draw(answer.result)
    else:
        progress.unfinished(answer, "TCAV", place="test", ended="The test", height=160)
    progress.notes(answer)


def _draw(found: Tcav) -> None:
    for score in found.concepts:
        with st.container(border=True):
            st.markdown(_headline(score))
            st.markdown(escape(score.words))
            st.caption(escape(_figures(score)))
    st.caption(
        escape(
            f"{count_text(found.n_pictures, 'picture')} of the class {found.target.label}, "
            f"{found.n_random} random pictures, {found.n_runs} random sets for each concept, "
            f"{count_text(found.n_null, 'random concept')} · layer {found.layer} · seed "
            f"{found.seed} · {duration(found.seconds)} on {found.device}"
        )
    )
    controls.left_out(found.unreadable, found.n_unreadable)
    with st.popover("How to repeat this", icon=":material/terminal:"):
        st.caption(escape(found.protocol))
        st.code(services.public_command(found.command), language="bash", wrap_lines=True)


def _headline(score: ConceptScore) -> str:
    mark, word = (
        (":material/check_circle:", "significant")
        if score.significant
        else (":material/radio_button_unchecked:", "not significant")
    )
    return f"{mark} **{escape(score.name)}** · {word} · TCAV score {escape(number(score.score))}"


def _figures(score: ConceptScore) -> str:
    return (
        f"Score {number(score.low)} to {number(score.high)} over the random sets · alignment "
        f"{number(score.alignment)}, random concepts {number(score.null_low)} to "
        f"{number(score.null_high)} · p = {small_p(score.p)}, {small_p(score.p_adjusted)} for all "
        f"concepts together (Holm) · the classical t-test would give {small_p(score.t_test_p)} · "
        f"told from random pictures with {percent(score.accuracy)} accuracy · "
        f"{count_text(score.n_pictures, 'picture')}"
    )
