"""A smaller model held against its twin, on the same pictures and in the same process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from core.compression.calibration_data import CalibrationData
from core.contracts import Array, Evaluation
from core.data.evaluate import evaluate_arrays
from core.models.forward import Forward
from core.models.runtime import Runtime

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["Comparison", "compare_compressed"]

_TIMED = 30
"""Timed passes of each side, in turn, so that a slow moment is slow for both."""
_MILLI = 1e3
Logits = Callable[[Array], Array]


@dataclass(frozen=True)
class Comparison:
    """What came of it.

    Parameters
    ----------
    test, twin_test : Evaluation or None
        Of the smaller model and of its twin; ``None`` without labels.
    facts : dict
        ``agreement``: share of equal answers; ``mean_abs_dp``: mean |Δ probability| over pictures
        and classes; ``lost``, ``gained``: pictures that only the twin, or only the smaller model,
        gets right; latencies in milliseconds for a picture, both through OpenVINO on the CPU.
    """

    test: Evaluation | None
    twin_test: Evaluation | None
    facts: dict[str, float | int | str | bool]


def compare_compressed(
    twin: Runtime, small: Forward, calibration_data: CalibrationData, control: Control
) -> Comparison:
    """Compare a smaller model with its twin.

    Raises
    ------
    Cancelled
        Between chunks of pictures.
    """

    def smaller(batch: Array) -> Array:
        return small.run(batch, ("logits",))[0]

    large = twin.exported()

    def larger(batch: Array) -> Array:
        return large.run(batch, ("logits",))[0]

    pictures = calibration_data.evaluation
    before, after, done = [], [], 0
    for chunk in pictures.chunks():
        control.check()
        if not done:
            milliseconds = _latencies(chunk[:1], larger, smaller)
        before.append(larger(chunk))
        after.append(smaller(chunk))
        done += len(chunk)
        control.progress(done / len(pictures))
    logits = np.concatenate(before), np.concatenate(after)
    said, says = (each.argmax(axis=1) for each in logits)
    p, q = (np.asarray(softmax(each, axis=1), np.float32) for each in logits)
    facts: dict[str, float | int | str | bool] = {
        "compared_pictures": done,
        "agreement": float((said == says).mean()),
        "mean_abs_dp": float(np.abs(p - q).mean()),
        "largest_dlogit": float(np.abs(logits[0] - logits[1]).max()),
        "latency_ms_before": milliseconds[0],
        "latency_ms_after": milliseconds[1],
    }
    if calibration_data.labels is None:
        return Comparison(None, None, facts)
    right, still = said == calibration_data.labels, says == calibration_data.labels
    facts |= {"lost": int((right & ~still).sum()), "gained": int((~right & still).sum())}
    twin_test, test = (
        evaluate_arrays("test", calibration_data.labels, each, calibration_data.groups)
        for each in (p, q)
    )
    facts |= {"accuracy_before": twin_test.accuracy, "accuracy_after": test.accuracy}
    return Comparison(test, twin_test, facts)


def _latencies(picture: Array, *sides: Logits) -> tuple[float, ...]:
    """Return the median milliseconds of one picture for each side."""
    taken: list[list[float]] = [[] for _ in sides]
    for side in sides:
        side(picture)
    for _ in range(_TIMED):
        for side, seconds in zip(sides, taken, strict=True):
            began = time.perf_counter()
            side(picture)
            seconds.append(time.perf_counter() - began)
    return tuple(_MILLI * median(seconds) for seconds in taken)
