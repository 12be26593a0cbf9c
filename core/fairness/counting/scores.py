"""Counts by score: the exact area under the curve, bins for calibration, ROC curves.

Everything is summed inside the database, so a table whose scores all differ costs disk, not memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from core.fairness.counting.counted import Cells, Counted
from core.fairness.reading.bins import quantiles

__all__ = ["CURVE_POINTS", "Curve", "Scores", "class_sizes", "curves", "score_median", "scores_of"]

CURVE_POINTS = 512
"""Thresholds of a curve: all scores where there are no more, else quantiles of them."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Sums over scores, for G groups; weights count where rows have any.

    Parameters
    ----------
    positives, negatives : ndarray of float64, shape (G,)
    auc : ndarray of float64, shape (G,)
        P(score of a positive > score of a negative) + ½ P(equal); NaN without both, and where
        there are more than two classes.
    auc_variance : ndarray of float64, shape (G,)
        As DeLong et al. 1988 estimate it; NaN with fewer than two of either.
    above, above2 : ndarray of float64, shape (G,)
        Sum of weights, and of their squares, of rows that score above the median of all rows.
    bin_n, bin_events, bin_scores : ndarray of float64, shape (G, B)
        For each equal-width bin its rows, the events among them, and the sum of their scores.
    squares, fourths : ndarray of float64, shape (G,)
        Sums of (score − event)² and (score − event)⁴.
    """

    positives: Floats
    negatives: Floats
    auc: Floats
    auc_variance: Floats
    above: Floats
    above2: Floats
    bin_n: Floats
    bin_events: Floats
    bin_scores: Floats
    squares: Floats
    fourths: Floats

    def part(self, groups: slice) -> Scores:
        """Return some of the groups."""
        return Scores(**{field.name: getattr(self, field.name)[groups] for field in fields(self)})


@dataclass(frozen=True)
class Curve:
    """Positives and negatives at or above each of T rising thresholds, in G groups."""

    thresholds: Floats
    true_positives: Floats
    false_positives: Floats


def scores_of(counted: Counted, cells: Cells, *, median: float, n_bins: int) -> Scores:
    """Return the sums over scores of the groups in ``cells``, in their order.

    Parameters
    ----------
    median : float
        Scores above it count for the scoring rate.
    n_bins : int
        Equal-width bins over [0, 1]; a score of 1 belongs to the last.

    Notes
    -----
    The event that a score speaks of is the positive class, or, among several classes, that the
    prediction is right. Without labels, what needs them is NaN.
    """
    at = _Places(counted, cells)
    binned = counted.rows.database.columns(
        f"SELECT {at.select} least(floor(s * {n_bins}), {n_bins - 1})::INTEGER AS b, "
        f"sum(w) AS n, coalesce(sum(w) FILTER (WHERE {_event(counted)}), 0) AS events, "
        "sum(w * s) AS scores, "
        f"coalesce(sum(w) FILTER (WHERE s > {median!r}::DOUBLE), 0) AS above, "
        f"coalesce(sum(w2) FILTER (WHERE s > {median!r}::DOUBLE), 0) AS above2, "
        f"sum(w * pow(s - ({_event(counted)})::INTEGER, 2)) AS squares, "
        f"sum(w * pow(s - ({_event(counted)})::INTEGER, 4)) AS fourths "
        f"FROM {counted.coded} GROUP BY ALL"
    )
    where = (at.index(binned), binned["b"].astype(np.int64))
    n_groups = len(cells.codes)

    def by_bin(name: str) -> Floats:
        dense = np.zeros((n_groups, n_bins))
        dense[where] = binned[name]
        return dense

    events = by_bin("events")
    n = by_bin("n")
    missing = np.full(n_groups, np.nan)
    ranked = counted.has_labels and counted.classes.binary
    auc, variance = _auc(counted, cells, at) if ranked else (missing, missing)
    return Scores(
        positives=events.sum(axis=1),
        negatives=(n - events).sum(axis=1),
        auc=auc,
        auc_variance=variance,
        above=by_bin("above").sum(axis=1),
        above2=by_bin("above2").sum(axis=1),
        bin_n=n,
        bin_events=events,
        bin_scores=by_bin("scores"),
        squares=by_bin("squares").sum(axis=1),
        fourths=by_bin("fourths").sum(axis=1),
    )


def score_median(counted: Counted) -> float:
    """Return the median score of all rows, as Local Law 144 takes it: rows count once each."""
    values = f"SELECT s AS x, sum(n) AS n FROM {counted.coded} GROUP BY 1"
    (low,) = quantiles(counted.rows, values, [0.5], strict=False)
    high = quantiles(counted.rows, values, [0.5], strict=True) or [low]
    return (low + high[0]) / 2


def curves(counted: Counted, groupings: Sequence[Cells]) -> list[Curve]:
    """Return how many positives and negatives reach each threshold in the groups of each grouping.

    Thresholds are the same for all: scores, rising, the lowest first, so that every row reaches it.
    """
    thresholds = _thresholds(counted)
    database = counted.rows.database
    database.run("CREATE TEMP TABLE steps (step INTEGER, lowest DOUBLE)")
    steps = ", ".join(f"({i}, {float(x)!r}::DOUBLE)" for i, x in enumerate(thresholds))
    database.run(f"INSERT INTO steps VALUES {steps}")
    found = [_curve(counted, cells, thresholds) for cells in groupings]
    database.run("DROP TABLE steps")
    return found


def _curve(counted: Counted, cells: Cells, thresholds: Floats) -> Curve:
    at = _Places(counted, cells)
    reached = counted.rows.database.columns(
        f"SELECT {at.select} step, sum(w) AS n, "
        f"coalesce(sum(w) FILTER (WHERE {_event(counted)}), 0) AS events "
        f"FROM {counted.coded} ASOF JOIN steps ON s >= lowest GROUP BY ALL"
    )
    where = (at.index(reached), reached["step"].astype(np.int64))
    shape = (len(cells.codes), len(thresholds))
    events, n = np.zeros(shape), np.zeros(shape)
    events[where], n[where] = reached["events"], reached["n"]
    return Curve(thresholds, _from_above(events), _from_above(n - events))


def _from_above(steps: Floats) -> Floats:
    return np.cumsum(steps[:, ::-1], axis=1)[:, ::-1].copy()


def _thresholds(counted: Counted) -> Floats:
    """Return all scores, or, where they are many, the first of each of equally many rows."""
    by_score = (
        "SELECT s, n, sum(n) OVER (ORDER BY s) AS below, sum(n) OVER () AS total "
        f"FROM (SELECT s, sum(n) AS n FROM {counted.coded} GROUP BY 1)"
    )
    ((n,),) = counted.rows.database.rows(f"SELECT count(DISTINCT s) FROM {counted.coded}")
    part = "s" if n <= CURVE_POINTS else f"(below - n) * {CURVE_POINTS} // total"
    found = counted.rows.database.columns(
        f"SELECT min(s) AS s FROM ({by_score}) GROUP BY {part} ORDER BY 1"
    )
    return np.asarray(found["s"], np.float64)


def _event(counted: Counted) -> str:
    return "y = 1" if counted.classes.binary else "y = p"


def _auc(counted: Counted, cells: Cells, at: _Places) -> tuple[Floats, Floats]:
    """Return the areas and their variances from placements (DeLong et al. 1988)."""
    event = _event(counted)
    parts = f"PARTITION BY {at.columns}" if at.columns else ""
    found = counted.rows.database.columns(
        "WITH by_score AS ("
        f"SELECT {at.select} s, coalesce(sum(w) FILTER (WHERE {event}), 0) AS pos, "
        f"coalesce(sum(w) FILTER (WHERE NOT ({event})), 0) AS neg "
        f"FROM {counted.coded} GROUP BY ALL), "
        f"placed AS (SELECT {at.select} pos, neg, "
        "sum(neg) OVER below - neg / 2 AS negatives, sum(pos) OVER below - pos / 2 AS positives "
        f"FROM by_score WINDOW below AS ({parts} ORDER BY s)) "
        f"SELECT {at.select} sum(pos) AS p, sum(neg) AS q, "
        "fsum(pos * negatives) AS u, fsum(pos * negatives * negatives) AS u2, "
        "fsum(neg * positives) AS v, fsum(neg * positives * positives) AS v2 "
        "FROM placed GROUP BY ALL"
    )
    order = np.argsort(at.index(found))
    names = ("p", "q", "u", "u2", "v", "v2")
    p, q, u, u2, v, v2 = (np.asarray(found[name], np.float64)[order] for name in names)
    n_positive, n_negative = class_sizes(cells.w, cells.w2)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = u / (p * q)
        of_positives = np.maximum(u2 / (p * q * q) - auc**2, 0)
        of_negatives = np.maximum(v2 / (q * p * p) - (v / (p * q)) ** 2, 0)
        variance = of_positives / (n_positive - 1) + of_negatives / (n_negative - 1)
    variance[(n_positive < 2) | (n_negative < 2)] = np.nan
    return auc, variance


def class_sizes(w: Floats, w2: Floats) -> tuple[Floats, Floats]:
    """Return Kish's effective numbers of positives and of negatives from cells ``(G, 2, 2)``."""
    total, squares = w.sum(axis=2), w2.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.nan_to_num(total**2 / squares)
    return effective[:, 1], effective[:, 0]


class _Places:
    """Where rows of a query belong among the groups of some cells."""

    def __init__(self, counted: Counted, cells: Cells) -> None:
        chosen = tuple(counted.attributes.index(name) for name in cells.attributes)
        self.columns = ", ".join(counted.columns_of(chosen))
        self.select = f"{self.columns}, " if chosen else ""
        self._names = [f"g{i}" for i in chosen]
        self._at = {tuple(codes): i for i, codes in enumerate(cells.codes.tolist())}

    def index(self, found: dict[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.int64]:
        """Return the number of the group that each row speaks of."""
        if not self._names:
            return np.zeros(len(next(iter(found.values()))), np.int64)
        codes = np.stack([np.asarray(found[name]) for name in self._names], axis=1)
        return np.array([self._at[tuple(row)] for row in codes.tolist()], np.int64)
