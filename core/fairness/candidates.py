"""Who is compared in a gap, and with what, before anything is tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fairness.comparable import Comparable
from core.fairness.gap_specs import GapSpec
from core.fairness.grouping import MISSING, Grouping, Part

__all__ = ["Candidate", "Small", "candidate"]


@dataclass(frozen=True, slots=True)
class Small:
    """Why a group is small, and its rows below the line."""

    reason: str
    n: float

    @property
    def unknown(self) -> bool:
        """Whether these are rows without a value, which are no group."""
        return self.reason == MISSING


@dataclass(frozen=True)
class Candidate:
    """A gap before its test.

    Parameters
    ----------
    names : tuple of str
        The groups that are tested: all that have rows below the line, small ones included. Of
        conditional parity those of at least the minimum alone: a small group has few strata in
        common with others.
    rows : tuple of int
        Rows of each of them.
    small : dict
        Those of them that have fewer rows than the minimum.
    untested : dict
        The groups that are not tested.
    parts : tuple of Comparable
        Values of the tested groups; empty where there is nothing to test.
    sources : tuple of Part
        What they are made of, in terms of ``numbers``, the groups' places in the grouping.
    """

    spec: GapSpec
    attribute: str
    names: tuple[str, ...]
    rows: tuple[int, ...]
    small: dict[str, Small]
    untested: dict[str, Small]
    n_groups: int
    parts: tuple[Comparable, ...]
    sources: tuple[Part, ...]
    numbers: tuple[int, ...]

    @property
    def testable(self) -> bool:
        """Whether there is anything to test."""
        return bool(self.parts)

    @property
    def large(self) -> np.ndarray:
        """Places of the tested groups that are not small."""
        return np.array([i for i, name in enumerate(self.names) if name not in self.small], np.intp)


def candidate(spec: GapSpec, grouping: Grouping, *, min_n: int) -> Candidate:
    """Find out which groups a gap can compare."""
    parts = [grouping.part(metric) for metric in spec.parts]
    names, rows = grouping.cells.groups, grouping.cells.n.sum(axis=(1, 2)).tolist()
    small = {g: Small(*few) for g, few in grouping.small(parts, min_n).items()}

    def tested(g: int) -> bool:
        if g not in small:
            return True
        there = all((part.denominators.n[:, g] > 0).all() for part in parts)
        return there and not small[g].unknown and not any(part.strata for part in parts)

    kept = [g for g in range(len(names)) if tested(g)]
    compared = [part.of_groups(np.array(kept, np.intp)) for part in parts] if len(kept) > 1 else []
    return Candidate(
        spec=spec,
        attribute=grouping.cells.attribute,
        names=tuple(names[g] for g in kept),
        rows=tuple(rows[g] for g in kept),
        small={names[g]: few for g, few in small.items() if g in kept},
        untested={names[g]: few for g, few in small.items() if g not in kept},
        n_groups=len(names),
        parts=tuple(part for part in compared if part is not None) if None not in compared else (),
        sources=tuple(parts),
        numbers=tuple(kept),
    )
