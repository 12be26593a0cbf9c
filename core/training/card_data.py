"""The model card's sections about data: what the model learnt from, and was measured on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from core.contracts import Run
from core.data import registry
from core.data.base import Dataset
from core.errors import InputError
from core.parameters import resolve
from core.training.markdown import escape, table

__all__ = ["MOST_ROWS", "data_section"]

MOST_ROWS = 30
"""Rows of a table of classes or groups; a folder may have thousands of either."""


def data_section(run: Run, dataset: Dataset | None) -> Iterator[str]:
    """Yield the paragraphs and tables about a run's data; ``None``: it is not at hand."""
    yield "## Training and evaluation data"
    if not run.dataset:
        yield (
            "Its twin's, which its card names. It was not measured on labelled pictures."
            if run.twin
            else "Unknown here: the weights were brought along."
        )
        return
    if run.twin:
        yield "Measured on these; what its twin learnt from, the twin's card says."
    yield from _declared(run)
    if dataset is None:
        yield "The dataset was not at hand, or has changed, when this card was written."
        return
    yield "### Pictures by split and class"
    yield _by_class(dataset)
    for attribute in dataset.part("train").groups:
        yield f"### Pictures by {escape(attribute)}"
        yield _by_group(dataset, attribute)
    if dataset.unreadable:
        yield f"{len(dataset.unreadable)} unreadable files were left out."


def _declared(run: Run) -> Iterator[str]:
    rows: list[tuple[str, object]] = [("reference", run.dataset)]
    try:
        ref = registry.parse(run.dataset)
    except InputError:  # a kind of dataset that this version does not know
        rows.append(("fingerprint", run.data_fingerprint))
        yield table(("what", "value"), rows)
        return
    kind = registry.DATASETS.find(ref.id)
    rows += [("name", kind.name), ("fingerprint", run.data_fingerprint)]
    rows += [("licence", kind.licence or "as its owner says")]
    yield f"{kind.summary}"
    yield table(("what", "value"), rows)
    yield f"Limits of the data: {kind.limits}"
    values = resolve(kind.parameters, dict(ref.parameters), owner=ref.id)
    if values:
        yield "### Parameters of the data"
        yield table(
            ("parameter", "value", "what it is"),
            [(p.name, values[p.name], p.help) for p in kind.parameters],
        )


def _by_class(dataset: Dataset) -> str:
    n = len(dataset.classes)
    counts = {k: np.bincount(part.labels, minlength=n) for k, part in dataset.parts.items()}
    rows = [
        (name, *(int(count[i]) for count in counts.values()))
        for i, name in enumerate(dataset.classes[:MOST_ROWS])
    ]
    rows.append(("all classes", *(int(count.sum()) for count in counts.values())))
    left = n - MOST_ROWS
    more = f"\n\n{left} more classes are left out of this table." if left > 0 else ""
    return table(("class", *counts), rows, right=len(counts)) + more


def _by_group(dataset: Dataset, attribute: str) -> str:
    parts = {k: part for k, part in dataset.parts.items() if attribute in part.groups}
    counts = {k: Counter(part.groups[attribute]) for k, part in parts.items()}
    totals = sum(counts.values(), Counter())
    shown = sorted(name for name, _ in totals.most_common(MOST_ROWS))
    rows = [
        (name, *(f"{c[name]} ({c[name] / max(1, c.total()):.1%})" for c in counts.values()))
        for name in shown
    ]
    left = len(totals) - len(shown)
    more = f"\n\n{left} smaller groups are left out of this table." if left > 0 else ""
    return table(("group", *counts), rows, right=len(counts)) + more
