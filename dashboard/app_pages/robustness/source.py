"""What is attacked: a model, the pictures, and what groups are formed by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.contracts import SPLITS, Slice
from dashboard import glossary, services, slice_choice
from dashboard.app_pages.robustness import page_choice
from dashboard.app_pages.robustness.page_choice import AUTO, LIMITS, RobustnessChoice
from dashboard.formatting import escape, said_of
from dashboard.model_text import legend, model_labels
from dashboard.run_text import attribute_name
from dashboard.services import ShownSplit
from dashboard.widgets.slice_chip import slice_chip

__all__ = ["BY_CLASS", "AttackedData", "choose"]

BY_CLASS = "class"
_FEW, _MANY = 2, 8


@dataclass(frozen=True)
class AttackedData:
    """The model, the pictures, and the attribute that groups are formed by, ``""`` for none.

    Parameters
    ----------
    slice : str
        Text of the slice that the pictures are taken from; ``""`` for all of them.
    """

    model: str
    data: ShownSplit
    by: str
    limit: int
    seed: int
    slice: str = ""

    @cached_property
    def order(self) -> npt.NDArray[np.int64]:
        """The pictures of the slice in the order in which they are shown."""
        own = slice_choice.within(self.data, Slice.parse(self.slice)).indices
        shown: npt.NDArray[np.int64] = self.data.order[np.isin(self.data.order, own)]
        return shown

    @property
    def n(self) -> int:
        """How many pictures are taken."""
        return min(self.limit, len(self.order)) if self.limit else len(self.order)

    def options(self) -> dict[str, Any]:
        """Return what every request about it takes, apart from dataset and split."""
        return {
            "model": self.model,
            "by": self.by or None,
            "limit": self.n,
            "seed": self.seed,
            "slice": self.slice or None,
        }


def choose(trial: RobustnessChoice) -> AttackedData | None:
    """Draw the choice of model and pictures, and return it; ``None`` where there is none."""
    models = services.attackable_models()
    if not models:
        st.info(
            "There are no labelled pictures for any model here. Train one under Models; its test "
            "pictures are attacked then.",
            icon=":material/model_training:",
        )
        return None
    labels = model_labels(zone=st.context.timezone)
    left, right = st.columns([1.6, 1])
    model = _picked(trial.model, models, "model", "That model")
    with left:
        _select("model", "Model", models, model, labels, attacked=True, help=legend())
    kind, offered = services.kind_of(model), services.attackable_data(model)
    key = _picked(trial.dataset, tuple(offered), "dataset", "That dataset")
    data = services.shown_split(offered[key], trial.split)
    by = _attribute(trial.by, data)
    with right:
        _limit(trial, data, said_of("Pictures taken", kind))
    with st.expander(said_of("Which pictures, and by whom", kind), icon=":material/photo_library:"):
        names = {each: services.dataset_name(text) for each, text in offered.items()}
        first, second, third = st.columns(3)
        with first:
            _select("dataset", said_of("Pictures", kind), tuple(offered), key, names, attacked=True)
        with second:
            _select("split", "Split", SPLITS, trial.split, {}, attacked=True)
        with third:
            kinds = ("", *data.groups, BY_CLASS)
            words = {"": "nobody apart", **{name: attribute_name(name) for name in data.groups}}
            _select("by", "By", kinds, by, words, help=glossary.explain("attribute"))
    slice_chip(data, key="robustness")
    left_over = slice_choice.within(data)
    if not left_over.n:
        st.info(
            said_of("No picture belongs to the slice, so there is nothing to attack. ", kind)
            + "Clear it, or choose another split.",
            icon=":material/filter_list_off:",
        )
        return None
    text = "" if left_over.problem else slice_choice.current().text
    return AttackedData(model, data, by, trial.limit, trial.seed, text)


def _picked(asked: str, known: tuple[str, ...], name: str, words: str) -> str:
    if asked and asked not in known:
        st.warning(
            f"{words} of the address is not here, or does not fit: {escape(asked)}.",
            icon=":material/link_off:",
        )
    return asked if asked in known else known[0]


def _attribute(asked: str, data: ShownSplit) -> str:
    if asked in ("", BY_CLASS) or asked in data.groups:
        return asked
    handy = [name for name, v in data.groups.items() if _FEW <= len(set(v)) <= _MANY]
    if asked != AUTO:
        st.warning(
            f"These pictures do not come with the attribute {escape(asked)}.",
            icon=":material/link_off:",
        )
    return handy[0] if handy else BY_CLASS if len(data.classes) <= _MANY else ""


def _select(
    name: str, title: str, options: tuple[str, ...], value: str, labels: dict[str, str], *,
    attacked: bool = False, help: str | None = None,
) -> None:  # fmt: skip
    bind = page_choice.bind_attacked if attacked else page_choice.bind
    st.selectbox(
        title, options, help=help, format_func=lambda id: labels.get(id, id),
        **bind(f"robustness {name}", name, value),
    )  # fmt: skip


def _limit(trial: RobustnessChoice, data: ShownSplit, title: str) -> None:
    st.selectbox(
        title, LIMITS,
        format_func=lambda limit: f"all {len(data)}" if not limit else f"{limit} at random",
        **page_choice.bind("robustness limit", "limit", trial.limit, step=0),
    )  # fmt: skip
