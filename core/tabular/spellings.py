"""Two columns that spell their classes differently: which values mean the same class.

Known pairs are matched by meaning: booleans, yes and no, 0 and 1, −1 and 1, a dot at the end, case.
What could be meant in two ways is asked, never guessed.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from core.tabular.values import OPPOSITES

__all__ = ["Matched", "is_word", "matched"]

_SIDE = {word: side for pair in OPPOSITES for side, word in enumerate(pair)}
_RANK = {word: rank for rank, pair in enumerate(OPPOSITES) for word in pair}
_TWO_WAYS = frozenset(("-1", "0"))  # in one column they are two classes, though both "negative"


@dataclass(frozen=True)
class Matched:
    """What is one class.

    Parameters
    ----------
    to : dict
        The class of each name, in the labels' spelling where they have one.
    unclear : frozenset of str
        Names that may be one class or several.
    """

    to: dict[str, str]
    unclear: frozenset[str] = frozenset()


def matched(labels: Set[str], predictions: Set[str], fixed: Set[str] = frozenset()) -> Matched:
    """Match the names of classes in labels and predictions.

    Parameters
    ----------
    labels, predictions : set of str
        Empty where there are none.
    fixed : set of str
        Names that the caller gave: they stay as they are.

    Examples
    --------
    >>> matched({"false", "true"}, {"0", "1"}).to
    {'0': 'false', '1': 'true', 'false': 'false', 'true': 'true'}
    >>> matched({">50K.", "<=50K."}, {">50K", "<=50K"}).to[">50K"]
    '>50K.'
    """
    found = _by_fold(labels, predictions, fixed)
    own, other = ({found.to[name] for name in names} for names in (labels, predictions))
    meant = _by_meaning(own, other, fixed)
    return Matched({name: meant.get(to, to) for name, to in found.to.items()}, found.unclear)


def is_word(name: str) -> bool:
    """Whether a name is one of the words for the two classes of a binary task."""
    return _fold(name) in _SIDE


def _fold(name: str) -> str:
    """Return a name without what writers differ in: case, a dot at the end, blanks, a plus."""
    text = " ".join(name.casefold().split())
    text = text.removesuffix(".").rstrip() or text
    return text[1:] if text[:1] == "+" and text[1:].isdigit() else text


def _by_fold(labels: Set[str], predictions: Set[str], fixed: Set[str]) -> Matched:
    alike: dict[str, set[str]] = {}
    for name in sorted(labels | predictions):
        alike.setdefault(_fold(name), set()).add(name)
    to: dict[str, str] = {}
    unclear: set[str] = set()
    for key, names in alike.items():
        given = names & fixed
        if len(given) > 1 or not _is_one(key, names, labels, predictions):
            to |= {name: name for name in names}
            unclear |= names - fixed if _is_unclear(names, labels, predictions, given) else set()
            continue
        best = min(given or names, key=lambda name: (name not in labels, len(name), name))
        to |= dict.fromkeys(names, best)
    return Matched(dict(sorted(to.items())), frozenset(unclear))


def _is_one(key: str, names: Set[str], labels: Set[str], predictions: Set[str]) -> bool:
    """Whether names that fold alike are one class."""
    if key in _SIDE or len({name.rstrip(" .") for name in names}) == 1:
        return True
    return len(names & labels) <= 1 and len(names & predictions) <= 1


def _is_unclear(names: Set[str], labels: Set[str], predictions: Set[str], given: Set[str]) -> bool:
    """Whether names of different case may be one class: they are not if both columns have all."""
    return not names <= given and not names & labels == names & predictions == names


def _by_meaning(labels: Set[str], predictions: Set[str], fixed: Set[str]) -> dict[str, str]:
    """Return, of names that are all words for one of two classes, what each of them means."""
    names = labels | predictions
    words = {name: _fold(name) for name in names}
    known = all(word in _SIDE for word in words.values())
    apart = any({words[name] for name in own} >= _TWO_WAYS for own in (labels, predictions))
    if len(names) <= 2 or not known or apart:
        return {}
    meant: dict[str, str] = {}
    for side in (0, 1):
        own = {name for name in names if _SIDE[words[name]] == side}
        if len(own & fixed) > 1:
            return {}
        chosen = own & fixed or own & labels or own
        if chosen:
            best = min(chosen, key=lambda name: (_RANK[words[name]], name))
            meant |= dict.fromkeys(own, best)
    return meant
