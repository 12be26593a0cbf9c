"""Rules that decide anew, from scores and groups, so that groups are treated more alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.contracts import Constraint, Mitigator, ScoreCurves, count_text, exactly
from core.errors import CapabilityError, InputError
from core.fairness.counting.row_codes import RowCodes
from core.fairness.counting.scores import CURVE_POINTS
from core.fairness.gaps.specs import get_gap
from core.fairness.mitigation.thresholds import parity_cost

__all__ = ["RULES", "Rule"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_FAIRLEARN = {
    "selection_rate": "demographic_parity",
    "tpr": "true_positive_rate_parity",
    "fpr": "false_positive_rate_parity",
    "equalized_odds": "equalized_odds",
}


_SHOWN = 4


class Rule(Protocol):
    """What decides."""

    @property
    def thresholds(self) -> dict[str, float]:
        """For each group the score from which it is selected; empty for a randomised rule."""

    @property
    def never(self) -> dict[str, str]:
        """Groups of which nobody is selected, with the reason."""

    @property
    def words(self) -> str:
        """What decides, in a sentence."""

    def decide(self, rows: RowCodes, attribute: str, *, seed: int) -> Integers:
        """Return 0 or 1 for each row."""


@dataclass(frozen=True)
class _Thresholds:
    """A threshold for each group; rows of other groups keep the table's own."""

    thresholds: dict[str, float]
    never: dict[str, str]
    other: float
    words: str

    def decide(self, rows: RowCodes, attribute: str, *, seed: int) -> Integers:
        del seed
        names, codes = rows.groups[attribute]
        at = np.array([self.thresholds.get(name, self.other) for name in names])
        return (rows.score >= at[codes]).astype(np.int64)


def _group_thresholds(
    rows: RowCodes, attribute: str, constraint: Constraint, *, tolerance: float
) -> Rule:
    if constraint == "equalized_odds":
        raise InputError(
            "One threshold for each group can equalise one rate, not two. Choose a single rate "
            "(--constraint tpr), or Fairlearn's ThresholdOptimizer (--mitigator "
            "threshold_optimizer)."
        )
    found = parity_cost(_curves(rows, attribute), constraint, allowed=[tolerance])
    thresholds = dict(zip(found.groups, found.thresholds[0].tolist(), strict=True))
    return _Thresholds(
        thresholds,
        {
            group: _why_never(rows, attribute, group, tolerance)
            for group, from_here in thresholds.items()
            if not np.isfinite(from_here)
        },
        rows.threshold,
        f"A threshold for each group: the best accuracy at a gap of at most {100 * tolerance:g} "
        f"points ({get_gap(constraint).name}), on the rows it was made from."
        + _kept(rows, attribute, thresholds),
    )


def _kept(rows: RowCodes, attribute: str, thresholds: Mapping[str, float]) -> str:
    """Say which groups have no rows to make a threshold from."""
    left = [name for name in rows.groups[attribute][0] if name not in thresholds]
    if not left:
        return ""
    named = ", ".join(left[:_SHOWN]) + (", …" if len(left) > _SHOWN else "")
    return f" Groups without rows there keep the threshold {exactly(rows.threshold)}: {named}."


def _why_never(rows: RowCodes, attribute: str, group: str, tolerance: float) -> str:
    """Say why the best accuracy is where nobody of a group is selected."""
    own = rows.names(attribute) == group
    n, positives = int(own.sum()), int(rows.label[own].sum())
    if not positives:
        return f"none of its {count_text(n, 'row')} is positive, so every selection would be wrong"
    return (
        f"{positives} of its {count_text(n, 'row')} are positive, and at a gap of at most "
        f"{100 * tolerance:g} "
        "points no threshold is right more often over all groups than one that none of its scores "
        "reaches"
    )


def _curves(rows: RowCodes, attribute: str) -> ScoreCurves:
    """Return what each threshold leads to, from rows."""
    names, codes = rows.groups[attribute]
    scores = np.unique(rows.score)
    if len(scores) > CURVE_POINTS:
        scores = np.unique(np.quantile(rows.score, np.arange(CURVE_POINTS) / CURVE_POINTS,
                                       method="inverted_cdf"))  # fmt: skip
    step = np.searchsorted(scores, rows.score, side="right") - 1
    shape = (2, len(names), len(scores))
    flat = np.ravel_multi_index((rows.label, codes, step), shape)
    at = np.bincount(flat, weights=rows.weight, minlength=int(np.prod(shape))).reshape(shape)
    reached = np.cumsum(at[..., ::-1], axis=-1)[..., ::-1]
    total = np.bincount(codes, weights=rows.weight, minlength=len(names))
    squares = np.bincount(codes, weights=rows.weight**2, minlength=len(names))
    there = total > 0
    return ScoreCurves(
        attribute=attribute,
        groups=tuple(name for name, held in zip(names, there, strict=True) if held),
        thresholds=scores,
        true_positives=reached[1][there],
        false_positives=reached[0][there],
        positives=at[1].sum(axis=-1)[there],
        negatives=at[0].sum(axis=-1)[there],
        thinning=(squares[there] / total[there]),
    )


@dataclass(frozen=True)
class _Randomised:
    """Fairlearn's rule: between two thresholds, a coin of each group's own decides."""

    optimizer: Any
    known: frozenset[str]
    other: float
    words: str

    @property
    def thresholds(self) -> dict[str, float]:
        return {}

    @property
    def never(self) -> dict[str, str]:
        return {}

    def decide(self, rows: RowCodes, attribute: str, *, seed: int) -> Integers:
        names = rows.names(attribute)
        decided = (rows.score >= self.other).astype(np.int64)
        known = np.isin(names, list(self.known))
        decided[known] = self.optimizer.predict(
            rows.score[known, None], sensitive_features=names[known], random_state=seed
        )
        return decided


def _threshold_optimizer(
    rows: RowCodes, attribute: str, constraint: Constraint, *, tolerance: float
) -> Rule:
    del tolerance
    try:
        from fairlearn.postprocessing import ThresholdOptimizer
    except ImportError as error:
        raise CapabilityError(
            "The mitigator threshold_optimizer is Fairlearn's, which is not installed: "
            "pip install fairlearn. The mitigator group_thresholds needs nothing."
        ) from error
    if not (rows.weight == 1).all():
        raise CapabilityError(
            "Fairlearn's ThresholdOptimizer takes no weights. Leave them out (--weights), or "
            "choose the mitigator group_thresholds."
        )
    names = rows.names(attribute)
    for name in rows.groups[attribute][0]:
        of_group = rows.label[names == name]
        if len(of_group) and of_group.min() == of_group.max():
            raise InputError(
                f"Fairlearn's ThresholdOptimizer needs both classes in every group; {attribute} = "
                f"{name} has {rows.classes[of_group[0]]!r} alone. Leave those rows out, or choose "
                "the mitigator group_thresholds."
            )
    optimizer = ThresholdOptimizer(
        estimator=_given_scores(),
        constraints=_FAIRLEARN[constraint],
        objective="accuracy_score",
        prefit=True,
        predict_method="predict_proba",
    )
    optimizer.fit(rows.score[:, None], rows.label, sensitive_features=names)
    return _Randomised(
        optimizer,
        frozenset(names.tolist()),
        rows.threshold,
        "Fairlearn's ThresholdOptimizer: in each group, two thresholds and a coin between them "
        f"({_FAIRLEARN[constraint]}; Hardt et al. 2016, arXiv:1610.02413).",
    )


def _given_scores() -> Any:
    """Return the table's scores as a fitted classifier, as Fairlearn asks for one."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class GivenScores(ClassifierMixin, BaseEstimator):
        def __init__(self) -> None:
            self.classes_ = np.array([0, 1])

        def fit(self, x: Floats, y: Integers) -> GivenScores:
            del x, y
            return self

        def predict_proba(self, x: Floats) -> Floats:
            return np.column_stack([1 - x[:, 0], x[:, 0]])

    return GivenScores()


RULES: Mapping[Mitigator, Callable[..., Rule]] = {
    "group_thresholds": _group_thresholds,
    "threshold_optimizer": _threshold_optimizer,
}
"""From rows, attribute and constraint to a rule; the option is ``tolerance``."""
