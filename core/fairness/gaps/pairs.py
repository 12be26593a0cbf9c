"""Each group against a reference: the largest group, the best one, all others, or a named one.

The largest gap's two groups are picked because they differ, and may be small. Here the reference
does not depend on what is found, except for the best group's, which is kept for those who ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import Comparisons, FairnessRules, Gap, LeftOut, ReferenceKind
from core.errors import InputError
from core.fairness.gaps.candidates import Candidate
from core.fairness.gaps.pair_tests import PairTests, pair_tests
from core.fairness.groups.comparable import Comparable
from core.fairness.metrics.registry import METRICS

__all__ = ["REFERENCES", "compared", "reference_notes"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
REFERENCES: tuple[ReferenceKind, ...] = ("largest", "best", "rest")
"""What a group can be held against without naming it; ``=best`` is the group called so."""
_EXACTLY = "="


@dataclass(frozen=True)
class _Block:
    """The groups of one gap against one reference, before their test."""

    each: Candidate
    kind: ReferenceKind
    reference: str
    groups: Integers
    own: Comparable
    other: Comparable
    excluded: tuple[dict[str, LeftOut], ...]


def compared(
    candidates: Sequence[Candidate], gaps: Sequence[Gap], rules: FairnessRules, *,
    check: Callable[[], None],
) -> tuple[Comparisons, ...]:  # fmt: skip
    """Hold the groups of every metric against references, and adjust over all comparisons.

    Parameters
    ----------
    gaps : sequence of Gap
        Those of the candidates, which say what could hide in what is left out.

    Raises
    ------
    InputError
        If a group is named as reference that no attribute has.
    """
    both = [(e, gap) for e, gap in zip(candidates, gaps, strict=True) if len(e.parts) == 1]
    named = rules.reference not in REFERENCES
    there = dict.fromkeys(name for each in candidates for name in each.names)
    if named and _named(there, rules) is None:
        raise InputError(
            f"No group {rules.reference!r} can be compared. The reference is largest, best, rest, "
            f"or one of: {', '.join(there)}."
        )
    chosen: ReferenceKind = "named" if named else rules.reference  # type: ignore[assignment]
    kinds = dict.fromkeys((chosen, "largest", "rest"))
    blocks = [block for pair in both for kind in kinds for block in _blocks(*pair, kind, rules)]
    check()
    if not blocks:
        return ()
    found = pair_tests([(block.own, block.other) for block in blocks], rules)
    check()
    ends = np.cumsum([len(block.groups) for block in blocks])
    return tuple(
        _comparisons(block, found, slice(end - len(block.groups), end), rules)
        for block, end in zip(blocks, ends.tolist(), strict=True)
    )


def reference_notes(candidates: Sequence[Candidate], rules: FairnessRules) -> tuple[str, ...]:
    """Say what was meant where a group is called like the kind of reference that was asked for."""
    word = rules.reference
    if word not in REFERENCES or not any(word in each.names for each in candidates):
        return ()
    meant = "all others together" if word == "rest" else f"the {word} group"
    return (
        f"Groups are shown against {meant}, not against the group called {word!r}: for that one "
        f"the reference is {_EXACTLY}{word}.",
    )


def _named(groups: Iterable[str], rules: FairnessRules) -> str | None:
    """Return the group that is meant: one of just that name, else what follows the sign."""
    names = (rules.reference, rules.reference.removeprefix(_EXACTLY))
    there = set(groups)
    return next((name for name in names if name in there), None)


def _blocks(each: Candidate, gap: Gap, kind: ReferenceKind, rules: FairnessRules) -> list[_Block]:
    (part,) = each.parts
    everybody = np.arange(len(each.names))
    if kind == "rest":
        rest = each.sources[0].of_rest(np.array(each.numbers, np.intp))
        own = _rest_name(each.names)
        out = tuple(_left_out(each, gap) for _ in everybody)
        return [] if rest is None else [_Block(each, kind, own, everybody, part, rest, out)]
    at = _reference(each, part, kind, rules)
    if at is None:
        return []
    others = everybody[everybody != at]
    against = part.of(np.full(len(others), at))
    out = tuple(_strata(each, [i, at]) for i in others.tolist())
    return [_Block(each, kind, each.names[at], others, part.of(others), against, out)]


def _left_out(each: Candidate, gap: Gap) -> dict[str, LeftOut]:
    """Return what a comparison with all others together leaves out: all that its gap does."""
    return {name: gap.excluded[name] for name in (*each.untested, *each.strata)}


def _strata(each: Candidate, groups: list[int]) -> dict[str, LeftOut]:
    """Return the strata in which one of two groups has rows, but is not compared."""
    among = np.array(each.numbers, np.intp)
    found = each.sources[0].dropped(among[groups], among=among)
    return {name: LeftOut(out.reason, out.n, 1.0) for name, out in found.items()}


def _rest_name(groups: Sequence[str]) -> str:
    """Return a name for all others together that none of the groups has.

    >>> _rest_name(["a", "b"]), _rest_name(["rest", "best"])
    ('rest', 'all others')
    """
    name = "rest" if "rest" not in groups else "all others"
    while name in groups:
        name += " together"
    return name


def _reference(
    each: Candidate, part: Comparable, kind: ReferenceKind, rules: FairnessRules
) -> int | None:
    if kind == "named":
        name = _named(each.names, rules)
        return None if name is None else each.names.index(name)
    if kind == "largest":
        return min(range(len(each.names)), key=lambda i: (-each.rows[i], each.names[i]))
    known = each.large if len(each.large) else np.arange(len(each.names))
    sign = -1 if METRICS[each.spec.parts[0]].higher_is_better is False else 1
    return int(known[(sign * part.values[known]).argmax()])


def _comparisons(block: _Block, found: PairTests, own: slice, rules: FairnessRules) -> Comparisons:
    names = block.each.names
    low, high, p_pass = _hidden(block, found, own, rules)
    return Comparisons(
        attribute=block.each.attribute,
        metric=block.each.spec.id,
        kind=block.kind,
        reference=block.reference,
        groups=tuple(names[i] for i in block.groups),
        difference=found.difference[own],
        low=low,
        high=high,
        p=found.p_adjusted[own],
        p_flag=found.p_flag[own],
        p_pass=p_pass,
        alpha=rules.alpha,
        tolerance=rules.tolerance,
        excluded=block.excluded,
    )


def _hidden(
    block: _Block, found: PairTests, own: slice, rules: FairnessRules
) -> tuple[Floats, Floats, Floats]:
    """Return limits and the p of a pass, which none gets that leaves out more than is tolerated.

    What could hide may lie on either side; a flag is as true without it.
    """
    hides = [max((out.could_hide for out in each.values()), default=0.0) for each in block.excluded]
    most = np.array(hides, np.float64)
    most[most <= rules.tolerance] = 0.0
    p_pass = np.where(most > 0, 1.0, found.p_pass[own])
    most[found.p_flag[own] < rules.alpha] = 0.0
    low, high = found.low[own], found.high[own]
    widened = most > 0
    return (
        np.where(widened, np.minimum(low, -most), low),
        np.where(widened, np.maximum(high, most), high),
        p_pass,
    )
