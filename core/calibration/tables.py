"""Tables whose true rates are known: drawn as counts, or row by row, and judged as an audit does.

Rates are chosen first and rows drawn from them, so the true gap is exact. Verdicts come from the
functions that every audit uses: :func:`verdicts` enters behind the counting of rows, for speed,
:func:`audited` at its very beginning, as ``api.audit_columns`` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

import numpy as np
import numpy.typing as npt

from core.contracts import FairnessReport, FairnessRequest, FairnessRules, Gap
from core.control import LocalControl
from core.fairness.audit import audit_rows
from core.fairness.counting.counted import Cells
from core.fairness.gaps.candidates import candidate
from core.fairness.gaps.largest import tested
from core.fairness.gaps.specs import get_gap
from core.fairness.groups.grouping import Grouping
from core.fairness.reading.rows import open_columns
from core.fairness.request.fields import AuditOptions, columns_fields

__all__ = [
    "Floats",
    "TOLERANCE",
    "audited",
    "counts",
    "expected",
    "random_rates",
    "random_sizes",
    "verdicts",
    "weighted",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
TOLERANCE = FairnessRules.tolerance


def random_rates(rng: np.random.Generator, groups: int, gap: float) -> Floats:
    """Return true rates whose largest gap is ``gap``, anywhere between 0 and 1.

    Two groups at the ends; each other one at either end or between, for many groups at the ends
    are what makes an observed gap wider than the true one.
    """
    low = rng.uniform(0.02, 0.98 - gap)
    places = np.where(
        rng.random(groups) < 2 / 3, rng.integers(0, 2, groups).astype(float), rng.random(groups)
    )
    places[:2] = 0.0, 1.0
    return low + gap * rng.permutation(places)


def random_sizes(rng: np.random.Generator, groups: int, rows: int, *, equal: bool) -> Integers:
    """Return rows of each group that add up to about ``rows``, 30 at least."""
    shares = np.full(groups, 1 / groups) if equal else rng.dirichlet(np.ones(groups))
    return np.maximum(np.rint(shares * rows), 30).astype(np.int64)


def counts(rng: np.random.Generator, rates: Floats, sizes: Integers) -> Cells:
    """Return groups of which rows are predicted positive at these rates; no row is positive."""
    return _unweighted(rng.binomial(sizes, rates).astype(np.float64), sizes)


def expected(rates: Floats, sizes: Integers) -> Cells:
    """Return groups whose counts are what the rates lead one to expect; parts of rows included."""
    return _unweighted(rates * sizes, sizes)


def weighted(
    rng: np.random.Generator, rates: Floats, sizes: Integers, *, rejected: float = 1.0
) -> Cells:
    """Return the same of rows whose weights vary fourfold around their mean (gamma, shape 2).

    Parameters
    ----------
    rejected : float
        How much more a row weighs that is not selected. Fewer of them are drawn then, so that the
        weighted rates are the true ones.
    """
    drawn = [_weighted_row(rng, rate, n, rejected) for rate, n in zip(rates, sizes, strict=True)]
    return _cells(*(np.stack(sums) for sums in zip(*drawn, strict=True)))


def _weighted_row(
    rng: np.random.Generator, rate: float, n: int, rejected: float
) -> tuple[Floats, Floats, Floats]:
    """Return rows, weights and their squares of a group, each of those rejected and selected."""
    selected = rng.random(n) < rate * rejected / (1 + rate * (rejected - 1))
    weights = rng.gamma(2.0, 0.5, n) * np.where(selected, 1.0, rejected)
    powers = np.stack([np.ones(n), weights, weights**2])
    rows, sums, squares = np.stack([powers * ~selected, powers * selected]).sum(axis=2).T
    return rows, sums, squares


def _unweighted(k: Floats, sizes: Integers) -> Cells:
    said = np.stack([sizes - k, k], axis=1)
    return _cells(said, said, said)


def _cells(rows: Floats, sums: Floats, squares: Floats) -> Cells:
    """Return cells from what is said of each group's rows, no and yes, ``(G, 2)``."""
    n, w, w2 = (np.stack([said, 0 * said], axis=1) for said in (rows, sums, squares))
    names = tuple((f"g{i}",) for i in range(len(w)))
    return Cells(("group",), np.arange(len(w))[:, None], names, np.rint(n).astype(np.int64), w, w2)


def verdicts(
    tables: Sequence[Cells], rng: np.random.Generator, rules: FairnessRules | None = None
) -> tuple[Gap, ...]:
    """Return the gap of each table's selection rates, all of them one family."""
    chosen = rules or FairnessRules()
    spec = get_gap("selection_rate")
    candidates = [
        candidate(spec, Grouping(cells, None, None, ("0", "1")), min_n=chosen.min_n)
        for cells in tables
    ]
    return tested(candidates, chosen, seed=int(rng.integers(2**31)), check=lambda: None)


def audited(
    columns: Mapping[str, npt.ArrayLike], **options: Unpack[AuditOptions]
) -> FairnessReport:
    """Audit columns as ``api.audit_columns`` does, which lies above this room."""
    import pyarrow as pa

    table = pa.table(dict(columns))
    request = FairnessRequest(**columns_fields(table.column_names, options))
    with open_columns(table, name="The table") as rows:
        return audit_rows(rows, request.columns, request, LocalControl(), began=0.0)
