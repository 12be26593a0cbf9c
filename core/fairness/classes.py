"""The classes of labels and predictions, and which one is positive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.contracts import groups_in_order
from core.errors import InputError
from core.fairness.keys import Codes, Key, spellings
from core.fairness.rows import Rows
from core.fairness.sql import literal
from core.fairness.values import class_text, positive_class

__all__ = ["MAX_CLASSES", "Classes", "find_classes"]

MAX_CLASSES = 100


@dataclass(frozen=True, slots=True)
class Classes:
    """What the classes are.

    Parameters
    ----------
    names : tuple of str
        Of a binary task the negative, then the positive one.
    labels, predictions : dict
        The number of the class that each spelling stands for.
    binary : bool
    """

    names: tuple[str, ...]
    labels: Codes
    predictions: Codes
    binary: bool


@dataclass(frozen=True, slots=True)
class _Column:
    """Labels or predictions: each spelling that occurs with the class it stands for."""

    rows: Rows
    key: Key
    texts: dict[str | None, str]

    @classmethod
    def read(cls, rows: Rows, counted: str, key: Key | None) -> _Column | None:
        if key is None:
            return None
        advice = "Expected classes. Is this a score (--score) or an identifier?"
        found = spellings(rows, counted, key, most=MAX_CLASSES, advice=advice)
        column = cls(rows, key, {raw: class_text(raw) for raw in found})
        if "" in column.names:
            raise InputError(
                f"{rows.name}: the column {key.column!r} is empty in row {column.first('')} (the "
                "first below the header is row 1). Every row needs a value there: fill it in, or "
                "take the rows without one out."
            )
        return column

    @property
    def names(self) -> set[str]:
        return set(self.texts.values())

    def first(self, name: str) -> int:
        """Return the number of the first row that holds a class."""
        tests = " OR ".join(
            "v IS NULL" if raw is None else f"CAST(v AS VARCHAR) = {literal(raw)}"
            for raw, text in self.texts.items()
            if text == name
        )
        found = self.rows.first(self.key.expression, "v", tests)
        assert found is not None, "the class was counted in this table"
        return found[0]

    def codes(self, names: Sequence[str]) -> Codes:
        """Return the number of each spelling's class; 0 for those that ``names`` leaves out."""
        at = {name: i for i, name in enumerate(names)}
        return {raw: at.get(text, 0) for raw, text in self.texts.items()}


def find_classes(
    rows: Rows, counted: str, label: Key | None, prediction: Key | None, *, positive: str
) -> Classes:
    """Find the classes in what was counted.

    Parameters
    ----------
    label : Key or None
        ``None`` where there are no labels.
    prediction : Key or None
        ``None`` where scores decide; the task is binary then.
    positive : str
        The class against all others; ``""`` for the obvious one of two, or all classes of several.

    Raises
    ------
    InputError
        For an empty cell, labels of one class only, three classes where a score needs two, a
        prediction that is no class, or no obvious positive class.
    """
    true, said = _Column.read(rows, counted, label), _Column.read(rows, counted, prediction)
    if true is None and said is None:
        return Classes(("negative", "positive"), {}, {}, binary=True)
    if true is not None:
        _varies(true)
    if true is not None and said is not None and not positive and len(true.names) == 2:
        _known(said, true)
    source = true or said
    assert source is not None
    names = groups_in_order((true.names if true else set()) | (said.names if said else set()))
    if said is None and len(names) > 2 and not positive:
        raise _three(source, names)
    binary = bool(positive) or len(names) <= 2
    if binary:
        where = f"{rows.name}: the column {source.key.column!r}"
        chosen = positive_class(names, positive, where=where)
        others = [name for name in names if name != chosen]
        names = [others[0] if len(others) == 1 else f"not {chosen}", chosen]
    return Classes(
        tuple(names),
        true.codes(names) if true else {},
        said.codes(names) if said else {},
        binary,
    )


def _varies(true: _Column) -> None:
    if len(true.names) == 1:
        (only,) = true.names
        raise InputError(
            f"{true.rows.name}: the column {true.key.column!r} holds {only!r} in every row. Rates "
            "of errors need rows of both classes; for selection rates alone, leave the labels out "
            "(--no-labels)."
        )


def _known(said: _Column, true: _Column) -> None:
    for name in sorted(said.names - true.names):
        known = " and ".join(map(repr, groups_in_order(true.names)))
        raise InputError(
            f"{said.rows.name}: the column {said.key.column!r} holds {name!r} in row "
            f"{said.first(name)}, but the labels in {true.key.column!r} are {known}. Correct the "
            "value, or name the positive class (--positive VALUE): all others count as negative "
            "then."
        )


def _three(source: _Column, names: Sequence[str]) -> InputError:
    first = {name: source.first(name) for name in names[:8]}
    third = sorted(first, key=lambda name: first[name])[2]
    shown = ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")
    return InputError(
        f"{source.rows.name}: the column {source.key.column!r} holds {len(names)} classes "
        f"({shown}), the third, {third!r}, first in row {first[third]}. A score needs two: name "
        "the positive class (--positive VALUE), and the others count as negative."
    )
