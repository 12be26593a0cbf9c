"""Claims about thresholds by group: what is said of rows held out holds on rows never seen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.calibration.base import Claim, Outcome, Trials, claim
from core.calibration.tables import TOLERANCE, Floats
from core.contracts import Mitigation
from core.fairness.mitigation.mitigate import mitigate
from core.fairness.request.audits import mitigation_request

__all__ = ["CLAIMS"]

_TOPIC = "Fairness: mitigation"
_SHIFT = (0.0, -0.9)
"""Means of the positives' scores: a common threshold finds the second group's far less often."""
_ROWS = 6000


def _mitigated(rng: np.random.Generator, folder: Path, trials: Trials) -> Mitigation:
    """Draw two groups with normal scores, then ask for alike true positive rates."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from scipy.special import ndtr

    group, label = rng.integers(0, 2, _ROWS), rng.integers(0, 2, _ROWS)
    latent = rng.standard_normal(_ROWS) + np.where(label == 1, np.array(_SHIFT)[group], -2.0)
    table = {
        "y": label, "s": np.round(ndtr(latent + 1), 5), "g": np.char.add("g", group.astype(str)),
    }  # fmt: skip
    path = folder / f"{rng.integers(2**62)}.parquet"
    pq.write_table(pa.table(table), path)
    request = mitigation_request(
        path, label="y", score="s", groups=["g"], attribute="g", constraint="tpr",
        gaps=["tpr"], seed=int(rng.integers(2**31)),
    )  # fmt: skip
    return mitigate([request], trials.control)[0]


def _true_gap(thresholds: Floats) -> float:
    """Return the gap of true positive rates over all rows that there could be."""
    from scipy.special import ndtr, ndtri

    rates = ndtr(np.array(_SHIFT) - (ndtri(np.clip(thresholds, 1e-9, 1 - 1e-9)) - 1))
    return float(abs(rates[0] - rates[1]))


def _all(trials: Trials) -> Iterator[tuple[Mitigation, float]]:
    with tempfile.TemporaryDirectory() as folder:
        for rng in trials.generators():
            found = _mitigated(rng, Path(folder), trials)
            yield found, _true_gap(np.array([found.thresholds["g0"], found.thresholds["g1"]]))


def _wrong(trials: Trials) -> Iterator[Outcome]:
    """Yield whether "after" passes on rows held out though the true gap is beyond tolerance.

    Or is flagged though it is within.
    """
    for found, true in _all(trials):
        verdict = found.after.gap("g", "tpr").verdict
        beyond = true > TOLERANCE
        yield (verdict == "pass" and beyond) or (verdict == "flag" and not beyond)


def _interval(trials: Trials) -> Iterator[Outcome]:
    for found, true in _all(trials):
        after = found.after.gap("g", "tpr")
        yield after.low <= true <= after.high


def _helps(trials: Trials) -> Iterator[Outcome]:
    before = _true_gap(np.array([0.5, 0.5]))
    for found, true in _all(trials):
        flagged = found.before.gap("g", "tpr").verdict == "flag"
        yield flagged and true < before / 2


_HOW = (
    "6 000 rows of two groups with normal scores; half make the thresholds, half judge them. The "
    "true gap over all rows there could be is known from the normal distribution."
)
CLAIMS: tuple[Claim, ...] = (
    claim(
        "mitigation.wrong", _TOPIC,
        "The verdict after mitigation is wrong about rows never seen in at most 5 % of tables.",
        _HOW, _wrong, unit="tables", n=200, quick=4, at_most=0.05, beside="mitigation.helps",
    ),
    claim(
        "mitigation.interval", _TOPIC,
        "The interval after mitigation holds the true gap of rows never seen in at least 95 %.",
        _HOW, _interval, unit="tables", n=100, quick=3, at_least=0.95,
    ),
    claim(
        "mitigation.helps", _TOPIC,
        "A flagged gap is more than halved, on rows never seen, in at least 90 % of tables.",
        f"{_HOW} Before, it is 33 points.", _helps, unit="tables", n=100, quick=3, at_least=0.9,
    ),
)  # fmt: skip
