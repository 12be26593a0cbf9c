"""A table that was counted, and the groupings that are sums of its counts.

What Python holds is bounded by the number of groups and classes, never by the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import TIMES, UNKNOWN
from core.errors import InputError
from core.fairness.reading.classes import Classes
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import identifier

__all__ = ["MAX_DEPTH", "Cells", "Counted", "Set", "attribute_sets"]

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
    row_query : str
        The same codes row by row, in the table's order, with each row's ``w``.
    attributes : tuple of str
        The last one is the condition where there is one.
    groups : tuple of tuple of str
        Of each attribute, by code.
    """

    rows: Rows
    coded: str
    row_query: str
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
        used = sorted({i for chosen in sets for i in chosen})
        keys = self.columns_of(tuple(used))
        groupings = ", ".join(f"({', '.join([*self.columns_of(c), 'y', 'p'])})" for c in sets)
        grouped = f"grouping({', '.join(keys)})" if keys else "0"
        found = self.rows.database.columns(
            f"SELECT {', '.join([*keys, 'y', 'p'])}, {grouped} AS grouped, sum(n)::BIGINT AS n, "
            f"sum(w) AS w, sum(w2) AS w2 FROM {self.coded} GROUP BY GROUPING SETS ({groupings})"
        )
        codes = {i: np.ma.filled(found[f"g{i}"], -1).astype(np.int64) for i in used}
        return {
            chosen: self._dense(chosen, found, codes, found["grouped"] == _bits(chosen, used))
            for chosen in sets
        }

    def _dense(
        self,
        chosen: Set,
        found: Mapping[str, npt.NDArray[np.generic]],
        codes: Mapping[int, Integers],
        here: npt.NDArray[np.bool_],
    ) -> Cells:
        n_classes = len(self.classes.names)
        own = np.stack([codes[i][here] for i in chosen], axis=1) if chosen else None
        if own is None:
            own = np.zeros((int(here.sum()), 0), np.int64)
        unique, group = np.unique(own, axis=0, return_inverse=True)
        shape = (len(unique), n_classes, n_classes)
        at = np.ravel_multi_index(
            (group.reshape(-1), found["y"][here].astype(int), found["p"][here].astype(int)), shape
        )

        def dense(name: str, kind: type[np.generic]) -> npt.NDArray[Any]:
            flat = np.zeros(prod(shape), kind)
            flat[at] = found[name][here]
            return flat.reshape(shape)

        return Cells(
            attributes=tuple(self.attributes[i] for i in chosen),
            codes=unique,
            parts=tuple(
                tuple(self.groups[i][code] for i, code in zip(chosen, row, strict=True))
                for row in unique.tolist()
            ),
            n=dense("n", np.int64),
            w=dense("w", np.float64),
            w2=dense("w2", np.float64),
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


def _bits(chosen: Set, used: Sequence[int]) -> int:
    """Return the value of ``GROUPING`` over the used attributes: a bit for each left out."""
    return sum(1 << bit for bit, i in enumerate(reversed(used)) if i not in chosen)
