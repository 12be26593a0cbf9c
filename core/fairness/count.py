"""Rows become counts: one scan by DuckDB, then integers only.

The table is counted once by everything at the same time (``counted``); spellings become codes
(``coded``); groupings are sums of those. What Python holds is bounded by the number of groups and
classes, never by the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
import numpy.typing as npt

from core.contracts import TIMES, UNKNOWN, TableColumns
from core.errors import InputError
from core.fairness.bins import double
from core.fairness.classes import Classes, find_classes
from core.fairness.keys import Codes, Key, group_codes, group_keys
from core.fairness.rows import Rows
from core.fairness.sql import identifier

__all__ = ["MAX_DEPTH", "Cells", "Counted", "attribute_sets", "count"]

MAX_DEPTH = 3
"""Attributes that an intersection is made of at most."""
_MAX_COMBINATIONS = 10_000
_MAX_CELLS = 20_000_000

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Set = tuple[int, ...]


@dataclass(frozen=True)
class Cells:
    """Counts of one grouping: G groups by K true by K predicted classes.

    Parameters
    ----------
    attributes : tuple of str
        Empty for all rows together.
    codes : ndarray of int64, shape (G, n_attributes)
        Each group's number in each attribute.
    parts : tuple of tuple of str
        Each group's value of each attribute.
    n : ndarray of int64, shape (G, K, K)
        Rows. Without labels, the true class is 0 throughout.
    w, w2 : ndarray of float64, shape (G, K, K)
        Sums of weights and of their squares; both are ``n`` where rows have no weights.
    """

    attributes: tuple[str, ...]
    codes: Integers
    parts: tuple[tuple[str, ...], ...]
    n: Integers
    w: Floats
    w2: Floats

    @property
    def attribute(self) -> str:
        """Name of the attribute or intersection; ``""`` for all rows."""
        return TIMES.join(self.attributes)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(TIMES.join(values) if values else "all" for values in self.parts)

    @property
    def unknown(self) -> npt.NDArray[np.bool_]:
        """Whether a value of the group is missing."""
        return np.array([UNKNOWN in values for values in self.parts], bool)


@dataclass(frozen=True)
class Counted:
    """A table that was counted; its database stays open for the scores.

    Parameters
    ----------
    coded : str
        Quoted name of the table of codes: one column for each of ``attributes``, ``y``, ``p``,
        ``s`` where there are scores, and ``n``, ``w``, ``w2``.
    attributes : tuple of str
        The last one is the condition where there is one.
    groups : tuple of tuple of str
        Of each attribute, by code.
    """

    rows: Rows
    coded: str
    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    classes: Classes
    has_labels: bool
    has_scores: bool
    weighted: bool
    n: int
    merged: tuple[str, ...]

    def columns_of(self, chosen: Set) -> list[str]:
        """Return the quoted columns that a set of attributes is coded in."""
        return [identifier(f"g{i}") for i in chosen]

    def cells(self, sets: Sequence[Set]) -> dict[Set, Cells]:
        """Return the counts of several groupings.

        Raises
        ------
        InputError
            If a grouping has more groups than can be held.
        """
        n_classes = len(self.classes.names)
        for chosen in sets:
            self._check_size(chosen, n_classes)
        keys = [identifier(f"g{i}") for i in range(len(self.attributes))]
        groupings = ", ".join(f"({', '.join([*self.columns_of(c), 'y', 'p'])})" for c in sets)
        grouped = f"grouping({', '.join(keys)})" if keys else "0"
        found = self.rows.database.columns(
            f"SELECT {', '.join([*keys, 'y', 'p'])}, {grouped} AS grouped, sum(n)::BIGINT AS n, "
            f"sum(w) AS w, sum(w2) AS w2 FROM {self.coded} GROUP BY GROUPING SETS ({groupings})"
        )
        codes = [np.ma.filled(found[f"g{i}"], -1).astype(np.int64) for i in range(len(keys))]
        return {
            chosen: self._dense(chosen, found, codes, found["grouped"] == _bits(chosen, len(keys)))
            for chosen in sets
        }

    def _dense(
        self, chosen: Set, found: Mapping[str, npt.NDArray[np.generic]], codes: list[Integers],
        here: npt.NDArray[np.bool_],
    ) -> Cells:  # fmt: skip
        n_classes = len(self.classes.names)
        own = np.stack([codes[i][here] for i in chosen], axis=1) if chosen else None
        if own is None:
            own = np.zeros((int(here.sum()), 0), np.int64)
        unique, group = np.unique(own, axis=0, return_inverse=True)
        shape = (len(unique), n_classes, n_classes)
        at = np.ravel_multi_index(
            (group.reshape(-1), found["y"][here].astype(int), found["p"][here].astype(int)), shape
        )
        arrays = {}
        for name in ("n", "w", "w2"):
            dense = np.zeros(prod(shape), np.int64 if name == "n" else np.float64)
            dense[at] = found[name][here]
            arrays[name] = dense.reshape(shape)
        return Cells(
            attributes=tuple(self.attributes[i] for i in chosen),
            codes=unique,
            parts=tuple(
                tuple(self.groups[i][code] for i, code in zip(chosen, row, strict=True))
                for row in unique.tolist()
            ),
            **arrays,
        )

    def _check_size(self, chosen: Set, n_classes: int) -> None:
        most = prod(len(self.groups[i]) for i in chosen)
        cap = min(_MAX_COMBINATIONS, _MAX_CELLS // n_classes**2)
        if most > cap:
            columns = ", ".join(self.columns_of(chosen))
            ((most,),) = self.rows.database.rows(
                f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {self.coded})"
            )
        if most > cap:
            names = TIMES.join(self.attributes[i] for i in chosen)
            raise InputError(
                f"{self.rows.name}: {names} has {most} groups; at most {cap} can be compared. "
                "Leave the intersections or an attribute out, or cut numbers into fewer groups."
            )


def attribute_sets(n_attributes: int, *, depth: int) -> list[Set]:
    """Return single attributes, then their intersections of up to ``depth``.

    >>> attribute_sets(3, depth=2)
    [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    """
    return [
        chosen
        for size in range(1, min(depth, n_attributes) + 1)
        for chosen in combinations(range(n_attributes), size)
    ]


def count(rows: Rows, columns: TableColumns, *, scores: bool = True) -> Counted:
    """Count a table.

    Parameters
    ----------
    columns : TableColumns
    scores : bool
        Whether to keep counts by exact score, where the table has scores.

    Raises
    ------
    InputError
        For a column that is missing, an empty table, cells that are no classes, scores or weights:
        the text names column and row.
    """
    bins = dict(columns.bins)
    wanted = (*columns.groups, *([columns.condition] if columns.condition else []))
    attributes = group_keys(rows, wanted, bins)
    label = _key(rows, "y", columns.label)
    prediction = _key(rows, "p", columns.prediction)
    with_scores = bool(columns.score) and (scores or prediction is None)
    _count_once(rows, [*attributes, *filter(None, (label, prediction))], columns, with_scores)
    counted = identifier("counted")
    ((n,),) = rows.database.rows(f"SELECT coalesce(sum(n), 0)::BIGINT FROM {counted}")
    if not n:
        raise InputError(f"{rows.name} has no rows. Expected one for each prediction.")
    if columns.weight:
        _check_weights(rows, columns.weight)
    if with_scores:
        _check_scores(rows, columns.score)
    classes = find_classes(rows, counted, label, prediction, positive=columns.positive)
    coded = [group_codes(rows, counted, key) for key in attributes]
    _code(rows, attributes, [codes for _, codes in coded], classes, columns, with_scores)
    return Counted(
        rows=rows,
        coded=identifier("coded"),
        attributes=tuple(key.column for key in attributes),
        groups=tuple(names for names, _ in coded),
        classes=classes,
        has_labels=label is not None,
        has_scores=with_scores,
        weighted=bool(columns.weight),
        n=int(n),
        merged=tuple(
            sentence
            for key, (_, codes) in zip(attributes, coded, strict=True)
            if not key.labels and (sentence := _merged(key, codes))
        ),
    )


def _key(rows: Rows, alias: str, column: str) -> Key | None:
    return Key(identifier(alias), column, rows.column(column)) if column else None


def _count_once(rows: Rows, keys: Sequence[Key], columns: TableColumns, with_scores: bool) -> None:
    """Make the table ``counted``: rows of equal values, as they are spelt, counted."""
    chosen = [f"{key.expression} AS {key.alias}" for key in keys]
    if with_scores:
        chosen.append(f"{double(rows.column(columns.score))} AS s")
    weight = double(rows.column(columns.weight)) if columns.weight else ""
    sums = ["count(*) AS n"]
    if weight:
        bad = f"count(*) FILTER (WHERE {weight} IS NULL OR NOT {_is_weight(weight)})"
        sums += [f"fsum({weight}) AS w", f"fsum({weight} * {weight}) AS w2", f"{bad} AS bad"]
    rows.database.run(
        f"CREATE TEMP TABLE {identifier('counted')} AS "
        f"SELECT {', '.join([*chosen, *sums])} FROM {rows.view} GROUP BY ALL"
    )


def _is_weight(value: str) -> str:
    return f"({value} >= 0 AND {value} < 'infinity'::DOUBLE)"


def _check_weights(rows: Rows, column: str) -> None:
    ((bad, total),) = rows.database.rows(f"SELECT sum(bad), sum(w) FROM {identifier('counted')}")
    if bad:
        value = double("v")
        row = rows.first(rows.column(column), "v", f"{value} IS NULL OR NOT {_is_weight(value)}")
        assert row is not None, "a bad weight was counted"
        raise InputError(
            f"{rows.name}: the column {column!r} holds {row[1]!r} in row {row[0]} ({bad} such "
            "rows). A weight is a number of at least 0."
        )
    if not total > 0:
        raise InputError(f"{rows.name}: the weights in {column!r} are all 0.")


def _check_scores(rows: Rows, column: str) -> None:
    counted = identifier("counted")
    ((bad,),) = rows.database.rows(
        f"SELECT coalesce(sum(n), 0)::BIGINT FROM {counted} WHERE {_is_no_score('s')}"
    )
    if bad:
        row = rows.first(rows.column(column), "v", _is_no_score(double("v")))
        assert row is not None, "a bad score was counted"
        raise InputError(
            f"{rows.name}: the column {column!r} holds {row[1]!r} in row {row[0]} ({bad} such "
            "rows). A score is a probability in [0, 1]: divide percentages by 100, put logits "
            "through a sigmoid."
        )


def _is_no_score(value: str) -> str:
    return f"({value} IS NULL OR NOT ({value} BETWEEN 0 AND 1))"


def _code(
    rows: Rows,
    attributes: Sequence[Key],
    codes: Sequence[Codes],
    classes: Classes,
    columns: TableColumns,
    with_scores: bool,
) -> None:
    """Make the table ``coded``: spellings replaced by the codes of what they stand for."""
    joins: list[str] = []

    def coded(alias: str, mapping: Codes) -> str:
        return f"{_joined(rows, alias, mapping, joins)} AS {alias}"

    chosen = [coded(key.alias, at) for key, at in zip(attributes, codes, strict=True)]
    chosen.append(coded(identifier("y"), classes.labels) if classes.labels else "0 AS y")
    if classes.predictions:
        chosen.append(coded(identifier("p"), classes.predictions))
    else:
        chosen.append(f"(s >= {float(columns.threshold)!r}::DOUBLE)::INTEGER AS p")
    chosen += ["s"] if with_scores else []
    sums = "sum(n)::BIGINT AS n, " + (
        "fsum(w) AS w, fsum(w2) AS w2"
        if columns.weight
        else "sum(n)::DOUBLE AS w, sum(n)::DOUBLE AS w2"
    )
    rows.database.run(
        f"CREATE TEMP TABLE {identifier('coded')} AS SELECT {', '.join(chosen)}, {sums} "
        f"FROM {identifier('counted')} {' '.join(joins)} GROUP BY ALL"
    )


def _joined(rows: Rows, alias: str, mapping: Codes, joins: list[str]) -> str:
    """Register a table of spellings and codes, add the join to it, return its code column."""
    import pyarrow as pa

    name = f"codes{len(joins)}"
    rows.database.register(
        name,
        pa.table(
            {
                "raw": pa.array(list(mapping), pa.string()),
                "code": pa.array(list(mapping.values()), pa.int32()),
            }
        ),
    )
    quoted = identifier(name)
    joins.append(
        f"JOIN {quoted} ON CAST({identifier('counted')}.{alias} AS VARCHAR) "
        f"IS NOT DISTINCT FROM {quoted}.raw"
    )
    return f"{quoted}.code"


def _merged(key: Key, codes: Codes) -> str:
    """Say which spellings were taken for one group; ``""`` if none were."""
    by_code: dict[int, list[str]] = {}
    for raw, code in codes.items():
        if raw is not None:
            by_code.setdefault(code, []).append(raw)
    several = [spelt for spelt in by_code.values() if len(spelt) > 1]
    shown = "; ".join(", ".join(map(repr, sorted(spelt)[:4])) for spelt in several[:3])
    return f"In {key.column!r}, spellings taken for one group: {shown}." if several else ""


def _bits(chosen: Set, n_keys: int) -> int:
    """Return the value of ``GROUPING`` over all attributes: a bit is set for each left out."""
    return sum(1 << (n_keys - 1 - i) for i in range(n_keys) if i not in chosen)
