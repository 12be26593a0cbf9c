"""Random tables for property tests, and cells made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.fairness.counting.counted import Cells
from core.fairness.groups.grouping import Grouping


def grouping(cells: Sequence[Sequence[Sequence[int]]], *, attribute: str = "group") -> Grouping:
    """Groups ``0``, ``1``, … with cells [[tn, fp], [fn, tp]]."""
    n = np.asarray(cells, np.int64)
    names = tuple((str(g),) for g in range(len(n)))
    held = Cells(
        (attribute,), np.arange(len(n))[:, None], names, n, n.astype(float), n.astype(float)
    )
    return Grouping(held, None, None, ("0", "1"))


def of_rates(selected: Sequence[int], rows: Sequence[int]) -> Grouping:
    """Groups of which so many rows are selected, half of all rows positive."""
    cells = []
    for k, n in zip(selected, rows, strict=True):
        tp, fp = k // 2, k - k // 2
        fn = max(n // 2 - tp, 0)
        cells.append([[n - k - fn, fp], [fn, tp]])
    return grouping(cells)


def random_table(
    seed: int, *, n: int = 300, groups: int = 4, classes: int = 2, weighted: bool = False
) -> dict[str, np.ndarray]:
    """Labels, predictions, scores and groups without any structure; every class in every group."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    p = np.where(rng.random(n) < 0.6, y, rng.integers(0, classes, n))
    g = rng.integers(0, groups, n)
    every = [(a, b, c) for a in range(classes) for b in range(classes) for c in range(groups)]
    y[: len(every)], p[: len(every)], g[: len(every)] = np.array(every).T
    table = {
        "y": y,
        "p": p,
        "g": np.array([f"g{i}" for i in g]),
        "s": np.round(rng.random(n), rng.integers(1, 4)),
    }
    if weighted:
        table["w"] = rng.gamma(2.0, 1.0, n)
    return table
