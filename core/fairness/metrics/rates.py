"""Rates: a count divided by a count, each with its k, its n and Wilson's interval."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.fairness.metrics.base import Proportion

__all__ = ["RATES"]

Floats = npt.NDArray[np.float64]


def _all(c: Floats) -> Floats:
    return c.sum(axis=(-2, -1))


def _right(c: Floats) -> Floats:
    return np.trace(c, axis1=-2, axis2=-1)


def _positives(c: Floats) -> Floats:
    return c[..., 1, :].sum(axis=-1)


def _negatives(c: Floats) -> Floats:
    return c[..., 0, :].sum(axis=-1)


def _selected(c: Floats) -> Floats:
    return c[..., :, 1].sum(axis=-1)


def _rejected(c: Floats) -> Floats:
    return c[..., :, 0].sum(axis=-1)


RATES = (
    Proportion(
        id="base_rate",
        name="Base rate",
        summary="Positives among all rows: what the data say, whatever the model says.",
        undefined="no rows",
        higher_is_better=None,
        numerator=_positives,
        denominator=_all,
        noun="rows",
        event="are positive",
    ),
    Proportion(
        id="selection_rate",
        name="Selection rate",
        summary="Predicted positives among all rows.",
        undefined="no rows",
        higher_is_better=None,
        needs_labels=False,
        numerator=_selected,
        denominator=_all,
        noun="rows",
        event="are selected",
    ),
    Proportion(
        id="tpr",
        name="True positive rate",
        summary="Of the positives, those that the model finds (recall, sensitivity).",
        undefined="no positives",
        higher_is_better=True,
        numerator=lambda c: c[..., 1, 1],
        denominator=_positives,
        noun="positives",
        event="are found",
    ),
    Proportion(
        id="fpr",
        name="False positive rate",
        summary="Of the negatives, those that the model takes for positive.",
        undefined="no negatives",
        higher_is_better=False,
        numerator=lambda c: c[..., 0, 1],
        denominator=_negatives,
        noun="negatives",
        event="are taken for positive",
    ),
    Proportion(
        id="tnr",
        name="True negative rate",
        summary="Of the negatives, those that the model recognises (specificity).",
        undefined="no negatives",
        higher_is_better=True,
        numerator=lambda c: c[..., 0, 0],
        denominator=_negatives,
        noun="negatives",
        event="are recognised",
    ),
    Proportion(
        id="fnr",
        name="False negative rate",
        summary="Of the positives, those that the model misses.",
        undefined="no positives",
        higher_is_better=False,
        numerator=lambda c: c[..., 1, 0],
        denominator=_positives,
        noun="positives",
        event="are missed",
    ),
    Proportion(
        id="precision",
        name="Precision",
        summary="Of the predicted positives, those that are positive.",
        undefined="no predicted positives",
        higher_is_better=True,
        numerator=lambda c: c[..., 1, 1],
        denominator=_selected,
        noun="predicted positives",
        event="are positive",
    ),
    Proportion(
        id="npv",
        name="Negative predictive value",
        summary="Of the predicted negatives, those that are negative.",
        undefined="no predicted negatives",
        higher_is_better=True,
        numerator=lambda c: c[..., 0, 0],
        denominator=_rejected,
        noun="predicted negatives",
        event="are negative",
    ),
    Proportion(
        id="fdr",
        name="False discovery rate",
        summary="Of the predicted positives, those that are negative.",
        undefined="no predicted positives",
        higher_is_better=False,
        numerator=lambda c: c[..., 0, 1],
        denominator=_selected,
        noun="predicted positives",
        event="are negative",
    ),
    Proportion(
        id="for",
        name="False omission rate",
        summary="Of the predicted negatives, those that are positive.",
        undefined="no predicted negatives",
        higher_is_better=False,
        numerator=lambda c: c[..., 1, 0],
        denominator=_rejected,
        noun="predicted negatives",
        event="are positive",
    ),
    Proportion(
        id="accuracy",
        name="Accuracy",
        summary="Of all rows, those that are classified right.",
        undefined="no rows",
        higher_is_better=True,
        tasks="any",
        numerator=_right,
        denominator=_all,
        noun="rows",
        event="are classified right",
    ),
)
