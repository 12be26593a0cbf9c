"""Classes that look like no value: whether they are one is asked, never guessed."""

from __future__ import annotations

from collections.abc import Sequence, Set

from core.contracts import count_text, groups_in_order, map_option
from core.errors import InputError
from core.fairness.reading.class_column import ClassColumn
from core.tabular.nothing import looks_like_nothing, looks_unknown
from core.tabular.values import OPPOSITES

__all__ = ["check_no_value_classes"]

_SHOWN = 4


def check_no_value_classes(columns: Sequence[ClassColumn], counted: str, fixed: Set[str]) -> None:
    """Refuse classes that look like no value, where no other column of classes has them too.

    Dashes, dots and words such as ``missing`` are refused in both columns as well, beside the two
    classes of a binary task. Where ``+`` is a class, ``-`` is one.

    Parameters
    ----------
    columns : sequence of ClassColumn
        Labels and predictions, under the names that they are shown by.
    fixed : set of str
        Classes that the caller named: they are classes.

    Raises
    ------
    InputError
        Naming the first row.
    """
    names: set[str] = set().union(*(column.names for column in columns))
    free = names - fixed - ({"-", "\u2212"} if "+" in names else set())
    signs = {name for name in free if looks_like_nothing(name)}
    words = {name for name in free if looks_unknown(name)}
    shared = columns[0].names & columns[1].names if len(columns) > 1 else frozenset()
    binary = {name.casefold().removeprefix("+") for name in names - signs - words}
    beside = len(binary) == 2 and any(binary <= {*pair} for pair in OPPOSITES)
    asked = (signs if beside else signs - shared) | (words - shared)
    if not asked:
        return
    told = []
    for name in groups_in_order(asked)[:_SHOWN]:
        column = next(column for column in columns if name in column.names)
        n = column.n_of(counted, name)
        told.append(f"{name!r} in row {column.first(name)} ({count_text(n, 'such row')})")
        where = column.key.column
    more = f" and {len(asked) - _SHOWN} more such values" if len(asked) > _SHOWN else ""
    first = groups_in_order(asked)[0]
    raise InputError(
        f"{columns[0].rows.name}: the column {where!r} holds {', '.join(told)}{more}, which looks "
        "like no value. If it is none, name it among the words for that (--missing "
        f'"NA,{first}"), and leave such rows out (--drop-missing); if it is a class, say so '
        f"({map_option((name, name) for name in groups_in_order(asked))})."
    )
