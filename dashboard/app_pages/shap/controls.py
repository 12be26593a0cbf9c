"""The controls of the SHAP page: classes, explainer, its parameters, its background."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.contracts import ExplainerCard, ModelCard, OpenedSource, Prediction
from dashboard import dataset_pictures, glossary, services, slice_choice, uploads
from dashboard.app_pages.picture.controls import likely_classes
from dashboard.app_pages.shap import page_choice
from dashboard.app_pages.shap.page_choice import MOST_CLASSES, ShapChoice
from dashboard.formatting import escape, said_of
from dashboard.session import bound
from dashboard.state import Choice
from dashboard.widgets.parameters import parameter_widgets

__all__ = ["Against", "background", "offered", "panel"]

_LIKELIEST = 3
_FEW = 2
_OF_DATASET = 24


@dataclass(frozen=True, slots=True)
class Against:
    """The sources that an explainer compares with, and a sentence about them."""

    sources: tuple[OpenedSource, ...]
    words: str


def offered(card: ModelCard) -> dict[str, ExplainerCard]:
    """Return the explainers that a model has what it takes for."""
    return {
        id: explainer
        for id, explainer in services.explainers_for(card.modality).items()
        if not services.lacking("explainers", id, card)
    }


def background(source: OpenedSource, choice: Choice, shown: ShapChoice) -> Against:
    """Return what the explainer compares with: dropped sources, the dataset's, or the examples."""
    if not services.explainers()[shown.explainer].needs_background:
        return Against((), "")
    kind = services.kind_of(choice.model).source
    dropped = _others(source, uploads.uploaded(choice.model))
    if len(dropped) >= _FEW:
        return Against(dropped, f"Compared with the {len(dropped)} other {kind}s you dropped.")
    if (data := dataset_pictures.data_of(choice.model)) is not None:
        known = dataset_pictures.first_facts(data, _OF_DATASET)
        own = tuple(s for s in (one.source() for one in known) if s.sha256 != source.sha256)
        words = f"Compared with {len(own)} {data.name} {kind}s of the model's dataset"
        whole = ", whatever the slice." if slice_choice.current().conditions else "."
        return Against(own, words + whole)
    examples = _others(source, uploads.examples(choice.model))
    given = f"No other {kind} is" if not dropped else f"Only one other {kind} is"
    words = (
        f"{given} dropped, and a background needs at least two: compared with the "
        f"{len(examples)} examples instead. Drop twenty or more {kind}s of your own data for a "
        "comparison that means something for it."
    )
    return Against(examples, words)


def _others(source: OpenedSource, items: dict[str, uploads.Item]) -> tuple[OpenedSource, ...]:
    found = (uploads.source(item) for item in items.values())
    return tuple(other for other in found if other.sha256 != source.sha256)


def panel(
    choice: Choice, shown: ShapChoice, prediction: Prediction | None, against: Against
) -> None:
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
    st.caption(escape(said_of(card.summary, services.kind_of(choice.model))))
    for id, missing in services.explainers().items():
        if reason := services.lacking("explainers", id, services.model(choice.model)):
            st.caption(f"{escape(missing.name)} is not offered: this model {escape(reason)}.")
    if against.words:
        st.caption(f":material/collections: {escape(against.words)}")
    label = "Parameters" + (f" ({len(shown.parameters)} changed)" if shown.parameters else "")
    with st.expander(label, icon=":material/tune:", key="explainer parameters"):
        parameter_widgets(
            card, dict(shown.parameters), held=lambda: page_choice.now().parameters,
            keep=lambda changed: page_choice.change(parameters=changed),
        )  # fmt: skip


def _classes(choice: Choice, shown: ShapChoice, prediction: Prediction | None) -> None:
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
