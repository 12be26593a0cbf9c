"""Verdicts of the evidence card: figures against the thresholds of :mod:`core.evidence.thresholds`.

A verdict is ``unclear`` where the interval covers the threshold, ``unknown`` where nothing was
measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.contracts import Check, Score, Verdict
from core.evidence.controls import N_DRAWS, Measured
from core.evidence.curves import MODES, Mode
from core.evidence.thresholds import CONTROL_CONFIDENCE, STABILITY_SPEARMAN

__all__ = ["beats_controls", "checks", "random_reach", "stability"]

_STABILITY = ("input_stability", "seed_stability")
_CONTROLS_PROTOCOL = (
    "Area under insertion less area under deletion, against random blocks and the picture's edges, "
    "same protocol. Pass: above the edges, and above what one more random map surpasses once in "
    "{odds:.0f} times (Student's t over {n} draws). Fail: no better than the mean random map. Else "
    "unclear."
)


def checks(scores: Sequence[Score], measured: Mapping[Mode, Measured]) -> tuple[Check, ...]:
    """Return the checks that the metrics measured allow."""
    by_id = {score.metric: score for score in scores}
    found = []
    if {"deletion", "insertion"} <= by_id.keys():
        found.append(beats_controls(by_id, measured))
    found += [stability(by_id[id]) for id in _STABILITY if id in by_id][:1]
    return tuple(found)


def random_reach(draws: Sequence[float]) -> float:
    """Return what one more random map surpasses once in twenty times.

    The one-sided prediction interval of Student's t: mean + t·s·√(1 + 1/n).
    """
    from scipy.stats import t

    n = len(draws)
    spread = float(np.std(draws, ddof=1)) * (1 + 1 / n) ** 0.5
    return float(np.mean(draws)) + float(t.ppf(CONTROL_CONFIDENCE, n - 1)) * spread


def beats_controls(scores: Mapping[str, Score], measured: Mapping[Mode, Measured]) -> Check:
    """Judge both curves together against both controls.

    One curve alone is a weak judge of one picture: of 40 pictures of the ImageNet sample, Grad-CAM
    passed 3 where each curve had to clear both controls, and 19 by their difference (2 failed); of
    7 × 40 random maps 9 passed.
    """
    protocol = _CONTROLS_PROTOCOL.format(odds=1 / (1 - CONTROL_CONFIDENCE), n=N_DRAWS)
    if len(measured) < len(MODES):
        reason = scores["deletion"].reason or scores["insertion"].reason
        words = f"Not measured: {reason}."
        return Check("beats_controls", "unknown", None, None, words, protocol)
    deletion, insertion = measured["deletion"], measured["insertion"]
    found = insertion.map.auc - deletion.map.auc
    edges = insertion.edges.auc - deletion.edges.auc
    draws = [put - gone for put, gone in zip(insertion.draws, deletion.draws, strict=True)]
    mean = float(np.mean(draws))
    to_beat = max(edges, random_reach(draws))
    verdict: Verdict = "pass" if found > to_beat else "fail" if found <= mean else "unclear"
    said = _BEATS[verdict] if verdict != "unclear" else _doubt(found, edges)
    words = (
        f"{said}: insertion less deletion {found:.2f}, random blocks {mean:.2f}, edges "
        f"{edges:.2f}; from {to_beat:.2f} on it passes."
    )
    return Check("beats_controls", verdict, found, to_beat, words, protocol)


_BEATS: dict[str, str] = {
    "pass": "The map finds what the model uses better than maps that know nothing of it",
    "fail": "Blocks drawn at random do as well",
}


def _doubt(found: float, edges: float) -> str:
    if edges >= found:
        return "Better than blocks drawn at random, but the picture's edges do as well"
    return "Better than most blocks drawn at random, but a lucky draw could get as far"


def stability(score: Score) -> Check:
    """Judge how alike the map stays."""
    threshold = STABILITY_SPEARMAN
    if score.value is None:
        words = f"Not measured: {score.reason}."
        return Check("stability", "unknown", None, threshold, words, score.protocol)
    low = score.value if score.low is None else score.low
    high = score.value if score.high is None else score.high
    verdict: Verdict = "pass" if low >= threshold else "fail" if high < threshold else "unclear"
    what = "faint noise" if score.metric == "input_stability" else "another seed"
    said = {
        "pass": f"The map keeps its ranking under {what}",
        "fail": f"The map changes under {what}, though what is seen does not",
        "unclear": f"The map may change under {what}: the interval covers the threshold",
    }[verdict]
    words = f"{said}: rank correlation {score.value:.2f} (threshold {threshold:g})."
    return Check("stability", verdict, score.value, threshold, words, score.protocol)
