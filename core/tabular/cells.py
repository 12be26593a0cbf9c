"""Columns of a folder's table: labels and attributes by the rules that prediction tables have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.contracts import MISSING, UNKNOWN
from core.errors import InputError
from core.tabular.head import nfc
from core.tabular.missing import Missing
from core.tabular.spellings import matched
from core.tabular.values import class_text, group_text

__all__ = ["Read", "attribute_cells", "label_cells", "same_classes"]

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Read:
    """The cells of a column, ``""`` for no value, and what is to be said of how they were read."""

    cells: list[str]
    notes: tuple[str, ...] = ()


def attribute_cells(name: str, cells: Sequence[str]) -> Read:
    """Return an attribute: words for no value are none, and equal numbers have one spelling.

    >>> attribute_cells("site", ["a", "N/A", "2.0", ""]).cells
    ['a', '', '2', '']
    """
    missing = Missing.of(MISSING, cells)
    groups = {raw: group_text(raw, missing) for raw in set(cells)}
    to = {raw: "" if text == UNKNOWN else text for raw, text in groups.items()}
    words = sorted(raw for raw, text in to.items() if raw and not text and raw != UNKNOWN)
    notes = [f"In {name!r}, read as no value: {_few(words)}."] if words else []
    return Read([to[raw] for raw in cells], (*notes, *_joined(to, f"In {name!r}, s", "group")))


def label_cells(cells: Sequence[str], classes: Sequence[str]) -> list[str]:
    """Return labels as classes, ``""`` for none; what ``classes`` lists is one, however it reads.

    >>> label_cells(["cat", "NA", "None", "1.0"], ["cat", "None"])
    ['cat', '', 'None', '1']
    """
    missing, known = Missing.of(MISSING, cells), set(classes)
    to = {raw: raw if raw in known else class_text(raw, missing) for raw in set(cells)}
    return [to[raw] for raw in cells]


def same_classes(labels: Sequence[str], *, where: str) -> Read:
    """Return labels of which those that mean one class have one spelling, in composed form.

    Raises
    ------
    InputError
        For names that differ in case alone, which may be one class or several.
    """
    composed = {label: nfc(label) for label in set(labels)}
    found = matched(set(composed.values()), set())
    if found.unclear:
        raise InputError(
            f"{where}: the labels {_few(sorted(found.unclear))} differ in case alone: are they one "
            "class? Spell them alike, or list every class in classes.txt, one a line."
        )
    to = {label: found.to[name] for label, name in composed.items()}
    return Read([to[label] for label in labels], _joined(to, "S", "class"))


def _joined(to: dict[str, str], begin: str, what: str) -> tuple[str, ...]:
    spelt: dict[str, list[str]] = {}
    for raw, text in sorted(to.items()):
        if text:
            spelt.setdefault(text, []).append(raw)
    several = [_few(raws) for raws in spelt.values() if len(raws) > 1]
    shown = "; ".join(several[:_SHOWN]) + ("; …" if len(several) > _SHOWN else "")
    return (f"{begin}pellings taken for one {what}: {shown}.",) if several else ()


def _few(texts: Sequence[str]) -> str:
    return ", ".join(map(repr, texts[:_SHOWN])) + (", …" if len(texts) > _SHOWN else "")
