"""Claims about the intervals of single rates and of differences."""

from __future__ import annotations

import numpy as np

from core.calibration.base import Claim, claim, each
from core.calibration.tables import audited
from core.proportions import newcombe, wilson

__all__ = ["CLAIMS"]

_TOPIC = "Intervals"


def _rate(rng: np.random.Generator) -> bool:
    p, n = rng.random(), int(rng.integers(10, 500))
    low, high = wilson(int(rng.binomial(n, p)), n)
    return bool(low <= p <= high)


def _difference(rng: np.random.Generator) -> bool:
    p, q = rng.random(2)
    n, m = rng.integers(10, 500, 2)
    low, high = newcombe(int(rng.binomial(n, p)), int(n), int(rng.binomial(m, q)), int(m))
    return bool(low <= p - q <= high)


def _area(rng: np.random.Generator) -> bool:
    """Whether the interval of a group's area under the ROC curve holds the true one."""
    from scipy.special import ndtr, ndtri

    n, area = int(rng.integers(60, 500)), rng.uniform(0.55, 0.97)
    label = rng.permutation(np.arange(n) % 2)
    score = ndtr(rng.standard_normal(n) + np.sqrt(2) * ndtri(area) * (label - 0.5))
    report = audited(
        {"y": label, "s": score, "g": np.full(n, "all rows")}, label="y", score="s", groups=["g"],
        gaps=["auc"], seed=int(rng.integers(2**31)),
    )  # fmt: skip
    found = report.overall.rate("all", "auc")
    return found.low <= area <= found.high


CLAIMS: tuple[Claim, ...] = (
    claim(
        "intervals.rate", _TOPIC,
        "The 95 % interval of a rate holds the true one in at least 95 %.",
        "Wilson's; averaged over rates from 0 to 1 and 10 to 500 rows.",
        each(_rate), unit="intervals", n=20_000, quick=500, at_least=0.95,
    ),
    claim(
        "intervals.difference", _TOPIC,
        "The 95 % interval of a difference holds the true one in at least 95 %.",
        "Newcombe's; averaged over both rates from 0 to 1 and 10 to 500 rows each.",
        each(_difference), unit="intervals", n=20_000, quick=500, at_least=0.95,
    ),
    claim(
        "intervals.area", _TOPIC,
        "The 95 % interval of an area under the ROC curve holds the true one in at least 95 %.",
        "Normal scores, true areas from .55 to .97, 60 to 500 rows, through the whole audit.",
        each(_area), unit="intervals", n=300, quick=5, at_least=0.95,
    ),
)  # fmt: skip
