"""In what two sides can differ: one registry, from which the page draws its selects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from core.contracts import OpenedSource, Prediction
from dashboard import default_pictures, model_text, services, state, uploads
from dashboard.app_pages.compare import page_choice
from dashboard.app_pages.compare.page_choice import CompareChoice, Differ
from dashboard.app_pages.picture import picture_selection
from dashboard.app_pages.picture.controls import likely_classes, method_label
from dashboard.formatting import escape
from dashboard.session import bound
from dashboard.state import Choice

__all__ = ["KINDS", "Kind", "options_of", "other_of", "selects", "source_of"]

Words = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One respect in which the right side may differ from the left.

    Parameters
    ----------
    name, question : str
        For the button, and the sentence that opens the page; ``{source}`` is what one is called.
    options : callable
        What can be chosen, id to words; the prediction puts likely classes first.
    value : callable
        The id that a choice stands on.
    move : callable
        The choice with another id in that place.
    proposal : callable
        The id that stands on the right before anybody has chosen.
    lead : callable, optional
        As ``move``, for the left side, which is the session's own choice; ``move`` by default.
    """

    name: str
    question: str
    options: Callable[[Choice, Prediction | None], Words]
    value: Callable[[Choice, Prediction | None], str]
    move: Callable[[Choice, str], Choice]
    proposal: Callable[[Choice, Words], str]
    lead: Callable[[Choice, str], Choice] | None = None


# ---- methods


def _methods(choice: Choice, prediction: Prediction | None) -> Words:
    cards = services.offered(services.model(choice.model))
    return {id: method_label(card) for id, card in cards.items()}


def _another_method(choice: Choice, options: Words) -> str:
    """Propose a quick method that looks elsewhere: at pixels if the left reads a layer."""
    left = services.method(choice.method)
    others = [services.method(id) for id in options if id != choice.method]
    best = sorted(others, key=lambda m: (m.slow, m.control, m.uses_layer == left.uses_layer))
    return best[0].id if best else choice.method


def _to_method(choice: Choice, id: str) -> Choice:
    if id == choice.method:
        return choice
    layer = choice.layer if services.method(id).uses_layer else None
    return replace(choice, method=id, parameters=(), layer=layer)


# ---- models


def _models(choice: Choice, prediction: Prediction | None) -> Words:
    modality = services.model(choice.model).modality
    return {
        id: label
        for id, label in model_text.model_labels(zone=st.context.timezone).items()
        if services.model(id).modality == modality
    }


def _another_model(choice: Choice, options: Words) -> str:
    """Propose a model of the same classes, if there is one."""
    names = services.class_names(choice.model)
    others = [id for id in options if id != choice.model]
    alike = (id for id in others if services.class_names(id) == names)
    return next(alike, next(iter(others), ""))


def _to_model(choice: Choice, id: str) -> Choice:
    if id == choice.model:
        return choice
    same = services.class_names(id) == services.class_names(choice.model)
    return replace(
        choice,
        model=id,
        layer=None,
        target=choice.target if same else None,
        against=choice.against if same else None,
    )


# ---- classes


def _classes(choice: Choice, prediction: Prediction | None) -> Words:
    names = services.class_names(choice.model)
    order = range(len(names)) if prediction is None else likely_classes(prediction)
    return {str(index): names[index] for index in order}


def _class(choice: Choice, prediction: Prediction | None) -> str:
    if choice.target is not None:
        return str(choice.target)
    return "" if prediction is None else str(services.ranking(prediction, 1)[0].index)


# ---- pictures


def _pictures(choice: Choice, prediction: Prediction | None) -> Words:
    words = {item.id: item.title for item in picture_selection.matching(choice)}
    return _with_picture(words, choice.picture)


def _with_picture(words: Words, id: str) -> Words:
    """Add a picture that the strip does not hold, such as that of a link."""
    item = None if id in words else uploads.find(id)
    return words if item is None else {id: item.title, **words}


def _next(value: Callable[[Choice], str]) -> Callable[[Choice, Words], str]:
    """Propose the first option that is not the left one."""

    def proposal(choice: Choice, options: Words) -> str:
        return next((id for id in options if id != value(choice)), "")

    return proposal


KINDS: dict[Differ, Kind] = {
    "method": Kind(
        "Two methods",
        "Do two methods point at the same evidence for one decision?",
        _methods,
        lambda choice, _: choice.method,
        _to_method,
        _another_method,
    ),
    "model": Kind(
        "Two models",
        "Do two models look at the same part of the {source}?",
        _models,
        lambda choice, _: choice.model,
        _to_model,
        _another_model,
        lead=default_pictures.to_model,
    ),
    "class": Kind(
        "Two classes",
        "What speaks for one class, and what for another?",
        _classes,
        _class,
        lambda choice, id: replace(choice, target=int(id), against=None),
        _next(lambda choice: "" if choice.target is None else str(choice.target)),
    ),
    "picture": Kind(
        "Two {source}s",
        "Does the model look at the same kind of thing in two {source}s?",
        _pictures,
        lambda choice, _: choice.picture,
        lambda choice, id: replace(choice, picture=id),
        _next(lambda choice: choice.picture),
    ),
}


def options_of(choice: Choice, pair: CompareChoice, prediction: Prediction | None) -> Words:
    """Return what can stand on either side, id to words."""
    options = KINDS[pair.differ].options(choice, prediction)
    return _with_picture(options, pair.other) if pair.differ == "picture" else options


def other_of(choice: Choice, pair: CompareChoice, prediction: Prediction | None) -> str:
    """Return what stands on the right: what was chosen, else the kind's proposal.

    ``""`` while two classes wait for the prediction.
    """
    kind = KINDS[pair.differ]
    options = options_of(choice, pair, prediction)
    if pair.other in options or _gone(pair):
        return pair.other
    left = kind.value(choice, prediction)
    if not left:
        return ""
    return kind.proposal(kind.move(choice, left), options)


def _gone(pair: CompareChoice) -> bool:
    """Whether the right picture was named by a link and may be remembered by the server."""
    return pair.differ == "picture" and bool(pair.other)


def source_of(choice: Choice) -> OpenedSource | None:
    """Return the source of a side, ``None`` if it is gone or of another kind than the model's."""
    item = uploads.find(choice.picture)
    fits = item is not None and item.modality == services.model(choice.model).modality
    return uploads.source(item) if item is not None and fits else None


def selects(choice: Choice, pair: CompareChoice, other: str, prediction: Prediction | None) -> None:
    """Draw in what the sides differ, and what stands on either of them."""
    source = escape(services.kind_of(choice.model).source)
    st.segmented_control(
        "What differs",
        page_choice.DIFFERS,
        format_func=lambda differ: KINDS[differ].name.format(source=source),
        required=True,
        label_visibility="collapsed",
        **page_choice.bind("differ", "differ", pair.differ, other=""),
    )
    kind = KINDS[pair.differ]
    st.markdown(kind.question.format(source=source))
    options = options_of(choice, pair, prediction)
    left = kind.value(choice, prediction)
    columns = st.columns(2, gap="medium")
    with columns[0]:
        _select("Left", options, left, lambda id: _move_left(pair.differ, id))
    with columns[1]:
        _select("Right", options, other, lambda id: page_choice.change(other=id))
    if pair.differ != "method":
        methods = _methods(choice, prediction)
        _select("Method", methods, choice.method, lambda id: _move_left("method", id))


def _move_left(differ: Differ, id: str) -> None:
    kind = KINDS[differ]
    state.begin((kind.lead or kind.move)(state.now(), id))


def _select(label: str, options: Words, value: str, chosen: Callable[[str], None]) -> None:
    st.selectbox(
        label, list(options), format_func=lambda id: options.get(id, id), placeholder="…",
        **bound(f"pair/{label.lower()}", value if value in options else None, chosen),
    )  # fmt: skip
