"""What the Robustness page is set to: one frozen :class:`Trial`, which is also its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

import streamlit as st

from core import numerals
from core.contracts import NORM_NAMES, SPLITS, Norm, SplitName
from dashboard import services, slice_choice

__all__ = [
    "AUTO", "CERTIFIED", "LIMITS", "MOST_SEED", "Section", "Trial", "begin", "change",
    "change_subject", "current", "publish", "read",
]  # fmt: skip

Section = Literal["curves", "picture", "corruptions", "defences", "certificates"]
AUTO = "auto"
"""The page's proposal: a grid of ε that grows, the attribute that forms a few groups."""
LIMITS = (64, 128, 256, 512, 1024, 0)
"""How many pictures may be taken; 0 for all."""
CERTIFIED = (24, 60, 120, 256, 512)
"""How many of them may be certified: each costs hundreds of passes."""

_TRIAL = "robustness trial"
_LONGEST = 200
_WITHIN: Mapping[str, Any] = MappingProxyType({
    "by": AUTO, "picture": -1, "step": 0, "hidden": (), "compared": (), "certifier": "",
    "certifying": (), "reach": 0,
})  # fmt: skip
"""What is chosen within a model and its pictures, let go of."""
MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Trial:
    """Everything that decides what the page shows.

    Parameters
    ----------
    section : {"curves", "picture", "corruptions", "defences", "certificates"}
    model : str
        Id; ``""`` for the page's proposal.
    dataset : str
        Its key (:func:`dashboard.services.dataset_key`); ``""`` for the model's own.
    split : {"train", "validation", "test"}
    limit : int
        So many pictures; 0 for all.
    by : str
        Attribute that subgroups are formed by, ``"class"``, ``""`` for none, or ``"auto"``.
    attacks : tuple of str
        Ids; ``()`` for those that the core proposes.
    norm : {"linf", "l2", "l1", "area"}
    eps : str
        As somebody typed it.
    checks : bool
        Whether the attacks are examined as well.
    seed : int
    hidden : tuple of str
        Attacks whose curves are switched off.
    grouped : bool
        Whether curves are drawn by subgroup.
    compared : tuple of str
        Models beside which the first one is put; ``()`` for the page's proposal.
    picture : int
        Number of the picture in its split that is looked at; negative for the page's proposal.
    upload : str
        Id of an uploaded picture that is looked at instead; ``""`` for none.
    single, method : str
        Attack on the one picture, and whose map is followed; ``""`` for the page's proposals.
    step : int
        Place of ε on the way that is looked at.
    corruption : str
        Id of the one that is looked at; ``""`` for the page's proposal.
    severity : int
    other : str
        Key of the dataset of other things; ``""`` for none.
    certifier : str
        Id; ``""`` for the page's proposal.
    certified : int
        So many of the pictures are certified.
    certifying : tuple of str
        The certifier's parameters that differ from the page's, each ``name=value``.
    reach : int
        Point of the certified curve that is spoken of; 0 for the page's proposal.
    """

    section: Section = "curves"
    model: str = ""
    dataset: str = ""
    split: SplitName = "test"
    limit: int = 256
    by: str = AUTO
    attacks: tuple[str, ...] = ()
    norm: Norm = "linf"
    eps: str = AUTO
    checks: bool = True
    seed: int = 0
    hidden: tuple[str, ...] = ()
    grouped: bool = False
    compared: tuple[str, ...] = ()
    picture: int = -1
    upload: str = ""
    single: str = ""
    method: str = ""
    step: int = 0
    corruption: str = ""
    severity: int = 3
    other: str = ""
    certifier: str = ""
    certified: int = 60
    certifying: tuple[str, ...] = ()
    reach: int = 0

    def to_query(self) -> dict[str, str]:
        """Return it as parameters of the page's address."""
        query = {
            field.name: _text(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        # Another server may begin with another seed, so that one is said wherever it isn't 0.
        begun = services.default_seed(MOST_SEED)
        return query | ({"seed": str(self.seed)} if begun else {})


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def current() -> Trial | None:
    """Return what the session is set to; ``None`` before its first view of the page."""
    held = st.session_state.get(_TRIAL)
    return held if isinstance(held, Trial) else None


def begin(trial: Trial) -> Trial:
    """Set what the page shows."""
    st.session_state[_TRIAL] = trial
    return trial


def change(**values: Any) -> None:
    """Replace parts of it: what every callback does."""
    begin(replace(current() or Trial(), **values))


def change_subject(**values: Any) -> None:
    """Replace model, data or split; what was chosen within the old ones is let go of."""
    change(**{**_WITHIN, **values})


def publish(trial: Trial) -> None:
    """Write it into the page's address if that says something else."""
    query = trial.to_query() | slice_choice.to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


# ---- from an address


def _one_of(*known: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    return lambda text: numerals.whole(text, low, high)


def _among(*known: int) -> Callable[[str], int]:
    return lambda text: known[[str(each) for each in known].index(text)]


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in text.split(",") if each))


def _switch(text: str) -> bool:
    return _one_of("true", "false")(text) == "true"


_PARSERS: dict[str, tuple[Callable[[str], object], str]] = {
    "section": (_one_of(*get_args(Section)), f"is one of {', '.join(get_args(Section))}"),
    "split": (_one_of(*SPLITS), f"is one of {', '.join(SPLITS)}"),
    "limit": (_among(*LIMITS), f"is one of {', '.join(map(str, LIMITS))}, 0 for all"),
    "attacks": (_names, "holds ids of attacks"),
    "norm": (_one_of(*NORM_NAMES), f"is one of {', '.join(NORM_NAMES)}"),
    "checks": (_switch, "is true or false"),
    "seed": (_whole(0, MOST_SEED), "is a whole number from 0"),
    "hidden": (_names, "holds ids of attacks"),
    "grouped": (_switch, "is true or false"),
    "compared": (_names, "holds ids of models"),
    "picture": (_whole(0, 10_000_000), "is a whole number from 0"),
    "step": (_whole(0, 1000), "is a whole number from 0"),
    "certified": (_among(*CERTIFIED), f"is one of {', '.join(map(str, CERTIFIED))}"),
    "certifying": (_names, "holds parameters, each name=value"),
    "reach": (_whole(0, 1000), "is a whole number from 0"),
    "severity": (_whole(1, 5), "is a whole number from 1 to 5"),
}
"""How a parameter is read, and what it is; others are plain text."""


def read(query: Mapping[str, str]) -> tuple[Trial, list[str]]:
    """Return what an address describes, and a sentence for each part left out."""
    kept: dict[str, Any] = {"seed": services.default_seed(MOST_SEED)}
    problems: list[str] = []
    for field in fields(Trial):
        text = query.get(field.name)
        if text is None:
            continue
        parse, expected = _PARSERS.get(field.name, (str, ""))
        try:
            kept[field.name] = parse(text[:_LONGEST])
        except ValueError:
            problems.append(f"{field.name} {expected}. The address holds: {text[:40]}.")
    return Trial(**kept), problems
