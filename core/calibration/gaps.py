"""Claims about the gaps of an audit: flags, passes, intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from core.calibration.base import Claim, claim, each
from core.calibration.tables import (
    TOLERANCE,
    audited,
    counts,
    random_rates,
    random_sizes,
    verdicts,
    weighted,
)
from core.contracts import FairnessReport, Gap
from core.fairness.counting.counted import Cells

__all__ = ["CLAIMS"]

_TOPIC = "Fairness: gaps"
_FOUND = "gaps.found"
_PASSED = "gaps.passed"
_AT = "The largest true gap is exactly the tolerance, 10 points, so neither verdict is right."
Draw = Callable[[np.random.Generator], Sequence[Cells]]


def _six(rng: np.random.Generator) -> list[Cells]:
    """Six attributes of two groups of 5 000."""
    sizes = np.array([5000, 5000])
    return [counts(rng, random_rates(rng, 2, TOLERANCE), sizes) for _ in range(6)]


def _forty_nine(rng: np.random.Generator) -> list[Cells]:
    return [
        counts(rng, random_rates(rng, groups, TOLERANCE), random_sizes(rng, groups, 5000, equal=eq))
        for groups, eq in zip(rng.integers(2, 6, 49), rng.random(49) < 0.5, strict=True)
    ]


def _many(rng: np.random.Generator, *, equal: bool) -> list[Cells]:
    groups = int(rng.integers(2, 26))
    rates = random_rates(rng, groups, TOLERANCE)
    return [counts(rng, rates, random_sizes(rng, groups, 10_000, equal=equal))]


def _equal(rng: np.random.Generator) -> list[Cells]:
    return _many(rng, equal=True)


def _unequal(rng: np.random.Generator) -> list[Cells]:
    return _many(rng, equal=False)


def _weighted(rng: np.random.Generator) -> list[Cells]:
    groups = int(rng.integers(2, 9))
    rates, sizes = random_rates(rng, groups, TOLERANCE), random_sizes(rng, groups, 8000, equal=True)
    return [weighted(rng, rates, sizes)]


def _outcome_weighted(rng: np.random.Generator) -> list[Cells]:
    """Rows that are not selected weigh three times as much, in tables of mostly selected ones."""
    groups = int(rng.integers(2, 9))
    below = np.zeros(groups)
    below[rng.integers(groups)] = TOLERANCE
    rates = rng.uniform(0.8, 0.98) - below
    return [weighted(rng, rates, random_sizes(rng, groups, 4000, equal=False), rejected=3.0)]


def _some(draw: Draw, verdict: str) -> Callable[[np.random.Generator], bool]:
    """Return a trial: whether some gap of a table gets this verdict."""

    def trial(rng: np.random.Generator) -> bool:
        return any(gap.verdict == verdict for gap in verdicts(draw(rng), rng))

    return trial


def _at_tolerance(id: str, words: str, draw: Draw, n: int, quick: int) -> list[Claim]:
    """Return the two claims about tables whose gaps are exactly as large as the tolerance."""
    return [
        claim(
            f"gaps.{verdict}.{id}", _TOPIC,
            f"{words}, at most 5 % of tables get a wrong {verdict}.",
            f"{_AT} A table counts as wrong where any of its gaps gets one.",
            each(_some(draw, verdict)), unit="tables", n=n, quick=quick, at_most=0.05,
            beside=beside,
        )
        for verdict, beside in (("flag", _FOUND), ("pass", _PASSED))
    ]  # fmt: skip


# ---- through the whole audit


def _rows(
    rng: np.random.Generator, n: int, gap: float, attributes: int
) -> dict[str, npt.NDArray[np.generic]]:
    """Return labelled rows; selection, TPR and FPR differ by ``gap`` in each attribute.

    Attributes are independent of each other and their effects add up, so that each one's own gap
    is exactly ``gap``.
    """
    groups = rng.integers(0, 2, (attributes, n))
    chance = 0.5 + gap * (groups - 0.5).sum(axis=0)
    table: dict[str, npt.NDArray[np.generic]] = {
        "y": rng.integers(0, 2, n),
        "p": (rng.random(n) < chance).astype(np.int64),
    }
    return table | {f"a{i}": own.astype(str) for i, own in enumerate(groups)}


def _whole(verdict: str) -> Callable[[np.random.Generator], bool]:
    def trial(rng: np.random.Generator) -> bool:
        report = audited(
            _rows(rng, 10_000, TOLERANCE, 7), label="y", prediction="p",
            groups=[f"a{i}" for i in range(7)], seed=int(rng.integers(2**31)),
        )  # fmt: skip
        # Precision and accuracy do not differ: to pass them is right.
        apart = [gap for gap in report.gaps if gap.metric not in ("precision", "accuracy")]
        return any(gap.verdict == verdict for gap in apart)

    return trial


def _multiclass(rng: np.random.Generator) -> FairnessReport:
    """Four classes, two attributes; rows of each class are right 10 points more often in one."""
    n, classes = 8000, 4
    groups = rng.integers(0, 2, (2, n))
    label = rng.integers(0, classes, n)
    right = rng.random(n) < 0.6 + TOLERANCE * (groups - 0.5).sum(axis=0)
    wrong = (label + rng.integers(1, classes, n)) % classes
    columns = {
        "y": label, "p": np.where(right, label, wrong),
        "a": groups[0].astype(str), "b": groups[1].astype(str),
    }  # fmt: skip
    return audited(
        columns, label="y", prediction="p", groups=["a", "b"],
        seed=int(rng.integers(2**31)),
    )  # fmt: skip


def _scored(rng: np.random.Generator) -> FairnessReport:
    """Scores whose area under the curve is .80 in one group and .90 in the other two."""
    from scipy.special import ndtr, ndtri

    n = 4000
    group, label = rng.integers(0, 3, n), rng.integers(0, 2, n)
    apart = np.sqrt(2) * ndtri(np.array([0.80, 0.90, 0.90]))[group]
    score = ndtr(rng.standard_normal(n) + apart * (label - 0.5))
    return audited(
        {"y": label, "s": np.round(score, 4), "g": group.astype(str)}, label="y", score="s",
        groups=["g"], gaps=["auc"], seed=int(rng.integers(2**31)),
    )  # fmt: skip


def _reported(
    draw: Callable[[np.random.Generator], FairnessReport], verdict: str
) -> Callable[[np.random.Generator], bool]:
    def trial(rng: np.random.Generator) -> bool:
        return any(gap.verdict == verdict for gap in draw(rng).gaps)

    return trial


def _multiclass_passes(rng: np.random.Generator) -> bool:
    """Whether a gap passes that is as large as the tolerance: all but those of selection rates."""
    gaps = _multiclass(rng).gaps
    return any(gap.verdict == "pass" for gap in gaps if gap.name.base != "selection_rate")


# ---- what must be found, and what intervals hold


def _null(rng: np.random.Generator) -> bool:
    """Whether some gap is flagged where there is none: seven attributes of 2 to 25 groups."""
    groups = rng.integers(2, 26, 7)
    tables = [
        counts(rng, random_rates(rng, size, 0.0), random_sizes(rng, size, 2000, equal=False))
        for size in groups
    ]
    return any(gap.verdict == "flag" for gap in verdicts(tables, rng))


def _planted(rng: np.random.Generator) -> bool:
    """Whether the one large gap among six is flagged."""
    sizes = np.array([1000, 1000])
    gaps = [0.2, 0.0, 0.0, 0.0, 0.0, 0.0]
    tables = [counts(rng, random_rates(rng, 2, gap), sizes) for gap in gaps]
    return verdicts(tables, rng)[0].verdict == "flag"


def _alike(rng: np.random.Generator) -> bool:
    """Whether six attributes without a gap all pass."""
    sizes = np.array([2500, 2500])
    tables = [counts(rng, random_rates(rng, 2, 0.0), sizes) for _ in range(6)]
    return all(gap.verdict == "pass" for gap in verdicts(tables, rng))


def _covers(rng: np.random.Generator) -> bool:
    """Whether the interval holds the largest true gap."""
    groups, true = int(rng.integers(2, 26)), float(rng.uniform(0, 0.4))
    sizes = random_sizes(rng, groups, 4000, equal=bool(rng.random() < 0.5))
    rates = random_rates(rng, groups, true)
    gap: Gap = verdicts([counts(rng, rates, sizes)], rng)[0]
    return gap.low <= true <= gap.high


CLAIMS: tuple[Claim, ...] = (
    *_at_tolerance("6", "Of six gaps", _six, 500, 10),
    *_at_tolerance("49", "Of 49 gaps", _forty_nine, 50, 2),
    *_at_tolerance("equal", "Of 2 to 25 groups of equal size", _equal, 500, 10),
    *_at_tolerance("unequal", "Of 2 to 25 groups of unequal sizes", _unequal, 500, 10),
    *_at_tolerance("weights", "Where rows have weights", _weighted, 500, 10),
    *_at_tolerance(
        "outcome_weights", "Where rows weigh three times as much if they are not selected",
        _outcome_weighted, 500, 10,
    ),
    claim(
        "gaps.flag.audit", _TOPIC,
        "Of the 49 gaps of a whole audit, at most 5 % of tables get a wrong flag.",
        "10 000 rows, seven attributes, seven metrics, from rows on (api.audit_columns); gaps of "
        "selection rate, TPR and FPR are exactly 10 points.", each(_whole("flag")),
        unit="tables", n=80, quick=2, at_most=0.05, beside=_FOUND,
    ),
    claim(
        "gaps.pass.audit", _TOPIC,
        "Of the 49 gaps of a whole audit, at most 5 % of tables get a wrong pass.",
        "The same tables; gaps of precision and accuracy, which do not differ, may pass.",
        each(_whole("pass")), unit="tables", n=80, quick=2, at_most=0.05, beside=_PASSED,
    ),
    claim(
        "gaps.flag.multiclass", _TOPIC,
        "Of the gaps of four classes, at most 5 % of tables get a wrong flag.",
        "8 000 rows, two attributes; accuracy and each class's TPR differ by exactly 10 points.",
        each(_reported(_multiclass, "flag")), unit="tables", n=100, quick=2, at_most=0.05,
        beside=_FOUND,
    ),
    claim(
        "gaps.pass.multiclass", _TOPIC,
        "Of the gaps of four classes, at most 5 % of tables get a wrong pass.",
        "The same tables; gaps of the classes' selection rates, which do not differ, may pass.",
        each(_multiclass_passes), unit="tables", n=100, quick=2, at_most=0.05, beside=_PASSED,
    ),
    claim(
        "gaps.flag.scores", _TOPIC,
        "Of areas under the ROC curve, at most 5 % of tables get a wrong flag.",
        "4 000 normal scores in three groups, whose areas are exactly .80, .90 and .90.",
        each(_reported(_scored, "flag")), unit="tables", n=200, quick=2, at_most=0.05,
        beside=_FOUND,
    ),
    claim(
        "gaps.pass.scores", _TOPIC,
        "Of areas under the ROC curve, at most 5 % of tables get a wrong pass.",
        "The same tables.", each(_reported(_scored, "pass")), unit="tables", n=200, quick=2,
        at_most=0.05, beside=_PASSED,
    ),
    claim(
        "gaps.flag.null", _TOPIC, "Where no groups differ, at most 5 % of tables get a flag.",
        "Seven attributes of 2 to 25 groups of unequal sizes, 2 000 rows, any common rate.",
        each(_null), unit="tables", n=200, quick=5, at_most=0.05, beside=_FOUND,
    ),
    claim(
        _FOUND, _TOPIC,
        "A gap twice as large as is tolerated is flagged in at least 90 % of tables.",
        "One of six attributes has a true gap of 20 points, groups of 1 000.",
        each(_planted), unit="tables", n=200, quick=8, at_least=0.9,
    ),
    claim(
        _PASSED, _TOPIC,
        "Where no groups differ and there are rows enough, at least 90 % of tables pass.",
        "Six attributes of two groups of 2 500, all of which must pass.",
        each(_alike), unit="tables", n=200, quick=8, at_least=0.9,
    ),
    claim(
        "gaps.interval", _TOPIC,
        "The interval of the largest gap holds the true one in at least 95 % of tables.",
        "2 to 25 groups, 4 000 rows, true gaps from 0 to 40 points.",
        each(_covers), unit="tables", n=500, quick=10, at_least=0.95,
    ),
)  # fmt: skip
