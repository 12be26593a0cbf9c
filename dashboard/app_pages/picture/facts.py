"""What a dataset knows of its source, and whether the model is right about it."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath

import streamlit as st

from core.contracts import OpenedSource, Prediction
from dashboard import services, uploads
from dashboard.dataset_pictures import Facts
from dashboard.formatting import escape
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.views import registry as views
from dashboard.widgets.download import download

__all__ = ["line"]


def line(item: uploads.Item, shown: OpenedSource, choice: Choice) -> None:
    """Draw the true class, its groups and the verdict; nothing for sources of no dataset."""
    if item.facts is None:
        return
    with st.container(gap="xsmall", key="facts"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"Truly **{escape(item.facts.label_name)}**", width="content")
            _verdict(item.facts, shown, choice)
            download(
                escape(shown.name),
                partial(services.drawn, shown, None, model=choice.model),
                f"{PurePath(shown.name).stem}.png",
                key="download/picture",
                help=views.of_model(choice.model).about_file,
            )
        st.caption(escape(_where(item.facts)))


def _where(known: Facts) -> str:
    data = services.dataset_name(known.place.dataset)
    kind = services.modalities()[known.split.modality].source
    words = [f"{known.place.split.capitalize()} {kind} {known.place.index} of {data}"]
    return " · ".join([*words, *known.group_name])


def _verdict(known: Facts, shown: OpenedSource, choice: Choice) -> None:
    if services.class_names(choice.model) != known.split.classes:
        st.caption("the model knows other classes", width="content")
        return
    said = session_jobs().ask(services.prediction_request(shown, choice)).result
    if not isinstance(said, Prediction):
        return
    first = services.ranking(said, 1)[0]
    if first.index == known.label:
        st.badge("✓ the model is right", color="green")
    else:
        st.badge(escape(f"✗ the model says {first.label}"), color="red")
