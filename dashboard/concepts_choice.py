"""What the Concepts page studies: one frozen :class:`Study` beside the session's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.contracts import Selection
from dashboard import services, slice_choice
from dashboard.address_parts import listed, one_of, whole
from dashboard.state import Choice

__all__ = [
    "FROM_CHOICE",
    "N_CONCEPTS", "SEEDS", "SELECTIONS", "SOURCES", "STEPS", "TABS", "Study", "Tab", "ask", "begin",
    "change", "current", "publish", "read",
]  # fmt: skip

Tab = Literal["look", "parts", "test"]
TABS: tuple[Tab, ...] = get_args(Tab)
Source = Literal["folder", "session"]
SOURCES: tuple[Source, ...] = get_args(Source)
SELECTIONS: tuple[Selection, ...] = get_args(Selection)
STEPS = (32, 512)
N_CONCEPTS = (2, 12)
SEEDS = (0, 999)
FROM_CHOICE = ("model", "picture", "framing")
_STUDY = "study"
_GROUP = "group."
_MOST_GROUPS = 6
_NAME_LENGTH = 40

Groups = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Study:
    """Everything that decides what the page shows, apart from picture, model and framing.

    Parameters
    ----------
    tab : {"look", "parts", "test"}
    target : int or None
        The class; ``None`` for the one that the model predicts for the picture.
    steps, seed : int
        Of activation maximisation.
    source : {"folder", "session"}
        Where the pictures for concepts come from.
    selection : {"predicted", "labelled", "all"}
    label : str
        Narrows the folder to one label; ``""`` for all.
    n_concepts : int
    of_class : str
        Label whose pictures the test takes for the class.
    labels : tuple of str
        Labels of the folder that are tested as concepts.
    groups : tuple of (name, ids of pictures)
        Concepts made of dropped pictures.
    asked : tuple of Tab
        Tabs whose work was asked for: nothing long starts by itself.
    """

    tab: Tab = "look"
    target: int | None = None
    steps: int = 128
    seed: int = 0
    source: Source = "folder"
    selection: Selection = "predicted"
    label: str = ""
    n_concepts: int = 6
    of_class: str = ""
    labels: tuple[str, ...] = ()
    groups: Groups = ()
    asked: tuple[Tab, ...] = ()

    def to_query(self) -> dict[str, str]:
        """Return what differs from the defaults as parameters of the page's address."""
        plain = Study()
        parts = {
            "tab": self.tab,
            "class": self.target,
            "steps": self.steps,
            "seed": self.seed,
            "source": self.source,
            "select": self.selection,
            "label": self.label,
            "concepts": self.n_concepts,
            "ofclass": self.of_class,
            "asked": ",".join(self.asked),
            "tested": ",".join(self.labels),
        }
        defaults = dict(zip(parts, _defaults(plain), strict=True))
        query = {name: str(value) for name, value in parts.items() if value != defaults[name]}
        query |= {"seed": str(self.seed)} if services.default_seed(SEEDS[1]) else {}
        return query | {_GROUP + name: ",".join(ids) for name, ids in self.groups}


def _defaults(plain: Study) -> tuple[object, ...]:
    return (
        plain.tab, plain.target, plain.steps, plain.seed, plain.source, plain.selection,
        plain.label, plain.n_concepts, plain.of_class, "", "",
    )  # fmt: skip


def current() -> Study | None:
    """Return the session's study; ``None`` before the page was seen."""
    held = st.session_state.get(_STUDY)
    return held if isinstance(held, Study) else None


def begin(study: Study) -> Study:
    """Set the session's study."""
    st.session_state[_STUDY] = study
    return study


def change(**values: Any) -> None:
    """Replace parts of the study: what every callback does; changed work is not asked for yet."""
    held = current() or Study()
    if not values.keys() <= {"tab", "asked"}:
        values["asked"] = tuple(tab for tab in held.asked if tab != held.tab)
    begin(replace(held, **values))


def ask() -> None:
    """Ask for the work of the tab that is open."""
    held = current() or Study()
    begin(replace(held, asked=tuple(dict.fromkeys((*held.asked, held.tab)))))


def publish(choice: Choice, study: Study) -> None:
    """Write both into the page's address if it says something else."""
    held = choice.to_query()
    query = {name: held[name] for name in FROM_CHOICE if name in held}
    query |= study.to_query() | slice_choice.to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def read(query: Mapping[str, str], choice: Choice) -> tuple[Study, list[str]]:
    """Return the study that an address describes, and a sentence for each part left out."""
    problems: list[str] = []
    plain = Study()

    n_classes = len(services.class_names(choice.model))
    study = Study(
        tab=one_of(query, "tab", TABS, plain.tab, problems),
        target=whole(query, "class", (0, n_classes - 1), None, problems),
        steps=whole(query, "steps", STEPS, plain.steps, problems),
        seed=whole(query, "seed", SEEDS, services.default_seed(SEEDS[1]), problems),
        source=one_of(query, "source", SOURCES, plain.source, problems),
        selection=one_of(query, "select", SELECTIONS, plain.selection, problems),
        label=query.get("label", "")[:80],
        n_concepts=whole(query, "concepts", N_CONCEPTS, plain.n_concepts, problems),
        of_class=query.get("ofclass", "")[:80],
        labels=_parts(query.get("tested", "")),
        groups=_groups(query),
        asked=tuple(tab for tab in TABS if tab in listed(query, "asked", TABS, problems)),
    )
    return study, problems


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in text[:2000].split(",") if part))


def _groups(query: Mapping[str, str]) -> Groups:
    found = (
        (name.removeprefix(_GROUP)[:_NAME_LENGTH], _parts(text))
        for name, text in query.items()
        if name.startswith(_GROUP) and len(name) > len(_GROUP)
    )
    return tuple(found)[:_MOST_GROUPS]
