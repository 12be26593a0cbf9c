"""The controls of Inspect: model and reading, what to explain, and how."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.contracts import MethodCard, Prediction
from core.errors import InputError
from dashboard import default_pictures, glossary, model_text, services, state
from dashboard.formatting import error_text, escape
from dashboard.session import bound
from dashboard.state import Choice, Focus
from dashboard.views import registry as views
from dashboard.widgets.parameters import parameter_widgets

__all__ = ["class_box", "explain_panel", "likely_classes", "method_label", "sidebar"]

_NO_GRADIENTS = (
    ":material/block: It has no gradients: methods, explainers and attacks that need them are not "
    "offered, and are named where the others are chosen."
)
_FOCUSES: dict[Focus, str] = {
    "predicted": "Predicted class",
    "class": "Another class",
    "contrast": "A against B",
}


# ---- sidebar


def sidebar(choice: Choice) -> None:
    """Draw the choice of model, and of how a source becomes its input."""
    with st.sidebar:
        labels = model_text.model_labels(zone=st.context.timezone)
        st.selectbox(
            "Model",
            list(labels),
            format_func=labels.__getitem__,
            help=f"{glossary.explain('model')} {model_text.legend()}",
            **bound("model", choice.model, _model_chosen),
        )
        st.caption(escape(model_text.about_model(choice.model)))
        if not services.model(choice.model).gradients:
            st.caption(_NO_GRADIENTS)
        views.of_model(choice.model).reading(
            choice.reading, keep=lambda reading: state.change(reading=reading)
        )
        if device := services.device():
            st.caption(f":material/memory: {escape(device)}")


def _model_chosen(model: str) -> None:
    state.begin(default_pictures.to_model(state.now(), model))


# ---- what to explain


def explain_panel(choice: Choice, prediction: Prediction | None) -> None:
    """Draw what is explained, by which method, with which parameters."""
    st.subheader("What to explain", anchor=False, help=glossary.explain("explain"))
    st.segmented_control(
        "Explain",
        list(_FOCUSES),
        format_func=_FOCUSES.__getitem__,
        required=True,
        label_visibility="collapsed",
        disabled=prediction is None,
        **bound("focus", choice.focus, lambda focus: _focus_chosen(focus, prediction)),
    )
    if prediction is not None:
        _classes(choice, prediction)
    _method(choice)


def _focus_chosen(focus: Focus, prediction: Prediction | None) -> None:
    if prediction is None or focus == "predicted":
        state.change(target=None, against=None)
        return
    first, second = services.ranking(prediction, 2)
    if focus == "class":
        state.change(target=second.index, against=None)
    else:
        state.change(target=first.index, against=second.index)


def _classes(choice: Choice, prediction: Prediction) -> None:
    if choice.focus == "class":
        _part("Class", "target", choice.target, prediction)
    elif choice.focus == "contrast":
        top = services.ranking(prediction, 1)[0].index
        chosen = top if choice.target is None else choice.target
        for_, against = st.columns(2)
        with for_:
            _part("A: evidence for", "target", chosen, prediction)
        with against:
            _part("B: rather than", "against", choice.against, prediction)


def _part(label: str, part: str, chosen: int | None, prediction: Prediction) -> None:
    class_box(f"class/{part}", label, chosen, prediction, partial(_change_class, part))


def likely_classes(prediction: Prediction) -> list[int]:
    """Return every class of the model, the likeliest first."""
    return [score.index for score in services.ranking(prediction, len(prediction.logits))]


def class_box(
    key: str, label: str, chosen: int | None, prediction: Prediction, change: Callable[[int], None],
    *, first: str = "the likeliest classes come first",
) -> None:  # fmt: skip
    """Draw the choice of a class by whatever names it; ``change`` may refuse one.

    Parameters
    ----------
    key : str
        The widget's.
    change : callable
        Receives the class's index; raises ``InputError`` for one that does not fit.
    first : str
        Which classes the list begins with.
    """
    problem = st.session_state.pop(f"{key}/problem", None)
    names = services.class_names(prediction.model)

    def typed(value: int | str) -> None:
        try:
            if not isinstance(value, int):
                value = services.find_class(prediction.model, value).index
            change(value)
        except InputError as error:
            st.session_state[f"{key}/problem"] = error_text(error)

    st.selectbox(
        label,
        likely_classes(prediction),
        format_func=lambda index: names[index] if isinstance(index, int) else str(index),
        accept_new_options=True,
        help=f"Type a name, a synonym, an index or a WordNet id; {first}.",
        **bound(key, chosen, typed),
    )
    if problem:
        st.warning(escape(problem), icon=":material/search_off:")


def _change_class(part: str, index: int) -> None:
    choice = state.now()
    other = choice.against if part == "target" else choice.target
    if choice.focus == "contrast" and index == other:
        raise InputError(
            "A and B are the same class: their difference is always 0. Choose two classes."
        )
    state.change(**{part: index})


# ---- how


def method_label(card: MethodCard) -> str:
    """Return a method's name for a list, with what to know before choosing it."""
    traits = [word for word, held in (("control", card.control), ("slow", card.slow)) if held]
    return card.name + (f" ({', '.join(traits)})" if traits else "")


def _method(choice: Choice) -> None:
    cards = services.offered(services.model(choice.model))
    card = cards[choice.method]
    st.selectbox(
        "Method",
        list(cards),
        format_func=lambda id: method_label(cards[id]),
        help=glossary.explain("method"),
        **bound("method", choice.method, _method_chosen),
    )
    for reason, names in services.not_offered(services.model(choice.model)).items():
        st.caption(f"Not offered, because this model {reason}: {escape(', '.join(names))}.")
    changed = len(choice.parameters) + (choice.layer is not None)
    if not card.parameters and not card.uses_layer:
        return
    label = "Parameters" + (f" ({changed} changed)" if changed else "")
    with st.expander(label, icon=":material/tune:", key="parameters"):
        if card.uses_layer:
            _layer(choice)
        parameter_widgets(card, dict(choice.parameters))


def _method_chosen(id: str) -> None:
    choice = state.now()
    layer = choice.layer if services.method(id).uses_layer else None
    state.change(method=id, parameters=(), layer=layer)


def _layer(choice: Choice) -> None:
    card = services.model(choice.model)

    def chosen(layer: str) -> None:
        state.change(layer=None if layer == card.feature_layer else layer)

    st.selectbox(
        "Layer",
        card.layers,
        help=glossary.explain("layer"),
        **bound("layer", choice.layer or card.feature_layer, chosen),
    )
