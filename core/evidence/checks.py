"""Verdicts of the evidence card: figures against the thresholds of :mod:`core.evidence.thresholds`.

A verdict is ``unclear`` where what was measured does not decide, ``unknown`` where nothing was
measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from core.contracts import Array, Check, Score, Verdict
from core.evidence.base import EvaluatedMap
from core.evidence.controls import Measured
from core.evidence.curves import MODES, Mode
from core.evidence.thresholds import (
    CONTROL_LEAD,
    SMALLEST_ROOM,
    STABILITY_SPEARMAN,
)
from core.modalities.base import Modality

__all__ = ["beats_controls", "checks", "stability"]

_STABILITY = ("input_stability", "seed_stability")
_CONTROLS_PROTOCOL = (
    "Area under insertion less area under deletion, against {controls}; same protocol. A perfect "
    "map would find the whole {source}'s probability at once, and lose at once all that removing "
    "every {site} loses. Pass: above all controls, by {lead:.0%} of what the best of them leaves "
    "to that. Fail: no better than {random} on average. Else unclear. A pass does not say that "
    "the map lies on the object. {measured}"
)


def checks(
    evaluated: EvaluatedMap, scores: Sequence[Score], measured: Mapping[Mode, Measured]
) -> tuple[Check, ...]:
    """Return the checks that the metrics measured allow."""
    by_id = {score.metric: score for score in scores}
    found = []
    if {"deletion", "insertion"} <= by_id.keys():
        reason = by_id["deletion"].reason or by_id["insertion"].reason
        found.append(beats_controls(evaluated, measured, reason=reason))
    found += [stability(by_id[id]) for id in _STABILITY if id in by_id][:1]
    return tuple(found)


# ---- against maps that know nothing of the model


def beats_controls(
    evaluated: EvaluatedMap, measured: Mapping[Mode, Measured], *, reason: str = ""
) -> Check:
    """Judge both curves together against all controls at once.

    One curve alone is a weak judge of one picture. ``reason`` says why curves are missing, if any
    are.
    """
    reason = reason or _no_question(evaluated)
    if reason or len(measured) < len(MODES):
        words = f"Not measured: {reason or 'it takes both curves'}."
        return Check("beats_controls", "unknown", None, None, words, _protocol(evaluated.modality))
    deletion, insertion = measured["deletion"], measured["insertion"]
    found = insertion.map.auc - deletion.map.auc
    controls = {id: insertion.areas[id] - area for id, area in deletion.areas.items()}
    best = max(controls, key=lambda id: controls[id])
    room = float(deletion.map.scores[0] - deletion.map.scores[-1]) - controls[best]
    to_beat = controls[best] + CONTROL_LEAD * max(room, 0.0)
    random = [each.id for each in evaluated.modality.controls if each.family == "random"]
    blocks = float(np.mean([controls[id] for id in random]))
    verdict: Verdict = "pass" if found > to_beat else "fail" if found <= blocks else "unclear"
    if doubt := _undecided(evaluated.modality, deletion.map.scores, room):
        verdict, said = "unclear", doubt
    elif verdict == "unclear":
        said = _doubt(evaluated.modality, found, controls[best], best)
    else:
        modality = evaluated.modality
        said = _SAID[verdict].format(controls=_controls(modality), site=modality.site)
    passes = "" if doubt else f"; from {to_beat:z.2f} on it passes"
    words = (
        f"{said}: insertion less deletion {found:z.2f}, "
        f"{evaluated.modality.families['random']} {blocks:z.2f}, the best of "
        f"the {len(controls)} ({_family(evaluated.modality, best)}) {controls[best]:z.2f}{passes}."
    )
    return Check("beats_controls", verdict, found, to_beat, words, _protocol(evaluated.modality))


_SAID: dict[str, str] = {
    "pass": "The map ranks {site}s that matter to this model above {controls}",
    "fail": "Blocks drawn at random do as well",
}


def _protocol(modality: Modality) -> str:
    return _CONTROLS_PROTOCOL.format(
        controls=_controls(modality), lead=CONTROL_LEAD, random=modality.families["random"],
        measured=modality.measured, source=modality.source, site=modality.site,
    )  # fmt: skip


def _controls(modality: Modality) -> str:
    """Return what has to be beaten: ``11 maps that know nothing of it (3 × random blocks, …)``."""
    counts = Counter(control.family for control in modality.controls)
    kinds = [
        words if counts[family] == 1 else f"{counts[family]} × {words}"
        for family, words in modality.families.items()
    ]
    return f"{len(modality.controls)} maps that know nothing of it ({', '.join(kinds)})"


def _family(modality: Modality, id: str) -> str:
    return modality.families[next(each.family for each in modality.controls if each.id == id)]


def _doubt(modality: Modality, found: float, best: float, id: str) -> str:
    if best >= found:
        known = f"a map that knows nothing does as well ({_family(modality, id)})"
        return f"Better than {modality.families['random']}, but {known}"
    return "Above every map that knows nothing, but by no more than another of them might be"


def _no_question(evaluated: EvaluatedMap) -> str:
    """Return why no map of this picture, or not this map, could be judged; empty if it can."""
    if np.ptp(evaluated.map) == 0:
        site = evaluated.modality.site
        return f"the map has the same value everywhere: it ranks no {site} above another"
    return evaluated.modality.no_question(evaluated.input)


def _undecided(modality: Modality, deletion: Array, room: float) -> str:
    """Return why the curves decide nothing, whatever their areas; empty if they do.

    ``room`` is what the best control leaves to a perfect map.
    """
    whole, nothing = float(deletion[0]), float(deletion[-1])
    if whole - nothing < SMALLEST_ROOM:
        return (
            f"The prediction hardly moves: {whole:.1%} with the whole {modality.source}, "
            f"{nothing:.1%} with every {modality.site} removed"
        )
    return _NO_ROOM if room < SMALLEST_ROOM else ""


_NO_ROOM = "A map that knows nothing does as well here as any could"


# ---- stability


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
