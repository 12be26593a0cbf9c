"""Two maps of one source, held against each other.

Maps of different methods have different units, so likeness is measured by what units cannot
change: the order of the pixels (Spearman 1904), the structure of the scaled maps (SSIM, Wang et
al. 2004) and where the strongest tenth lies. Adebayo et al. 2018 (arXiv:1810.03292) compare maps
by the same means. Neighbouring pixels resemble each other, so no p-value is given.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from core.contracts import (
    Agreement,
    Array,
    DifferenceUnit,
    Explanation,
    MapComparison,
    Score,
)
from core.modalities import registry as modalities

__all__ = [
    "AGREE", "PARTLY", "agreement", "compare", "overlap", "pearson", "spearman", "ssim",
]  # fmt: skip

AGREE = 0.7
"""Rank correlation from which two maps largely agree."""
PARTLY = 0.3
"""Rank correlation from which they agree in part."""
_TOP_SHARE = 0.1
_SSIM_WINDOW = 7

_CONSTANT = "One of the maps is the same everywhere, so it has no order to correlate."
_WORDS: dict[Agreement, str] = {
    "agree": "The maps largely agree on what matters more and what less",
    "partly": "The maps agree in part",
    "disagree": "The maps disagree on what matters more and what less",
}


def compare(a: Explanation, b: Explanation) -> MapComparison:
    """Compare two maps of the same source.

    Both maps are laid on one grid over the part of the source that both show, as
    :meth:`core.modalities.base.Modality.align` does. Where one is signed and the other is not, the
    signed one counts by its magnitude.

    Parameters
    ----------
    a, b : Explanation
        Of any model, method or class.

    Returns
    -------
    MapComparison
        The difference is ``a − b``: in the map's own unit if model, method, parameters and layer
        are the same; else each map is first divided by its mean |value| (unit L1 norm a pixel).
        Without scores if the sources differ or the models see no common part.
    """
    if a.seen.modality != b.seen.modality:
        return _nothing(f"One map lies on a {a.seen.modality}, the other on a {b.seen.modality}.")
    laid = modalities.get(a.seen.modality).align(a, b)
    if isinstance(laid, str):
        return _nothing(laid)
    first, second = laid.first, laid.second
    magnitude = a.signed != b.signed
    if magnitude:
        first, second = np.abs(first), np.abs(second)
    scores = _scores(first, second, "of |map|" if magnitude else "of the maps as they are")
    verdict = agreement(scores[0].value)
    difference, unit = _difference(a, b, first, second)
    return MapComparison(scores, verdict, _words(scores, verdict), difference, unit, laid.box)


# ---- measures


def spearman(a: Array, b: Array) -> float | None:
    """Return the rank correlation in [−1, 1], ties by average; ``None`` for a constant map."""
    from scipy.stats import rankdata

    return pearson(rankdata(a).astype(np.float64), rankdata(b).astype(np.float64))


def pearson(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> float | None:
    """Return the linear correlation in [−1, 1]; ``None`` for a constant map."""
    x, y = (np.asarray(v, np.float64).ravel() for v in (a, b))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    # First to size 1, so that tiny values keep their digits when they are squared.
    x, y = ((v - v.mean()) / np.ptp(v) for v in (x, y))
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def ssim(a: Array, b: Array) -> float | None:
    """Return the structural similarity of maps divided by their largest |value|.

    Mean over 7×7 windows, in [−1, 1]; the data range is 2 if a value is negative, else 1. ``None``
    for a constant map and for maps under 7 cells a side.
    """
    from skimage.metrics import structural_similarity

    if np.ptp(a) == 0 or np.ptp(b) == 0 or min(a.shape) < _SSIM_WINDOW:
        return None
    x, y = (v / np.abs(v).max() for v in (a.astype(np.float64), b.astype(np.float64)))
    span = 2.0 if min(x.min(), y.min()) < 0 else 1.0
    return float(structural_similarity(x, y, data_range=span, win_size=_SSIM_WINDOW))


def overlap(a: Array, b: Array) -> float | None:
    """Return the intersection over union of the highest 10 % of both maps, in [0, 1].

    Cells at a map's lowest value never count, so that a map of mostly zeros keeps its few.
    ``None`` for a constant map.
    """
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    x, y = _highest(a), _highest(b)
    return float((x & y).sum() / (x | y).sum())


def _highest(values: Array) -> npt.NDArray[np.bool_]:
    k = max(1, round(_TOP_SHARE * values.size))
    threshold = np.partition(values.ravel(), -k)[-k]
    return cast("npt.NDArray[np.bool_]", (values >= threshold) & (values > values.min()))


def _scores(a: Array, b: Array, which: str) -> tuple[Score, ...]:
    small = f"Needs at least {_SSIM_WINDOW} cells a side; the common grid has {a.shape}."
    no_structure = small if min(a.shape) < _SSIM_WINDOW else _CONSTANT
    grid = f"{which}, on a common grid of {' × '.join(map(str, a.shape))} cells"
    return (
        _score("spearman", spearman(a, b), f"Spearman's rank correlation {grid}", _CONSTANT),
        _score("overlap", overlap(a, b),
               f"intersection over union of the highest 10 % {grid}; 0.05 by chance", _CONSTANT),
        _score("ssim", ssim(a, b),
               f"SSIM, 7×7 windows, each map divided by its largest |value|, {grid}", no_structure),
        _score("pearson", pearson(a, b), f"linear correlation {grid}", _CONSTANT),
    )  # fmt: skip


def _score(metric: str, value: float | None, protocol: str, reason: str) -> Score:
    return Score(
        metric, value, None, None, higher_is_better=None, protocol=protocol,
        reason=reason if value is None else "",
    )  # fmt: skip


# ---- in words


def agreement(correlation: float | None) -> Agreement:
    """Return what a rank correlation says: the thresholds are a convention, not a test."""
    if correlation is None:
        return "unknown"
    if correlation >= AGREE:
        return "agree"
    return "partly" if correlation >= PARTLY else "disagree"


def _words(scores: tuple[Score, ...], verdict: Agreement) -> str:
    correlation, shared = scores[0].value, scores[1].value
    if correlation is None or shared is None:
        return _CONSTANT
    # A true minus sign, as everywhere else.
    number = f"{correlation:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"{_WORDS[verdict]} (rank correlation {number}); their strongest tenths share "
        f"{100 * shared:.0f} % of the area that either covers."
    )


def _nothing(reason: str) -> MapComparison:
    return MapComparison((), "unknown", reason, None, "", None)


# ---- difference


def _difference(
    a: Explanation, b: Explanation, first: Array, second: Array
) -> tuple[Array, DifferenceUnit]:
    if _quantity(a) == _quantity(b):
        return first - second, "raw"
    return _unit_l1(first) - _unit_l1(second), "mean"


def _quantity(explanation: Explanation) -> tuple[object, ...]:
    """Return what decides a map's unit."""
    return (
        explanation.model, explanation.weights_sha256, explanation.method,
        explanation.parameters, explanation.layer,
    )  # fmt: skip


def _unit_l1(values: Array) -> Array:
    mean = np.abs(values).mean(dtype=np.float64)
    return values if mean == 0 else (values / mean).astype(np.float32)
