"""Who is compared in a gap, and with what, before anything is tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fairness.gaps.specs import GapSpec
from core.fairness.groups.comparable import Comparable
from core.fairness.groups.grouping import Few, Grouping, Part

__all__ = ["Candidate", "candidate"]


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
        The groups that are not tested, and rows without a value.
    strata : dict
        Strata in which tested groups have rows, but not all of them, or which have no value.
    parts : tuple of Comparable
        Values of the tested groups; empty where there is nothing to test.
    unknown : tuple of str
        Those of the rows without a value that have a value of the metric.
    known : tuple of Comparable
        Values of the tested groups, followed by those of ``unknown``.
    sources : tuple of Part
        What they are made of, in terms of ``numbers``, the groups' places in the grouping.
    """

    spec: GapSpec
    attribute: str
    names: tuple[str, ...]
    rows: tuple[int, ...]
    small: dict[str, Few]
    untested: dict[str, Few]
    strata: dict[str, Few]
    n_groups: int
    parts: tuple[Comparable, ...]
    unknown: tuple[str, ...]
    known: tuple[Comparable, ...]
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
    parts = [grouping.part(part, of=spec.of, given=spec.given) for part in spec.parts]
    names, rows = grouping.cells.groups, grouping.cells.n.sum(axis=(1, 2)).tolist()
    small = grouping.small(parts, min_n)

    def tested(g: int) -> bool:
        if g not in small:
            return True
        there = all((part.denominators.n[:, g] > 0).all() for part in parts)
        return there and not small[g].unknown and not any(part.strata for part in parts)

    kept = [g for g in range(len(names)) if tested(g)]
    at, alone = np.array(kept, np.intp), len(kept) < 2
    unknown = [g for g, few in small.items() if few.unknown and all(p.has(g, at) for p in parts)]
    beside = np.array([*kept, *unknown], np.intp)
    found = [] if alone else [part.of_groups(beside) for part in parts]
    known = tuple(part for part in found if part is not None) if None not in found else ()
    return Candidate(
        spec=spec,
        attribute=grouping.cells.attribute,
        names=tuple(names[g] for g in kept),
        rows=tuple(rows[g] for g in kept),
        small={names[g]: few for g, few in small.items() if g in kept},
        untested={names[g]: few for g, few in small.items() if g not in kept},
        n_groups=len(names),
        strata={name: few for part in parts for name, few in part.dropped(at, among=at).items()},
        parts=tuple(part.of(np.arange(len(kept))) for part in known),
        unknown=tuple(names[g] for g in unknown),
        known=known,
        sources=tuple(parts),
        numbers=tuple(kept),
    )
