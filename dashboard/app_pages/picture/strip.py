"""The strip above the stage: drop sources, choose one of them or an example."""

from __future__ import annotations

import streamlit as st

from dashboard import dataset_pictures, services, state, uploads
from dashboard.app_pages.picture import dataset_strip, picture_selection
from dashboard.app_pages.picture.drop import DropZone
from dashboard.state import Choice
from dashboard.widgets.slice_chip import slice_chip
from dashboard.widgets.tiles import Tile, tiles

__all__ = ["DROP", "strip"]


def _taken(id: str) -> None:
    state.change(picture=id, mask="")


DROP = DropZone("drop", _taken)
"""Pictures of this session, for every page that shows the strip."""


def strip(choice: Choice) -> None:
    """Draw the drop zone beside the sources of this session and those that suit the model."""
    data = dataset_pictures.data_of(choice.model)
    slice_chip(data, key="strip")
    drop, gallery = st.columns([1, 2.6], gap="medium", vertical_alignment="center")
    with drop:
        DROP.draw(choice.model)
    with gallery, st.container(gap="xsmall", key="gallery"):
        items = picture_selection.matching(choice)
        tiles(
            [_tile(item, choice) for item in items],
            key="strip",
            kind="strip",
            label=f"{services.kind_of(choice.model).source.capitalize()}s",
            on_pick=_pick,
            ratio=None if data is None else "1",
        )
        if data is not None:
            dataset_strip.controls(choice, data, sum(item.facts is not None for item in items))
    DROP.refusals()


def _pick(id: str) -> None:
    DROP.forget()
    picture_selection.change(picture=id)  # the strip stays where it is
    state.change(picture=id, mask="")


def _tile(item: uploads.Item, choice: Choice) -> Tile:
    hint = f"{item.title} ({item.credit})" if item.credit else item.title
    title = item.title
    if item.facts is not None:
        symbol, words = dataset_strip.mark(choice, item)
        title = f"{symbol} {item.facts.label_name}".strip()
        hint = f"{item.facts.name}: {item.facts.label_name}. "
        hint += ", ".join(item.facts.group_name)
        hint += f". {words}" if words else ""
    return Tile(item.id, title, hint=hint, image=item.thumbnail, selected=item.id == choice.picture)
