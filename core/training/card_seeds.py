"""The model card's section about seeds: what is this run's, and what is chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from core.contracts import Run, SeedSpread
from core.training.card_data import MOST_ROWS
from core.training.markdown import escape, table

__all__ = ["seeds_section"]


def seeds_section(run: Run) -> Iterator[str]:
    """Yield how the figures spread over the seeds; nothing for a run of one seed."""
    spread = run.seeds
    if spread is None:
        return
    yield "### Over seeds"
    yield (
        f"The same data, recipe and parameters were trained with {spread.n} seeds "
        f"({', '.join(str(seed) for seed in spread.seeds)}); this model is that of seed "
        f"{run.seed}. Low and high are the smallest and largest of the {spread.n}, no interval: "
        "further seeds can lie outside of them."
    )
    yield table(("figure", "mean", "low", "high"), _figures(spread), right=3)
    yield from _groups(spread)
    if spread.gaps:
        yield "### Gaps over seeds"
        yield (
            "The widest gap between the groups of an attribute, in points, and for how many seeds "
            "chance alone makes one as wide in fewer than 5 % of cases (Holm-adjusted over the "
            "attributes). The groups are chosen anew for each seed."
        )
        yield table(("attribute", "mean", "low", "high", "verdict", "worst group"), _gaps(spread))


def _figures(spread: SeedSpread) -> Iterator[tuple[object, ...]]:
    accuracy = spread.accuracy
    yield ("test accuracy", *(f"{v:.1%}" for v in (accuracy.mean, accuracy.low, accuracy.high)))
    for name, fact in spread.facts.items():
        yield (name, *(f"{value:.4g}" for value in (fact.mean, fact.low, fact.high)))


def _groups(spread: SeedSpread) -> Iterator[str]:
    for attribute, found in groupby(spread.groups, key=lambda group: group.attribute):
        groups = list(found)
        yield f"### Accuracy by {escape(attribute)} over seeds"
        rows = [
            (g.group, *(f"{v:.1%}" for v in (g.accuracy.mean, g.accuracy.low, g.accuracy.high)))
            for g in groups[:MOST_ROWS]
        ]
        left = len(groups) - len(rows)
        more = f"\n\n{left} more groups are left out of this table." if left else ""
        yield table(("group", "mean", "low", "high"), rows, right=3) + more


def _gaps(spread: SeedSpread) -> Iterator[tuple[object, ...]]:
    for gap in spread.gaps:
        differences = (gap.difference.mean, gap.difference.low, gap.difference.high)
        worst = ", ".join(sorted(set(gap.worst)))
        yield (
            gap.attribute,
            *(f"{100 * difference:.1f}" for difference in differences),
            spread.verdict_text(gap),
            worst,
        )
