"""What the Robustness page shows: one frozen :class:`RobustnessChoice`, also its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from core.contracts import NORM_NAMES, SPLITS, Norm, SplitName
from dashboard import query_codecs
from dashboard.query import AddressedChoice
from dashboard.query_codecs import among, names, switch, whole_from
from dashboard.session import SessionChoice, bound

__all__ = [
    "AUTO", "CERTIFIED", "LIMITS", "MOST_SEED", "Section", "RobustnessChoice", "begin", "bind",
    "bind_attacked", "change", "change_attacked", "current", "now", "read", "session",
]  # fmt: skip

Section = Literal["curves", "picture", "corruptions", "defences", "certificates"]
AUTO = "auto"
"""The page's proposal: a grid of ε that grows, the attribute that forms a few groups."""
LIMITS = (64, 128, 256, 512, 1024, 0)
"""How many pictures may be taken; 0 for all."""
CERTIFIED = (24, 60, 120, 256, 512)
"""How many of them may be certified: each costs hundreds of passes."""
MOST_SEED = 2**31 - 1
_MOST_PICTURES, _MOST_STEPS = 10_000_000, 1000


@dataclass(frozen=True)
class RobustnessChoice(AddressedChoice):
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
    target : str
        What attacks are after: ``""`` for any wrong class, ``"least-likely"``, ``"top-5"``
        or ``"class:3"``.
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

    section: Annotated[Section, among(*get_args(Section))] = "curves"
    model: str = ""
    dataset: str = ""
    split: Annotated[SplitName, among(*SPLITS)] = "test"
    limit: Annotated[int, among(*LIMITS, note=", 0 for all")] = 256
    by: str = AUTO
    attacks: Annotated[tuple[str, ...], names("holds ids of attacks")] = ()
    norm: Annotated[Norm, among(*NORM_NAMES)] = "linf"
    eps: str = AUTO
    checks: Annotated[bool, switch()] = True
    target: str = ""
    seed: Annotated[int, query_codecs.seed(whole_from(0, MOST_SEED), MOST_SEED)] = 0
    hidden: Annotated[tuple[str, ...], names("holds ids of attacks")] = ()
    grouped: Annotated[bool, switch()] = False
    compared: Annotated[tuple[str, ...], names("holds ids of models")] = ()
    picture: Annotated[int, whole_from(0, _MOST_PICTURES)] = -1
    upload: str = ""
    single: str = ""
    method: str = ""
    step: Annotated[int, whole_from(0, _MOST_STEPS)] = 0
    corruption: str = ""
    severity: Annotated[int, whole_from(1, 5, told="1 to 5")] = 3
    other: str = ""
    certifier: str = ""
    certified: Annotated[int, among(*CERTIFIED)] = 60
    certifying: Annotated[tuple[str, ...], names("holds parameters, each name=value")] = ()
    reach: Annotated[int, whole_from(0, _MOST_STEPS)] = 0


_WITHIN = (
    "by",
    "target",
    "picture",
    "step",
    "hidden",
    "compared",
    "certifier",
    "certifying",
    "reach",
)
"""What is chosen within a model and its pictures."""
session = SessionChoice("robustness trial", RobustnessChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind


def change_attacked(**values: Any) -> None:
    """Replace model, data or split; what was chosen within the old ones is let go of."""
    plain = RobustnessChoice()
    change(**{**{name: getattr(plain, name) for name in _WITHIN}, **values})


def bind_attacked(key: str, field: str, shown: str) -> dict[str, Any]:
    """Return the arguments that bind a widget to model, data or split."""
    return bound(key, shown, lambda chosen: change_attacked(**{field: chosen}))
