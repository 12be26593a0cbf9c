"""Which pictures a leaderboard is made over: those of the strip, or the server's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.contracts import Picture
from dashboard import leaderboard_choice, services, uploads
from dashboard.app_pages import inspect_strip
from dashboard.leaderboard_choice import MOST_PICTURES, Board
from dashboard.services import Gallery
from dashboard.widgets.tiles import Tile, tiles
from dashboard.words import escape

__all__ = ["Taken", "choose"]

_SOURCES = {False: "Your pictures and the examples", True: "The reference folder"}
_MOST_GROUPS = 12
_UNNAMED = "(none)"


@dataclass(frozen=True, slots=True)
class Taken:
    """Pictures that are not decoded yet, and the subgroup of each."""

    opens: tuple[Callable[[], Picture], ...]
    groups: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.opens)

    def open(self) -> Iterator[Picture]:
        """Decode the pictures one by one."""
        return (decode() for decode in self.opens)


def choose(held: Board) -> Taken:
    """Draw the choice of pictures and return what is taken."""
    folder = services.gallery()
    if folder is None:
        return _strip(held)
    st.session_state["leaderboard source"] = held.folder
    st.segmented_control(
        "Pictures",
        list(_SOURCES),
        format_func=_SOURCES.__getitem__,
        required=True,
        key="leaderboard source",
        on_change=lambda: leaderboard_choice.change(folder=st.session_state["leaderboard source"]),
    )
    return _folder(held, folder) if held.folder else _strip(held)


def _strip(held: Board) -> Taken:
    items = {i.id: i for i in reversed(uploads.session_items().values())} | uploads.examples()
    taken = [item for id, item in items.items() if id not in held.left_out]
    drop, gallery = st.columns([1, 2.6], gap="medium", vertical_alignment="center")
    with drop:
        inspect_strip.drop_zone()
    with gallery:
        tiles(
            [_tile(item, selected=item in taken) for item in items.values()],
            key="leaderboard strip",
            kind="strip",
            label="Pictures that are taken",
            on_pick=_toggle,
        )
        st.caption(f"{len(taken)} of {len(items)} pictures are taken. Click one to leave it out.")
    inspect_strip.refusals()
    return Taken(tuple(partial(uploads.picture, item) for item in taken))


def _tile(item: uploads.Item, *, selected: bool) -> Tile:
    hint = f"{item.title}: click to {'leave it out' if selected else 'take it'}"
    return Tile(item.id, item.title, hint=hint, image=item.thumbnail, selected=selected)


def _toggle(id: str) -> None:
    left_out = (leaderboard_choice.current() or Board()).left_out
    kept = tuple(other for other in left_out if other != id)
    leaderboard_choice.change(left_out=kept if id in left_out else (*left_out, id))


def _folder(held: Board, folder: Gallery) -> Taken:
    most = min(MOST_PICTURES, len(folder))
    groupings = _groupings(folder)
    by = held.by if held.by in groupings else ""
    st.session_state["leaderboard count"] = min(held.count, most)
    st.session_state["leaderboard by"] = by
    how_many, by_what = st.columns(2)
    how_many.number_input(
        "How many, spread evenly over the folder",
        1,
        most,
        key="leaderboard count",
        on_change=lambda: leaderboard_choice.change(count=st.session_state["leaderboard count"]),
    )
    by_what.selectbox(
        "By subgroup",
        ["", *groupings],
        format_func=lambda name: name or "No subgroups",
        key="leaderboard by",
        on_change=lambda: leaderboard_choice.change(by=st.session_state["leaderboard by"]),
    )
    st.caption(escape(f"{folder.folder.name}: {len(folder)} pictures."))
    count = min(held.count, most)
    chosen = [i * len(folder) // count for i in range(count)]
    groups = tuple(groupings[by][i] for i in chosen) if by else ()
    return Taken(tuple(folder.pictures[i].open for i in chosen), groups)


def _groupings(folder: Gallery) -> dict[str, tuple[str, ...]]:
    """Return the columns that part a folder into a few subgroups: the value of each picture."""
    columns = {"label": tuple(picture.label for picture in folder.pictures)} | {
        name: tuple(picture.columns[name] for picture in folder.pictures) for name in folder.columns
    }
    return {
        name: tuple(value or _UNNAMED for value in values)
        for name, values in columns.items()
        if 2 <= len(set(values)) <= _MOST_GROUPS
    }
