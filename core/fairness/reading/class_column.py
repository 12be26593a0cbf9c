"""A column of classes: each spelling that occurs, and the class that it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.contracts import TableColumns
from core.errors import InputError
from core.fairness.reading.keys import Codes, Key, spellings
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import identifier, literal
from core.tabular.missing import ERRORS, Missing
from core.tabular.values import NEVER, class_text

__all__ = ["MAX_CLASSES", "NO_CLASSES", "ClassColumn", "as_they_are", "given_classes"]

MAX_CLASSES = 100
NO_CLASSES = (
    "A number that is predicted (regression) is audited by a decision: turn both columns into "
    "classes, such as 1 from a value that matters on and 0 below. A probability is a score "
    "(--score). An identifier is neither."
)
"""What can be audited of columns that hold no classes."""
_STANDS = "there: read as no value"


def as_they_are(classes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return known classes as a mapping of each to itself: none is taken for another one."""
    return tuple((name, name) for name in classes)


def given_classes(columns: TableColumns) -> dict[str, str]:
    """Return the class that the caller gave each value."""
    return {class_text(value, NEVER): class_text(name, NEVER) for value, name in columns.map}


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """Labels or predictions.

    Parameters
    ----------
    texts : dict
        The class of each spelling in the rows that were counted.
    missing : Missing
    given : dict
        The class that the caller gave a value.
    to : dict
        The name under which each class is shown.
    """

    rows: Rows
    key: Key
    texts: dict[str | None, str]
    missing: Missing
    given: Mapping[str, str]
    to: Mapping[str, str]

    @classmethod
    def read(
        cls, rows: Rows, counted: str, key: Key | None, columns: TableColumns
    ) -> ClassColumn | None:
        """Return the column of a key.

        Raises
        ------
        InputError
            For too many classes, or a row without one.
        """
        if key is None:
            return None
        advice = f"Expected classes. {NO_CLASSES}"
        found = spellings(rows, counted, key, most=MAX_CLASSES, advice=advice)
        missing, given = Missing.of(columns.missing, found), given_classes(columns)
        texts = {raw: _named(raw, missing, given) for raw in found}
        column = cls(rows, key, texts, missing, given, {})
        column.check_missing()
        return column

    @property
    def names(self) -> set[str]:
        """The classes."""
        return set(self.texts.values())

    def renamed(self, to: Mapping[str, str]) -> ClassColumn:
        """Return the column with classes under other names."""
        texts = {raw: to[name] for raw, name in self.texts.items()}
        return replace(self, texts=texts, to=to)

    def everywhere(self) -> set[str]:
        """Return the classes of the whole table, where only a part of its rows was counted."""
        names = {_named(raw, self.missing, self.given) for raw in self._whole()}
        return {self.to.get(name, name) for name in names} - {""} | self.names

    def values(self) -> set[str]:
        """Return the values of the whole table, before any is given another name."""
        return {class_text(raw, NEVER) for raw in self._whole()}

    def _whole(self) -> Iterator[str | None]:
        query = f"SELECT DISTINCT CAST({self.key.expression} AS VARCHAR) FROM {identifier('given')}"
        return (raw for (raw,) in self.rows.database.rows(f"{query} LIMIT {10 * MAX_CLASSES}"))

    def first(self, name: str) -> int:
        """Return the number of the first row that holds a class."""
        return self._first([raw for raw, text in self.texts.items() if text == name])

    def _first(self, raws: Iterable[str | None]) -> int:
        return self.rows.first_of(self.key.expression, "v", _any_of("v", raws))[0]

    def n_of(self, counted: str, name: str) -> int:
        """Return how many of the rows that were counted hold a class."""
        tests = _any_of(f"{self.key.alias}", [r for r, text in self.texts.items() if text == name])
        ((n,),) = self.rows.database.rows(
            f"SELECT coalesce(sum(n), 0)::BIGINT FROM {counted} WHERE {tests}"
        )
        return int(n)

    def codes(self, names: Sequence[str]) -> Codes:
        """Return the number of each spelling's class; 0 for those that ``names`` leaves out."""
        at = {name: i for i, name in enumerate(names)}
        return {raw: at.get(text, 0) for raw, text in self.texts.items()}

    def check_missing(self) -> None:
        """Refuse rows without a class.

        Raises
        ------
        InputError
            Naming the first one.
        """
        raws = [raw for raw, text in self.texts.items() if not text]
        if not raws:
            return
        row = self._first(raws)
        words = sorted({raw.strip() for raw in raws if raw is not None} - {""})
        shown = f" ({', '.join(map(repr, words[:4]))} {_STANDS})" if words else ""
        free = {word.lower() for word in words} - {*ERRORS}
        changed = ", or change the list of words for that (--missing WORDS)" if free else ""
        raise InputError(
            f"{self.rows.name}: the column {self.key.column!r} is empty in row {row}{shown}; the "
            "first below the header is row 1. Every row needs a value there: fill it in, or leave "
            f"such rows out (--drop-missing){changed}."
        )


def _any_of(value: str, raws: Iterable[str | None]) -> str:
    """Return SQL that tells whether a value has one of the spellings."""
    tests = [
        f"{value} IS NULL" if raw is None else f"CAST({value} AS VARCHAR) = {literal(raw)}"
        for raw in raws
    ]
    return " OR ".join(tests) or "false"


def _named(raw: str | None, missing: Missing, given: Mapping[str, str]) -> str:
    text = class_text(raw, NEVER)
    return given[text] if text in given else class_text(raw, missing)
