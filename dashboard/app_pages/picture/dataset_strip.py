"""The model's own dataset in the strip: another dozen of its pictures, or those of one kind."""

from __future__ import annotations

import streamlit as st

from core.contracts import DatasetPredictions, Run, Slice, count_text, groups_in_order
from core.errors import PellucidError
from dashboard import dataset_pictures, services, slice_choice
from dashboard.app_pages.picture import picture_selection
from dashboard.app_pages.picture.picture_selection import SHOWN, PictureSelection
from dashboard.formatting import escape
from dashboard.run_text import attribute_name, group_name
from dashboard.services import ShownSplit
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.uploads import Item
from dashboard.widgets import progress

__all__ = ["controls", "mark"]

_ANY = "Any"


def controls(choice: Choice, split: ShownSplit, shown: int) -> None:
    """Draw how to step through the pictures, and what narrows them.

    Parameters
    ----------
    shown : int
        How many of the dozen are in the strip: the others' files can't be read.
    """
    held = picture_selection.current(split, choice)
    left = picture_selection.narrowed(split, held, picture_selection.answers(choice))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="shelf"):
        st.button(
            "Earlier", key="shelf/earlier", icon=":material/chevron_left:", type="tertiary",
            disabled=not held.start,
            on_click=picture_selection.change, kwargs={"start": max(0, held.start - SHOWN)},
        )  # fmt: skip
        st.button(
            "Another twelve", key="shelf/later", icon=":material/chevron_right:", type="tertiary",
            disabled=held.start + SHOWN >= len(left),
            on_click=picture_selection.change, kwargs={"start": held.start + SHOWN},
        )  # fmt: skip
        _rules(choice, split, held)
        st.caption(escape(_words(split, held, len(left), shown)), width="content")
    if held.wrong:
        _mistakes(choice)


def _words(split: ShownSplit, held: PictureSelection, n: int, shown: int) -> str:
    rules = [split.classes[held.label]] if held.label is not None else []
    rules += [f"{attribute_name(held.by)} {group_name(held.value)}"] if held.value else []
    rules += ["its mistakes"] if held.wrong else []
    if held.slice and not slice_choice.within(split, Slice.parse(held.slice)).problem:
        rules.append("in the slice")
    kind = services.modalities()[split.modality].source
    of = f"{split.name} {kind}s" + (f": {', '.join(rules)}" if rules else "")
    if not n:
        return f"None of the {len(split)} {of}"
    last = min(n, held.start + SHOWN)
    words = f"{held.start + 1} to {last} of {n} {of}"
    unreadable = last - held.start - shown
    return f"{words}; {count_text(unreadable, 'file')} cannot be read" if unreadable else words


# ---- rules


def _rules(choice: Choice, split: ShownSplit, held: PictureSelection) -> None:
    # One label whatever is chosen: another one would close the menu at each choice.
    kind = services.modalities()[split.modality].source
    menu = st.popover(
        f"Which {kind}s", icon=":material/filter_list:", key="shelf/rules", type="tertiary",
        on_change="rerun",
    )  # fmt: skip
    if not menu.open:
        return
    with menu:
        _class_rule(split, held)
        if split.groups:
            _group_rule(split, held)
        st.toggle(
            "Only its mistakes", disabled=services.run(choice.model) is None,
            help=f"Asks the model about every test {kind} first, once.",
            **picture_selection.bind("shelf/wrong", "wrong", held.wrong, start=0),
        )  # fmt: skip


def _class_rule(split: ShownSplit, held: PictureSelection) -> None:
    st.selectbox(
        "True class", [None, *range(len(split.classes))],
        format_func=lambda index: _ANY if index is None else split.classes[index],
        **picture_selection.bind("shelf/label", "label", held.label, start=0),
    )  # fmt: skip


def _group_rule(split: ShownSplit, held: PictureSelection) -> None:
    by = held.by if held.by in split.groups else ""
    st.selectbox(
        "Group", ["", *split.groups],
        format_func=lambda name: attribute_name(name) if name else _ANY,
        **picture_selection.bind("shelf/by", "by", by, value="", start=0),
    )  # fmt: skip
    if not by:
        return
    values = ["", *groups_in_order(set(split.groups[by]))]
    st.selectbox(
        escape(attribute_name(by)), values,
        format_func=lambda value: group_name(value) if value else _ANY,
        **picture_selection.bind(
            "shelf/value", "value", held.value if held.value in values else "", start=0
        ),
    )  # fmt: skip


# ---- what the model says about them


def _mistakes(choice: Choice) -> None:
    """Ask for the model's answers to all test pictures, unless they are known."""
    run = services.run(choice.model)
    if run is None or picture_selection.answers(choice) is not None:
        return
    try:
        _ask(run)
    except PellucidError as error:
        st.caption(escape(f"Its mistakes can't be told: {error}"))


def _ask(run: Run) -> None:
    answer = session_jobs().ask(services.predictions_request(run), hold=True)
    if isinstance(answer.result, DatasetPredictions):
        st.rerun()
    else:
        progress.unfinished(answer, "Its mistakes", place="shelf", ended="Looking for mistakes")


def mark(choice: Choice, item: Item) -> tuple[str, str]:
    """Return whether the model is right about a picture, as symbol and words; empty if unknown."""
    said, known = picture_selection.answers(choice), item.facts
    data = dataset_pictures.data_of(choice.model)
    if said is None or known is None or data is None:
        return "", ""
    if (known.split.fingerprint, known.split.name) != (data.fingerprint, data.name):
        return "", ""
    taken = int(said.probabilities[known.place.index].argmax())
    if taken == known.label:
        return "✓", "The model is right"
    return "✗", f"The model takes it for {said.classes[taken]}"
