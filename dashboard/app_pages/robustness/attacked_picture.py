"""Which picture is attacked: one of the dataset, or one that was dropped here."""

from __future__ import annotations

import streamlit as st

from core.contracts import OpenedSource
from core.errors import PellucidError
from dashboard import services, uploads
from dashboard.app_pages.picture.drop import DropZone
from dashboard.app_pages.robustness import page_choice
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.dataset_pictures import Facts, Place
from dashboard.formatting import error_text, escape
from dashboard.widgets.tiles import Tile, tiles

__all__ = ["chosen"]

_SHOWN = 12
_PLACE = "one picture dozen"


def _taken(id: str) -> None:
    page_choice.change(upload=id, step=0)


_DROP = DropZone("one picture drop", _taken)


def chosen(trial: RobustnessChoice, attacked: AttackedData) -> OpenedSource | None:
    """Draw the drop zone beside the sources, and return the chosen one; ``None`` if it is gone."""
    index = _index(trial, attacked)
    drop, gallery = st.columns([1, 2.6], gap="medium", vertical_alignment="center")
    with drop:
        _DROP.draw(attacked.model)
    with gallery, st.container(gap="xsmall", key="one picture gallery"):
        _strip(trial, attacked, index)
    _DROP.refusals()
    if trial.upload:
        return _uploaded(trial.upload, attacked.model)
    facts = Facts(Place(attacked.data.dataset, attacked.data.name, index), attacked.data)
    try:
        source = facts.source()
    except PellucidError as error:
        st.error(escape(error_text(error)), icon=":material/broken_image:")
        return None
    words = ", ".join(facts.group_name)
    st.caption(escape(f"{facts.name}: truly {facts.label_name}" + (f"; {words}" if words else "")))
    return source


def _index(trial: RobustnessChoice, attacked: AttackedData) -> int:
    if 0 <= trial.picture < len(attacked.data):
        return trial.picture
    if trial.picture >= 0:
        st.warning(
            f"There is no picture {trial.picture} in this split: it has {len(attacked.data)}.",
            icon=":material/link_off:",
        )
    return int(attacked.order[0])


def _uploaded(id: str, model: str) -> OpenedSource | None:
    item, kind = uploads.find(id), services.kind_of(model)
    if item is None or item.facts is not None or item.modality != kind.id:
        st.info(
            f"The {escape(kind.source)} of this link is not here any more: uploads stay in memory "
            "for a while and are never written to disk. Drop the same file again, or choose "
            "another one.",
            icon=":material/hide_image:",
        )
        return None
    st.caption(escape(f"{item.title}: its true class is not known here"))
    return uploads.source(item)


# ---- the strip


def _strip(trial: RobustnessChoice, attacked: AttackedData, index: int) -> None:
    order = attacked.order.tolist()
    # A link may name a picture outside the slice: it is shown, and the strip holds the slice.
    start = _start(attacked, order.index(index) if index in order else 0)
    given = list(reversed(uploads.uploaded(attacked.model).values()))
    entries = [
        Tile(item.id, item.title, image=item.thumbnail, selected=item.id == trial.upload)
        for item in given
    ]
    for place in order[start : start + _SHOWN]:
        item = _of_dataset(attacked, place)
        if item is not None and item.facts is not None:
            picked = not trial.upload and place == index
            entries.append(
                Tile(str(place), item.facts.label_name, image=item.thumbnail, selected=picked)
            )
    label = f"{services.kind_of(attacked.model).source.capitalize()}s"
    tiles(entries, key="one picture strip", kind="strip", label=label, ratio="1", on_pick=_pick)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for words, icon, key, to in (
            ("Earlier", ":material/chevron_left:", "earlier", start - _SHOWN),
            ("Another twelve", ":material/chevron_right:", "later", start + _SHOWN),
        ):
            st.button(
                words, icon=icon, key=f"one picture {key}", type="tertiary",
                disabled=not 0 <= to < len(order), on_click=_turn, args=(attacked, to),
            )  # fmt: skip
        last = min(len(order), start + _SHOWN)
        kind = services.kind_of(attacked.model).source
        st.caption(f"{start + 1} to {last} of {len(order)} {attacked.data.name} {escape(kind)}s")


def _start(attacked: AttackedData, at: int) -> int:
    """Return where the dozen begins: where it was turned to, or where the picture is."""
    held = st.session_state.get(_PLACE)
    if held is not None and held[0] == (
        attacked.data.fingerprint,
        attacked.data.name,
        attacked.slice,
    ):
        return int(held[1])
    return at // _SHOWN * _SHOWN


def _turn(attacked: AttackedData, to: int) -> None:
    st.session_state[_PLACE] = ((attacked.data.fingerprint, attacked.data.name, attacked.slice), to)


def _of_dataset(attacked: AttackedData, place: int) -> uploads.Item | None:
    known = Facts(Place(attacked.data.dataset, attacked.data.name, place), attacked.data)
    try:
        return uploads.of_dataset(known)
    except PellucidError:  # its file cannot be read; who asks for it is told
        return None


def _pick(id: str) -> None:
    _DROP.forget()
    if id in uploads.session_items():
        page_choice.change(upload=id, step=0)
    else:
        page_choice.change(picture=int(id), upload="", step=0)
