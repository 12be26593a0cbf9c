"""The one list of targets, those of packages among them, and how a target is read from a line."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import InputError
from core.modalities.capabilities import Offer, require
from core.registry import Registry
from core.targets.base import Find, Target
from core.targets.contrast import ContrastTarget
from core.targets.multi_label import MultiLabelTarget
from core.targets.one_class import ClassTarget
from core.targets.output import OutputTarget
from core.targets.value import ValueTarget

__all__ = ["TARGETS", "alone", "read"]

TARGETS: Registry[type[Target]] = Registry(
    "target", (ClassTarget, ContrastTarget, ValueTarget, MultiLabelTarget),
    group="pellucid.targets", base=Target,
)  # fmt: skip


def read(text: str, against: str | None, find: Find, names: Sequence[str], model: Offer) -> Target:
    """Return the target that a command line or a call names.

    Parameters
    ----------
    text : str
        ``"auto"``, an output (index or name), or ``"kind:…"`` for a kind of target.
    against : str or None
        A second class: the contrast of the two.
    find : callable
        From an index or a name to an output's index.
    names : sequence of str
        Of the outputs.
    model : Offer
        What the model's outputs are: it decides which kind of target an output by itself is.

    Raises
    ------
    InputError
        If there is no such output, or the model's outputs are not what the target needs.
    """
    kind, colon, rest = text.partition(":")
    if against is not None:
        return _contrast(text, against, find, names, model)
    if colon and kind in TARGETS and not _named(text, find):
        target = TARGETS[kind]
        require(f"The target {kind!r}", target.needs, model)
        return target.parse(rest, find)
    return alone(model).parse(text, find)


def alone(model: Offer) -> type[Target]:
    """Return what one of a model's outputs is by itself: a class, a yes or no, a value."""
    return next(
        target for target in TARGETS.own.values()
        if issubclass(target, OutputTarget) and target.needs <= model.has
    )  # fmt: skip


def _contrast(text: str, against: str, find: Find, names: Sequence[str], model: Offer) -> Target:
    require("A contrast of two classes", ContrastTarget.needs, model)
    wanted, other = None if text == "auto" else find(text), find(against)
    if other == wanted:
        raise InputError(
            f"The target and the class it is held against are the same ({names[other]}): "
            "their difference is always 0. Choose two classes."
        )
    return ContrastTarget(wanted, other)


def _named(text: str, find: Find) -> bool:
    """Whether an output bears this very name, colon and all."""
    try:
        find(text)
    except InputError:
        return False
    return True
