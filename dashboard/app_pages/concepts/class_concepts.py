"""Concepts of a class: the recurring parts that the model recognises it by, found from pictures."""

from __future__ import annotations

import streamlit as st

from core.contracts import (
    Concept,
    ConceptMaps,
    Concepts,
    ConceptsRequest,
    Picture,
    PictureSet,
    Prediction,
    Selection,
    count_text,
    picture_input,
)
from dashboard import glossary, services, uploads
from dashboard.app_pages.concepts import controls, page_choice
from dashboard.app_pages.concepts.page_choice import N_CONCEPTS, SOURCES, ConceptsChoice
from dashboard.formatting import duration, escape, number, percent
from dashboard.references import References, references
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress
from dashboard.widgets.stage import fractions
from dashboard.widgets.tiles import Tile, tiles

__all__ = ["section"]

_SELECTIONS: dict[Selection, str] = {
    "predicted": "Those the model takes for the class",
    "labelled": "Those labelled as the class",
    "all": "All of them",
}
_TILE_SIDE = 420


def section(
    shown: Picture, choice: Choice, study: ConceptsChoice, prediction: Prediction | None
) -> None:
    """Draw the controls and, once they were asked for, the concepts."""
    st.subheader("Concepts of a class", anchor=False, help=glossary.explain("concept"))
    st.markdown(
        "Pictures of a class are cut into crops; what the model sees in them is split into a few "
        "recurring parts, each shown by the crops in which it is strongest. **What it can't "
        "show:** names for the parts, or parts that these pictures do not contain."
    )
    card = services.model(choice.model)
    if not card.features:
        st.info(
            f"Not offered for {escape(card.name)}: it has no convolutional feature layer.",
            icon=":material/block:",
        )
        return
    labelled = references(choice)
    with st.container(border=True):
        first, second, third = st.columns(3, gap="medium")
        with first:
            target = controls.class_box(choice, study, prediction)
        with second:
            reference = _reference(labelled, choice, study)
        with third:
            _amount(study, labels=reference is not None and reference.gallery is not None)
        controls.run_button("Find concepts", study, target, ready=reference is not None)
    if reference is None:
        words = f"{controls.HOW_TO_SET} Or drop eight or more pictures of one class above."
        st.info(words, icon=":material/folder_off:")
    elif "parts" in study.asked and target is not None:
        _answer(shown, choice, study, target, reference)


def _reference(
    labelled: References | None, choice: Choice, study: ConceptsChoice
) -> PictureSet | None:
    if labelled is not None:
        titles = {"folder": labelled.title, "session": "Your dropped pictures"}
        st.selectbox(
            "Pictures", SOURCES, format_func=titles.__getitem__,
            **page_choice.bind("study/source", "source", study.source),
        )  # fmt: skip
        if study.source == "folder":
            return _labelled(labelled, study)
    pictures = [uploads.picture(item) for item in uploads.uploaded(choice.model).values()]
    st.caption(f"{count_text(len(pictures), 'picture')} dropped in this session.")
    if not pictures:
        return None
    return services.picture_set(
        pictures, name="your pictures", model=choice.model, geometry=services.framing(choice)
    )


def _labelled(labelled: References, study: ConceptsChoice) -> PictureSet:
    options = ["", *labelled.labels]
    label = study.label if study.label in options else ""
    st.selectbox(
        "Label", options,
        format_func=lambda text: (
            f"{text} ({labelled.labels[text]})"
            if text
            else f"All {count_text(len(labelled), 'picture')}"
        ),
        **page_choice.bind("study/label", "label", label),
    )  # fmt: skip
    return labelled.pictures(label or None)


def _amount(study: ConceptsChoice, *, labels: bool) -> None:
    options = [choice for choice in _SELECTIONS if labels or choice != "labelled"]
    st.selectbox(
        "Which of them", options, format_func=_SELECTIONS.__getitem__,
        **page_choice.bind("study/select", "selection", _selection(study, labels=labels)),
    )  # fmt: skip
    st.slider(
        "Concepts", *N_CONCEPTS, **page_choice.bind("study/n", "n_concepts", study.n_concepts),
    )  # fmt: skip


def _selection(study: ConceptsChoice, *, labels: bool) -> Selection:
    """Return which pictures are taken: dropped ones have no labels to go by."""
    return study.selection if labels or study.selection != "labelled" else "predicted"


def _answer(
    shown: Picture, choice: Choice, study: ConceptsChoice, target: int, reference: PictureSet
) -> None:
    request = services.concepts_request(
        reference,
        target=target,
        selection=_selection(study, labels=reference.gallery is not None),
        n_concepts=study.n_concepts,
        model=choice.model,
        geometry=services.framing(choice),
    )
    answer = session_jobs().ask(request)
    if isinstance(answer.result, Concepts):
        _draw(answer.result)
        _in_this_picture(shown, request, answer.result)
        _about(answer.result)
    else:
        progress.unfinished(
            answer, "Concepts", place="parts", ended="The search for concepts", height=240
        )
    progress.notes(answer)


def _draw(found: Concepts) -> None:
    st.markdown(
        f"**{escape(found.target.label)}: {count_text(len(found.concepts), 'concept')}** from "
        f"{count_text(found.n_pictures, 'picture')}, the most important first."
    )
    for concept in found.concepts:
        st.markdown(_headline(concept))
        tiles(
            [
                Tile(str(i), name.rsplit("/", 1)[-1], image=services.pixels_uri(crop))
                for i, (name, crop) in enumerate(zip(concept.names, concept.crops, strict=True))
            ],
            key=f"study/concept/{concept.number}",
            kind="strip",
            label=f"Crops of concept {concept.number}",
            on_pick=lambda id: None,
        )


def _headline(concept: Concept) -> str:
    effect = number(concept.effect)
    return (
        f"**Concept {concept.number}** · importance {escape(number(concept.importance))} "
        f"({escape(number(concept.low))} to {escape(number(concept.high))}) · without it the "
        f"logit changes by {escape(effect)}"
    )


def _in_this_picture(shown: Picture, concepts: ConceptsRequest, found: Concepts) -> None:
    st.subheader("Where they are in the chosen picture", anchor=False)
    request = services.concept_maps_request(shown, concepts)
    answer = session_jobs().ask(request)
    maps = answer.result
    if not isinstance(maps, ConceptMaps):
        progress.unfinished(answer, "Concept maps", place="maps", ended="The maps of the concepts")
        return
    layers = services.concept_layers(maps)
    tiles(
        [
            Tile(
                str(concept.number),
                f"Concept {concept.number}",
                caption=f"{number(float(strength))} times its usual strength",
                map=None if layer.empty else layer.uri,
            )
            for concept, layer, strength in zip(found.concepts, layers, maps.strengths, strict=True)
        ],
        key="study/maps",
        kind="grid",
        label="Concepts in the chosen picture",
        on_pick=lambda id: None,
        base=services.base_uri(shown, side=_TILE_SIDE),
        box=fractions(picture_input(request.input).box, shown.width, shown.height),
        ratio=f"{shown.width} / {shown.height}",
    )
    high = number(layers[0].limits[1]) if layers else "0"
    st.caption(
        escape(
            f"One scale for all maps: 0 to {high}. Logit of {maps.target.label} in this picture: "
            f"{number(maps.logit)}."
        )
    )


def _about(found: Concepts) -> None:
    carried = "not estimable" if found.carried is None else percent(found.carried)
    st.caption(
        escape(
            f"The concepts leave out {percent(found.reconstruction_error)} of the features' length "
            f"and carry {carried} of the logit. Importance: total-order Sobol index, the share of "
            "the logit's variance that involves the concept, over "
            f"{count_text(found.n_measured, 'picture')}; "
            f"shares may add up to more than 1. {count_text(found.n_crops, 'crop')} · layer "
            f"{found.layer} · seed {found.seed} · {duration(found.seconds)} on {found.device}"
        )
    )
    controls.left_out(found.unreadable, found.n_unreadable)
    with st.popover("How to repeat this", icon=":material/terminal:"):
        st.caption(escape(found.protocol))
        st.code(services.public_command(found.command), language="bash", wrap_lines=True)
