"""What a dataset knows of its picture, and whether the model is right about it."""

from __future__ import annotations

import streamlit as st

from core.contracts import Picture, Prediction
from dashboard import services, uploads
from dashboard.dataset_pictures import Facts
from dashboard.desk import desk
from dashboard.run_words import attribute_words, group_words
from dashboard.state import Choice
from dashboard.words import escape

__all__ = ["line"]


def line(item: uploads.Item, shown: Picture, choice: Choice) -> None:
    """Draw the true class, its groups and the verdict; nothing for pictures of no dataset."""
    if item.facts is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="facts"):
        st.markdown(f"Truly **{escape(item.facts.label_name)}**", width="content")
        _verdict(item.facts, shown, choice)
        st.caption(escape(_where(item.facts)), width="content")


def _where(known: Facts) -> str:
    named = services.dataset_name(known.place.dataset)
    words = [f"{known.place.split} picture {known.place.index} of {named}".capitalize()]
    words += [f"{attribute_words(n)} {group_words(v)}" for n, v in known.groups.items()]
    return " · ".join(words)


def _verdict(known: Facts, shown: Picture, choice: Choice) -> None:
    if services.class_names(choice.model) != known.split.classes:
        st.caption("the model knows other classes", width="content")
        return
    said = desk().ask(services.prediction_request(shown, choice)).result
    if not isinstance(said, Prediction):
        return
    first = services.ranking(said, 1)[0]
    if first.index == known.label:
        st.badge("✓ the model is right", color="green")
    else:
        st.badge(escape(f"✗ the model says {first.label}"), color="red")
