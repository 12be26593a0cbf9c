"""One training with several seeds, put together: means, ranges, and how far verdicts agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from core.contracts import Evaluation, GapSpread, GroupSpread, Run, SeedSpread, Spread
from core.data.gaps import gaps_by_attribute
from core.errors import InputError
from core.runs import finished_runs, restate, run_folder
from core.training.card import write_card

__all__ = ["MOST_SEEDS", "note_spread", "spread_of"]

MOST_SEEDS = 50


def spread_of(runs: Sequence[Run]) -> SeedSpread:
    """Return how the figures and verdicts of runs spread that differ in nothing but the seed.

    Raises
    ------
    InputError
        If there are fewer than two, something else differs, or one was not tested.
    """
    if len(runs) < 2 or len({run.seed for run in runs}) < len(runs):
        raise InputError(f"A spread takes two runs or more of different seeds: {len(runs)} given.")
    if any(_same(a) != _same(b) for a, b in pairwise(runs)):
        raise InputError("A spread takes runs that differ in nothing but their seed.")
    tests = [run.test for run in runs if run.test is not None]
    if len(tests) < len(runs):
        raise InputError(
            f"The spread over seeds is one of test accuracies, and {runs[0].dataset} has no test "
            "split."
        )
    numbers = [
        {name: float(v) for name, v in run.facts.items() if isinstance(v, float)} for run in runs
    ]
    return SeedSpread(
        seeds=tuple(run.seed for run in runs),
        models=tuple(run.model for run in runs),
        accuracies=tuple(test.accuracy for test in tests),
        accuracy=_spread(test.accuracy for test in tests),
        groups=_groups(tests),
        gaps=_gaps(tests),
        facts={
            name: _spread(facts[name] for facts in numbers)
            for name in numbers[0]
            if all(name in facts for facts in numbers)
        },
    )


def note_spread(runs: Sequence[Run], spread: SeedSpread) -> None:
    """Write the spread into the manifests and cards of the runs that were trained here.

    A run that knows of these seeds and more keeps what it knows.

    Raises
    ------
    StoreError
        If the disk is full or a folder cannot be written.
    """
    for run in runs:
        stored = finished_runs()[run.model]
        known = () if stored.seeds is None else stored.seeds.seeds
        if set(spread.seeds) <= set(known):
            continue
        noted = replace(stored, seeds=spread)
        write_card(run_folder(run.model), noted)
        restate(noted)


def _same(run: Run) -> tuple[object, ...]:
    return run.data_fingerprint, run.recipe, run.base, run.parameters, run.versions


def _spread(values: Iterable[float]) -> Spread:
    found = list(values)
    return Spread(sum(found) / len(found), min(found), max(found))


def _groups(tests: Sequence[Evaluation]) -> tuple[GroupSpread, ...]:
    by_seed = zip(*(test.groups for test in tests), strict=True)
    return tuple(
        GroupSpread(same[0].attribute, same[0].group, _spread(g.correct / g.n for g in same))
        for same in by_seed
        if all(group.n for group in same)
    )


def _gaps(tests: Sequence[Evaluation]) -> tuple[GapSpread, ...]:
    by_seed = zip(*(gaps_by_attribute(test.groups) for test in tests), strict=True)
    return tuple(
        GapSpread(
            attribute=same[0].attribute,
            difference=_spread(gap.difference for gap in same),
            beyond_chance=sum(gap.beyond_chance for gap in same),
            worst=tuple(gap.worst.group for gap in same),
        )
        for same in by_seed
    )
