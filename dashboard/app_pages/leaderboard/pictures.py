"""Which sources a leaderboard is made over: the dataset's, the strip's, or the server's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.contracts import OpenedSource, count_text
from dashboard import dataset_pictures, services, uploads
from dashboard.app_pages.leaderboard import page_choice
from dashboard.app_pages.leaderboard.page_choice import MOST_PICTURES, LeaderboardChoice, Source
from dashboard.app_pages.picture import strip as picture_strip
from dashboard.formatting import escape
from dashboard.run_text import attribute_name
from dashboard.services import Gallery, ShownSplit
from dashboard.widgets.tiles import Tile, tiles

__all__ = ["Taken", "choose"]

_MOST_GROUPS = 12
_UNNAMED = "(none)"


@dataclass(frozen=True, slots=True)
class Taken:
    """Sources that are not opened yet, and the subgroup of each."""

    opens: tuple[Callable[[], OpenedSource], ...]
    groups: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.opens)

    def open(self) -> Iterator[OpenedSource]:
        """Open them one by one."""
        return (opened() for opened in self.opens)


def choose(held: LeaderboardChoice, model: str) -> Taken:
    """Draw the choice of sources and return what is taken."""
    data, kind = dataset_pictures.data_of(model), services.kind_of(model).source
    folder = services.gallery() if uploads.examples(model) else None
    sources: dict[Source, str] = {}
    if data is not None:
        own = services.model(model).trained_on
        sources["dataset"] = "The model's own dataset" if own else "A dataset of this server"
    sources["strip"] = f"Your {kind}s and the examples" if data is None else f"Your {kind}s"
    if folder is not None:
        sources["folder"] = "The reference folder"
    source = held.source if held.source in sources else next(iter(sources))
    if len(sources) > 1:
        st.segmented_control(
            f"{kind.capitalize()}s",
            list(sources),
            format_func=sources.__getitem__,
            required=True,
            **page_choice.bind("leaderboard source", "source", source),
        )
    if source == "dataset" and data is not None:
        return _dataset(held, data)
    if source == "folder" and folder is not None:
        return _folder(held, folder)
    return _strip(held, model, {} if data is not None else uploads.examples(model))


def _strip(held: LeaderboardChoice, model: str, examples: dict[str, uploads.Item]) -> Taken:
    kind = services.kind_of(model).source
    items = {i.id: i for i in reversed(uploads.uploaded(model).values())} | examples
    taken = [item for id, item in items.items() if id not in held.left_out]
    drop, gallery = st.columns([1, 2.6], gap="medium", vertical_alignment="center")
    with drop:
        picture_strip.DROP.draw(model)
    with gallery:
        tiles(
            [_tile(item, selected=item in taken) for item in items.values()],
            key="leaderboard strip",
            kind="strip",
            label=f"{kind.capitalize()}s that are taken",
            on_pick=_toggle,
        )
        st.caption(f"{len(taken)} of {len(items)} {kind}s are taken. Click one to leave it out.")
    picture_strip.DROP.refusals()
    return Taken(tuple(partial(uploads.source, item) for item in taken))


def _tile(item: uploads.Item, *, selected: bool) -> Tile:
    hint = f"{item.title}: click to {'leave it out' if selected else 'take it'}"
    return Tile(item.id, item.title, hint=hint, image=item.thumbnail, selected=selected)


def _toggle(id: str) -> None:
    left_out = page_choice.now().left_out
    kept = tuple(other for other in left_out if other != id)
    page_choice.change(left_out=kept if id in left_out else (*left_out, id))


# ---- many at once


def _dataset(held: LeaderboardChoice, data: ShownSplit) -> Taken:
    columns = {"label": tuple(data.classes[i] for i in data.labels), **data.groups}
    by, count = _how_many(held, len(data), _groupings(columns), "classes in turn")
    known = dataset_pictures.first_facts(data, count)
    kind = services.modalities()[data.modality].source
    st.caption(escape(f"{services.dataset_name(data.dataset)}: {len(data)} {data.name} {kind}s."))
    groups = tuple(columns[by][one.place.index] for one in known) if by else ()
    return Taken(tuple(one.source for one in known), groups)


def _folder(held: LeaderboardChoice, folder: Gallery) -> Taken:
    columns = {"label": tuple(picture.label for picture in folder.pictures)} | {
        name: tuple(picture.columns[name] for picture in folder.pictures) for name in folder.columns
    }
    groupings = _groupings(columns)
    by, count = _how_many(held, len(folder), groupings, "spread evenly over the folder")
    st.caption(escape(f"{folder.folder.name}: {count_text(len(folder), 'picture')}."))
    chosen = [i * len(folder) // count for i in range(count)]
    groups = tuple(groupings[by][i] for i in chosen) if by else ()
    return Taken(tuple(folder.pictures[i].open for i in chosen), groups)


def _how_many(held: LeaderboardChoice, n: int, by: Iterable[str], which: str) -> tuple[str, int]:
    """Draw the choice of how many of ``n`` pictures, and by what; return both."""
    options = ["", *by]
    how_many, by_what = st.columns(2)
    how_many.number_input(
        f"How many, {which}",
        1,
        min(MOST_PICTURES, n),
        **page_choice.bind("leaderboard count", "count", min(held.count, MOST_PICTURES, n)),
    )
    by_what.selectbox(
        "By subgroup",
        options,
        format_func=lambda name: attribute_name(name) or "No subgroups",
        **page_choice.bind("leaderboard by", "by", held.by if held.by in options else ""),
    )
    return st.session_state["leaderboard by"], st.session_state["leaderboard count"]


def _groupings(columns: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the columns that part pictures into a few subgroups: the value of each picture."""
    return {
        name: tuple(value or _UNNAMED for value in values)
        for name, values in columns.items()
        if 2 <= len(set(values)) <= _MOST_GROUPS
    }
