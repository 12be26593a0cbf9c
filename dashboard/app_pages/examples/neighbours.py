"""Pictures like this to the model: the nearest ones in its features, with their labels."""

from __future__ import annotations

from html import escape as html_escape

import streamlit as st

from core.contracts import Neighbour, Neighbours, Picture, PictureSet, count_text
from dashboard import glossary, services, uploads
from dashboard.app_pages.examples import page_choice
from dashboard.app_pages.examples.page_choice import SOURCES, ExamplesChoice, Source
from dashboard.app_pages.picture import picture_selection
from dashboard.formatting import escape, number, percent
from dashboard.references import references
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress

__all__ = ["section"]

_HOW_TO_SET = (
    "No reference folder is set on this server. Start it with `PELLUCID_GALLERY=/path/to/folder`: "
    "one folder for each label with pictures in it, or pictures with a `metadata.csv` (`file_name,"
    "label`). Training pictures tell most. Until then, these are your pictures and the examples."
)
_STYLE = (
    "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(8.5rem,42%),1fr));gap:0.75rem"
)


def section(shown: Picture, choice: Choice, search: ExamplesChoice) -> None:
    """Ask for the nearest pictures and draw them."""
    st.subheader(
        "Pictures like this to the model", anchor=False, help=glossary.explain("nearest pictures")
    )
    st.markdown(
        "The pictures whose features are closest to this one's, nearest first. Labels that "
        "disagree show what the model mixes up. **What it can't show:** why they are close, "
        "or pictures that are not in the set."
    )
    reference = _reference(choice, search)
    request = services.neighbours_request(shown, choice, reference=reference)
    answer = session_jobs().ask(request)
    if isinstance(answer.result, Neighbours):
        _draw(answer.result)
    else:
        progress.unfinished(
            answer, "Nearest pictures", place="near", ended="The search for pictures", height=180
        )


def _reference(choice: Choice, search: ExamplesChoice) -> PictureSet:
    labelled = references(choice)
    if labelled is None:
        st.info(_HOW_TO_SET, icon=":material/folder_off:")
        return _session(choice)
    titles: dict[Source, str] = {
        "folder": labelled.title,
        "session": "The pictures in the strip",
    }
    st.segmented_control(
        "Look among",
        SOURCES,
        format_func=titles.__getitem__,
        required=True,
        **page_choice.bind("near/source", "source", search.source),
    )
    return labelled.pictures() if search.source == "folder" else _session(choice)


def _session(choice: Choice) -> PictureSet:
    pictures = [uploads.picture(item) for item in picture_selection.matching(choice)]
    return services.picture_set(
        pictures, name="your pictures", model=choice.model, geometry=services.framing(choice)
    )


def _draw(near: Neighbours) -> None:
    figures = [
        _figure(neighbour, services.pixels_uri(thumbnail))
        for neighbour, thumbnail in zip(near.neighbours, near.thumbnails, strict=True)
    ]
    st.html(f'<div class="near" style="{_STYLE}">{"".join(figures)}</div>')
    words = [
        f"Cosine similarity of the features of {near.layer}, averaged over the picture; "
        f"{count_text(near.n, 'picture')} searched"
    ]
    if near.n_unreadable:
        words.append(f"{count_text(near.n_unreadable, 'file')} of the folder could not be read")
    st.caption(escape(". ".join(words) + "."))


def _figure(neighbour: Neighbour, uri: str) -> str:
    label = neighbour.label or neighbour.name
    itself = " · this very picture" if neighbour.same else ""
    said = f"model: {neighbour.predicted.label} {percent(neighbour.probability)}"
    return (
        '<figure style="margin:0;min-width:0">'
        f'<img src="{uri}" alt="{html_escape(label)}" '
        'style="width:100%;aspect-ratio:1;object-fit:cover;border-radius:0.4rem">'
        '<figcaption style="font-size:0.85rem;line-height:1.35;overflow-wrap:anywhere">'
        f"<b>{html_escape(label)}</b><br>{html_escape(said)}<br>"
        f"similarity {number(neighbour.similarity)}{itself}</figcaption></figure>"
    )
