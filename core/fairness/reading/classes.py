"""The classes of labels and predictions, and which one is positive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.contracts import TableColumns, count_text, groups_in_order
from core.errors import InputError
from core.fairness.reading.class_checks import (
    check_clear,
    check_matched,
    check_one_scale,
    check_positive,
    check_sources,
    check_varies,
)
from core.fairness.reading.class_column import MAX_CLASSES, ClassColumn, given_classes
from core.fairness.reading.keys import Codes, Key
from core.fairness.reading.no_value_classes import check_no_value_classes
from core.fairness.reading.non_data_rows import non_data_row_notes
from core.fairness.reading.rows import Rows
from core.tabular.spellings import matched
from core.tabular.values import NEVER, OPPOSITES, class_text, positive_class

__all__ = ["MAX_CLASSES", "Classes", "find_classes"]


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
    notes : tuple of str
        Which spellings were taken for one class.
    """

    names: tuple[str, ...]
    labels: Codes
    predictions: Codes
    binary: bool
    notes: tuple[str, ...] = ()


def find_classes(
    rows: Rows, counted: str, label: Key | None, prediction: Key | None, columns: TableColumns
) -> Classes:
    """Find the classes in what was counted.

    Parameters
    ----------
    label : Key or None
        ``None`` where there are no labels.
    prediction : Key or None
        ``None`` where scores decide; the task is binary then.
    columns : TableColumns
        Its ``positive`` is the class against all others; ``""`` for the obvious one of two, or all
        classes of several.

    Raises
    ------
    InputError
        For an empty cell, labels of one class only, three classes where a score needs two, a
        value that only one of two columns holds, or no obvious positive class.
    """
    true = ClassColumn.read(rows, counted, label, columns)
    said = ClassColumn.read(rows, counted, prediction, columns)
    both = [column for column in (true, said) if column is not None]
    if not both:
        return Classes(("negative", "positive"), {}, {}, binary=True)
    given = given_classes(columns)
    check_sources(both, given.keys())
    fixed = frozenset(given.values())
    found = matched(true.names if true else set(), said.names if said else set(), fixed)
    check_clear(both, found.unclear)
    check_one_scale(both, fixed)
    true = true.renamed(found.to) if true else None
    said = said.renamed(found.to) if said else None
    both = [column for column in (true, said) if column is not None]
    names = groups_in_order(set().union(*(column.names for column in both)))
    check_no_value_classes(both, counted, fixed)
    strays = non_data_row_notes(both, counted, fixed)
    if true is not None:
        check_varies(true)
    if true is not None and said is not None and not columns.positive:
        check_matched(true, said, fixed)
    if said is None and len(names) > 2 and not columns.positive:
        raise _three(both[0], names)
    binary = bool(columns.positive) or len(names) <= 2
    if binary:
        wanted = class_text(columns.positive, NEVER) if columns.positive else ""
        wanted = given.get(wanted, wanted)
        wanted = found.to.get(wanted, wanted)
        where = f"{rows.name}: the column {both[0].key.column!r}"
        chosen = positive_class([*names, *sorted(fixed - {*names})], wanted, where=where)
        if columns.positive:
            check_positive(true, said, chosen, fixed)
        others = [name for name in names if name != chosen]
        names = [others[0] if len(others) == 1 else f"not {chosen}", chosen]
    return Classes(
        tuple(names),
        true.codes(names) if true else {},
        said.codes(names) if said else {},
        binary,
        (
            *_notes(both, found.to),
            *_unpredicted(true, said, columns.positive),
            *_score_note(names, columns),
            *strays,
        ),
    )


def _notes(columns: Sequence[ClassColumn], to: Mapping[str, str]) -> tuple[str, ...]:
    """Say in a line which spellings were taken for one class, beside equal numbers."""
    joined = {name for name in to.values() if list(to.values()).count(name) > 1}
    spelt: dict[str, set[str]] = {}
    for column in columns:
        for raw, name in column.texts.items():
            spelt.setdefault(name, set()).add((raw or "").strip())
    several = [name for name in spelt if name in joined]
    if not several:
        return ()
    shown = "; ".join(_and(sorted(spelt[name])) for name in groups_in_order(several))
    return (f"Spellings taken for one class: {shown}.",)


def _unpredicted(
    true: ClassColumn | None, said: ClassColumn | None, positive: str
) -> tuple[str, ...]:
    """Say which of several labels are never predicted: they are negative, whatever they mean."""
    if true is None or said is None or not positive or len(true.names) < 3:
        return ()
    lacking = true.names - said.everywhere()
    if not lacking:
        return ()
    shown = ", ".join(map(repr, groups_in_order(lacking)[:8]))
    return (f"Never predicted, and counted as negative: {shown}.",)


def _score_note(names: Sequence[str], columns: TableColumns) -> tuple[str, ...]:
    """Say whose probability the score is, where the class that is usually negative is positive."""
    usual = any(pair == (names[1].casefold(), names[0].casefold()) for pair in OPPOSITES)
    if not (columns.score and usual and len(names) == 2):
        return ()
    return (
        f"The score is read as the probability of {names[1]!r}, the positive class; if it is that "
        f"of {names[0]!r}, name that one (--positive {names[0]}).",
    )


def _and(spelt: Iterable[str]) -> str:
    *first, last = map(repr, spelt)
    return f"{', '.join(first)} and {last}"


def _three(source: ClassColumn, names: Sequence[str]) -> InputError:
    first = {name: source.first(name) for name in names[:8]}
    third = sorted(first, key=lambda name: first[name])[2]
    shown = ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")
    return InputError(
        f"{source.rows.name}: the column {source.key.column!r} holds "
        f"{count_text(len(names), 'class')} "
        f"({shown}), the third, {third!r}, first in row {first[third]}. A score needs two: name "
        "the positive class (--positive VALUE), and the others count as negative."
    )
