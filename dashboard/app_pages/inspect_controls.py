"""The controls of Inspect: model and framing, what to explain, and how."""

from __future__ import annotations

import streamlit as st

from core.contracts import GEOMETRIES, MethodCard, Prediction
from core.errors import InputError
from dashboard import glossary, model_words, services, state, suitable
from dashboard.state import Choice, Focus
from dashboard.widgets.parameters import parameter_widgets
from dashboard.words import error_words, escape

__all__ = ["explain_panel", "likely_classes", "method_label", "sidebar"]

_FRAMINGS = {"crop": "Crop the centre", "squash": "Squash", "letterbox": "Letterbox"}
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
    """Draw the choice of model and framing."""
    with st.sidebar:
        st.session_state["model"] = choice.model
        labels = model_words.model_labels(zone=st.context.timezone)
        st.selectbox(
            "Model",
            list(labels),
            format_func=labels.__getitem__,
            key="model",
            help=f"{glossary.explain('model')} {model_words.legend()}",
            on_change=_model_chosen,
        )
        st.caption(escape(model_words.about_model(choice.model)))
        if not services.model(choice.model).gradients:
            st.caption(_NO_GRADIENTS)
        st.session_state["framing"] = choice.geometry
        st.selectbox(
            "Framing",
            GEOMETRIES,
            format_func=_FRAMINGS.__getitem__,
            key="framing",
            help=glossary.explain("framing"),
            on_change=lambda: state.change(geometry=st.session_state["framing"]),
        )
        if device := services.device():
            st.caption(f":material/memory: {escape(device)}")


def _model_chosen() -> None:
    state.begin(suitable.to_model(state.current() or Choice(), st.session_state["model"]))


# ---- what to explain


def explain_panel(choice: Choice, prediction: Prediction | None) -> None:
    """Draw what is explained, by which method, with which parameters."""
    st.subheader("What to explain", anchor=False, help=glossary.explain("explain"))
    st.session_state["focus"] = choice.focus
    st.segmented_control(
        "Explain",
        list(_FOCUSES),
        format_func=_FOCUSES.__getitem__,
        required=True,
        key="focus",
        label_visibility="collapsed",
        disabled=prediction is None,
        on_change=_focus_chosen,
        args=(prediction,),
    )
    if prediction is not None:
        _classes(choice, prediction)
    _method(choice)


def _focus_chosen(prediction: Prediction | None) -> None:
    focus: Focus = st.session_state["focus"]
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
        _class_box("Class", "target", choice.target, prediction)
    elif choice.focus == "contrast":
        top = services.ranking(prediction, 1)[0].index
        chosen = top if choice.target is None else choice.target
        for_, against = st.columns(2)
        with for_:
            _class_box("A: evidence for", "target", chosen, prediction)
        with against:
            _class_box("B: rather than", "against", choice.against, prediction)


def likely_classes(prediction: Prediction) -> list[int]:
    """Return every class of the model, the likeliest first."""
    return [score.index for score in services.ranking(prediction, len(prediction.logits))]


def _class_box(label: str, part: str, chosen: int | None, prediction: Prediction) -> None:
    key = f"class/{part}"
    problem = st.session_state.pop(f"{key}/problem", None)
    names = services.class_names(prediction.model)
    st.session_state[key] = chosen
    st.selectbox(
        label,
        likely_classes(prediction),
        format_func=lambda index: names[index] if isinstance(index, int) else str(index),
        key=key,
        accept_new_options=True,
        help="Type a name, a synonym, an index or a WordNet id; the likeliest classes come first.",
        on_change=_class_chosen,
        args=(part, prediction.model),
    )
    if problem:
        st.warning(escape(problem), icon=":material/search_off:")


def _class_chosen(part: str, model: str) -> None:
    key = f"class/{part}"
    value = st.session_state[key]
    choice = state.current() or Choice()
    other = choice.against if part == "target" else choice.target
    try:
        index = value if isinstance(value, int) else services.find_class(model, str(value)).index
        if choice.focus == "contrast" and index == other:
            raise InputError(
                "A and B are the same class: their difference is always 0. Choose two classes."
            )
    except InputError as error:
        st.session_state[f"{key}/problem"] = error_words(error)
        return
    state.change(**{part: index})


# ---- how


def method_label(card: MethodCard) -> str:
    """Return a method's name for a list, with what to know before choosing it."""
    traits = [word for word, held in (("control", card.control), ("slow", card.slow)) if held]
    return card.name + (f" ({', '.join(traits)})" if traits else "")


def _method(choice: Choice) -> None:
    cards = services.offered(services.model(choice.model))
    card = cards[choice.method]
    st.session_state["method"] = choice.method
    st.selectbox(
        "Method",
        list(cards),
        format_func=lambda id: method_label(cards[id]),
        key="method",
        help=glossary.explain("method"),
        on_change=_method_chosen,
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


def _method_chosen() -> None:
    id = st.session_state["method"]
    choice = state.current() or Choice()
    layer = choice.layer if services.method(id).uses_layer else None
    state.change(method=id, parameters=(), layer=layer)


def _layer(choice: Choice) -> None:
    card = services.model(choice.model)
    st.session_state["layer"] = choice.layer or card.feature_layer

    def chosen() -> None:
        layer = st.session_state["layer"]
        state.change(layer=None if layer == card.feature_layer else layer)

    st.selectbox(
        "Layer",
        card.layers,
        key="layer",
        help=glossary.explain("layer"),
        on_change=chosen,
    )
