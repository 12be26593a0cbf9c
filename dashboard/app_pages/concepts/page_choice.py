"""What the Concepts page shows: one frozen :class:`ConceptsChoice` beside the session's choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args

from core.contracts import Selection
from dashboard import query_codecs
from dashboard.query import AddressedChoice, Asked, Codec, cut
from dashboard.query_codecs import last_class, listed, names, one_of, whole
from dashboard.session import SessionChoice

__all__ = [
    "N_CONCEPTS", "SEEDS", "SELECTIONS", "SOURCES", "STEPS", "TABS", "ConceptsChoice", "Tab", "ask",
    "begin", "bind", "change", "current", "now", "read", "session",
]  # fmt: skip

Tab = Literal["look", "parts", "test"]
TABS: tuple[Tab, ...] = get_args(Tab)
Source = Literal["folder", "session"]
SOURCES: tuple[Source, ...] = get_args(Source)
SELECTIONS: tuple[Selection, ...] = get_args(Selection)
STEPS = (32, 512)
N_CONCEPTS = (2, 12)
SEEDS = (0, 999)
_GROUP = "group."
_MOST_GROUPS = 6
_NAME_LENGTH, _LABEL_LENGTH, _LIST_LENGTH = 40, 80, 2000

Groups = tuple[tuple[str, tuple[str, ...]], ...]


def _groups(asked: Asked) -> Groups:
    """Return the concepts made of dropped pictures, a parameter each."""
    found = (
        (name.removeprefix(_GROUP)[:_NAME_LENGTH], query_codecs.parts(text[:_LIST_LENGTH]))
        for name, text in asked.query.items()
        if name.startswith(_GROUP) and len(name) > len(_GROUP)
    )
    return tuple(found)[:_MOST_GROUPS]


def _one_by_one(study: object, groups: Groups) -> dict[str, str]:
    return {_GROUP + name: ",".join(ids) for name, ids in groups}


def _in_order(asked: Asked) -> tuple[Tab, ...]:
    wanted = listed(lambda _: TABS).read(asked)
    return tuple(tab for tab in TABS if tab in wanted)


@dataclass(frozen=True)
class ConceptsChoice(AddressedChoice):
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

    tab: Annotated[Tab, one_of(TABS)] = "look"
    target: Annotated[int | None, whole(0, last_class).called("class")] = None
    steps: Annotated[int, whole(*STEPS)] = 128
    seed: Annotated[int, query_codecs.seed(whole(*SEEDS), SEEDS[1])] = 0
    source: Annotated[Source, one_of(SOURCES)] = "folder"
    selection: Annotated[Selection, one_of(SELECTIONS).called("select")] = "predicted"
    label: Annotated[str, cut(_LABEL_LENGTH)] = ""
    n_concepts: Annotated[int, whole(*N_CONCEPTS).called("concepts")] = 6
    of_class: Annotated[str, cut(_LABEL_LENGTH).called("ofclass")] = ""
    labels: Annotated[tuple[str, ...], names(longest=_LIST_LENGTH).called("tested")] = ()
    groups: Annotated[Groups, Codec(_groups, spread=_one_by_one)] = ()
    asked: Annotated[tuple[Tab, ...], Codec(_in_order)] = ()


class _SessionConcepts(SessionChoice[ConceptsChoice]):
    """The session's study; work that is changed is not asked for yet."""

    def change(self, **values: Any) -> None:
        held = self.now()
        if not values.keys() <= {"tab", "asked"}:
            values["asked"] = tuple(tab for tab in held.asked if tab != held.tab)
        self.begin(replace(held, **values))


session = _SessionConcepts("study", ConceptsChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind


def ask() -> None:
    """Ask for the work of the tab that is open."""
    held = now()
    begin(replace(held, asked=tuple(dict.fromkeys((*held.asked, held.tab)))))
