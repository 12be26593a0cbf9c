"""The controls of the SHAP page: classes, explainer, its parameters, its background."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.contracts import ExplainerCard, ModelCard, Picture, Prediction
from dashboard import dataset_pictures, glossary, services, slice_choice, uploads
from dashboard.app_pages.picture.controls import likely_classes
from dashboard.app_pages.shap import page_choice
from dashboard.app_pages.shap.page_choice import MOST_CLASSES, Sharing
from dashboard.session import bound
from dashboard.state import Choice
from dashboard.widgets.parameters import parameter_widgets
from dashboard.words import escape

__all__ = ["Against", "background", "offered", "panel"]

_LIKELIEST = 3
_FEW = 2
_OF_DATASET = 24


@dataclass(frozen=True, slots=True)
class Against:
    """The pictures that an explainer compares with, and a sentence about them."""

    pictures: tuple[Picture, ...]
    words: str


def offered(card: ModelCard) -> dict[str, ExplainerCard]:
    """Return the explainers that a model has what it takes for."""
    return {
        id: explainer
        for id, explainer in services.explainers().items()
        if not services.lacking("explainers", id, card)
    }


def background(picture: Picture, choice: Choice, shown: Sharing) -> Against:
    """Return what the explainer compares with: dropped pictures, the dataset's, or the examples."""
    if not services.explainers()[shown.explainer].needs_background:
        return Against((), "")
    dropped = _others(picture, uploads.session_items())
    if len(dropped) >= _FEW:
        return Against(dropped, f"Compared with the {len(dropped)} other pictures you dropped.")
    if (data := dataset_pictures.data_of(choice.model)) is not None:
        known = dataset_pictures.first_facts(data, _OF_DATASET)
        own = tuple(p for p in (one.picture() for one in known) if p.sha256 != picture.sha256)
        words = f"Compared with {len(own)} {data.name} pictures of the model's dataset"
        whole = ", whatever the slice." if slice_choice.current().conditions else "."
        return Against(own, words + whole)
    examples = _others(picture, uploads.examples())
    given = "No other picture is" if not dropped else "Only one other picture is"
    words = (
        f"{given} dropped, and a background needs at least two: compared with the "
        f"{len(examples)} examples instead. Drop twenty or more pictures of your own data for a "
        "comparison that means something for it."
    )
    return Against(examples, words)


def _others(picture: Picture, items: dict[str, uploads.Item]) -> tuple[Picture, ...]:
    found = (uploads.picture(item) for item in items.values())
    return tuple(other for other in found if other.sha256 != picture.sha256)


def panel(choice: Choice, shown: Sharing, prediction: Prediction | None, against: Against) -> None:
    """Draw the controls."""
    _classes(choice, shown, prediction)
    cards = offered(services.model(choice.model))
    card = cards[shown.explainer]
    st.selectbox(
        "Explainer",
        list(cards),
        format_func=lambda id: cards[id].name,
        help=glossary.explain("explainer"),
        **page_choice.bind("explainer", "explainer", shown.explainer, parameters=()),
    )
    st.caption(escape(card.summary))
    for missing in services.explainers().keys() - cards.keys():
        name = services.explainers()[missing].name
        st.caption(f"{escape(name)} is not offered: this model has no gradients.")
    if against.words:
        st.caption(f":material/collections: {escape(against.words)}")
    label = "Parameters" + (f" ({len(shown.parameters)} changed)" if shown.parameters else "")
    with st.expander(label, icon=":material/tune:", key="explainer parameters"):
        parameter_widgets(
            card, dict(shown.parameters), held=lambda: page_choice.now().parameters,
            keep=lambda changed: page_choice.change(parameters=changed),
        )  # fmt: skip


def _classes(choice: Choice, shown: Sharing, prediction: Prediction | None) -> None:
    if prediction is None:
        st.skeleton(height=68)
        return
    options = likely_classes(prediction)
    names = services.class_names(choice.model)
    likeliest = tuple(options[:_LIKELIEST])

    def keep(chosen: tuple[int, ...]) -> None:
        page_choice.change(classes=() if chosen == likeliest else chosen, subject=None)

    st.multiselect(
        "Classes side by side",
        options,
        format_func=names.__getitem__,
        max_selections=MOST_CLASSES,
        help=glossary.explain("shap"),
        **bound("shap classes", shown.classes or likeliest, keep),
    )
