"""The one rule of what goes with what: what is needed, what is offered, and the reason in words.

Methods, metrics, attacks, explainers and targets declare ``needs``; modalities, models and targets
declare ``offers``. Pages, commands and the API ask :func:`reason` and :func:`lack`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import CapabilityError

__all__ = ["CAPABILITIES", "Capability", "Needs", "Offer", "lack", "reason", "require"]


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that one thing needs and another offers.

    Parameters
    ----------
    refusal : str
        The sentence where it is lacking, up to its end: ``{who}`` needs it of ``{owner}``, and
        ``{why}`` is what the owner says of it.
    lack : str
        The same for lists of what a model cannot serve: "has no gradients".
    """

    refusal: str
    lack: str


CAPABILITIES: Mapping[str, Capability] = {
    "classes": Capability(
        "{who} needs classes that exclude each other: {why}", "has no classes to choose among"
    ),
    "one_class": Capability(
        "{who} pushes a picture towards one class: {why}", "has no classes to choose among"
    ),
    "labels": Capability(
        "{who} needs classes that are each a yes or no of their own: {why}",
        "has no classes that are each a yes or no",
    ),
    "values": Capability("{who} needs the values of a regression: {why}", "gives no values"),
    "probability": Capability("{who} needs a probability: {why}", "has no probability"),
    "gradient": Capability("{who} needs gradients: {why}", "has no gradients"),
    "network": Capability("{who} reads the weights: {why}", "has no weights that can be read"),
    "layer": Capability(
        "{who} reads a convolutional layer, and {owner} declares none",
        "has no convolutional feature layer",
    ),
    "attention": Capability(
        "{who} reads the attention between the tokens of a picture: {why}",
        "has no attention over a grid of tokens",
    ),
    "plane": Capability(
        "{who} needs inputs with height and width: {why}", "takes inputs without height and width"
    ),
    "colour": Capability("{who} needs inputs with colours: {why}", "takes inputs without colours"),
    "unit_range": Capability(
        "{who} needs inputs between 0 and 1: {why}", "takes inputs without bounds"
    ),
}
"""What may be needed, by its name; the first that is lacking is the one that is told."""


class Needs:
    """A class variable that says whether a name is among the class's ``needs``.

    >>> class Thing:
    ...     needs = frozenset({"layer"})
    ...     uses_layer = Needs("layer")
    >>> Thing.uses_layer
    True
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, thing: object, owner: type) -> bool:
        needs: frozenset[str] = owner.needs  # type: ignore[attr-defined]
        return self._name in needs


@dataclass(frozen=True)
class Offer:
    """What a model offers, with its kind of input and its outputs.

    Parameters
    ----------
    has : frozenset of str
        Keys of :data:`CAPABILITIES`.
    owner : str
        Its id.
    why : mapping of str to str
        Why it lacks what it lacks, as the end of a sentence.
    """

    has: frozenset[str]
    owner: str = ""
    why: Mapping[str, str] = field(default_factory=dict)


def reason(who: str, needs: frozenset[str], offer: Offer) -> str:
    """Return why ``who`` cannot be served, as a sentence; ``""`` if it can.

    >>> reason("Saliency", frozenset({"gradient"}), Offer(frozenset(), "a_model"))
    'Saliency needs gradients: a_model has none.'
    """
    for name in _lacking(needs, offer.has):
        why = offer.why.get(name, f"{offer.owner} has none")
        return CAPABILITIES[name].refusal.format(who=who, owner=offer.owner, why=why) + "."
    return ""


def require(who: str, needs: frozenset[str], offer: Offer, *, instead: str = "") -> None:
    """Refuse what cannot be served.

    Parameters
    ----------
    instead : str
        A sentence that follows the reason: what would do.

    Raises
    ------
    CapabilityError
        With :func:`reason`.
    """
    if why := reason(who, needs, offer):
        raise CapabilityError(f"{why} {instead}".rstrip())


def lack(needs: frozenset[str], has: frozenset[str]) -> str:
    """Return what is lacking, to follow a name: "has no gradients"; ``""`` if nothing."""
    return next((CAPABILITIES[name].lack for name in _lacking(needs, has)), "")


def _lacking(needs: frozenset[str], has: frozenset[str]) -> list[str]:
    known = [name for name in CAPABILITIES if name in needs - has]
    if unknown := sorted(needs - CAPABILITIES.keys()):
        raise ValueError(f"no such capability: {unknown[0]!r}")
    return known
