"""Claims about "beats controls": maps that know nothing do not pass, maps of what decides do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from core.calibration.base import Claim, Measure, Outcome, Trials, claim
from core.calibration.pictures import judged, photographs, portraits
from core.contracts import Array
from core.evidence.base import EvaluatedMap
from core.modalities.picture.uninformed_maps import FAMILIES, Family
from core.saliency.base import Problem
from core.saliency.registry import METHODS

__all__ = ["CLAIMS", "explained"]

_TOPIC = "Evidence: beats controls"
_PHOTOGRAPHS = "a folder of photographs"
Source = Callable[[Trials], Iterator[EvaluatedMap]]


def _passes(source: Source, model: str, draw: Callable[[EvaluatedMap, Trials], Array]) -> Measure:
    """Return the measure of how often a kind of map passes."""

    def measure(trials: Trials) -> Iterator[Outcome]:
        for evaluated in source(trials):
            values = draw(evaluated, trials)
            verdict = judged(evaluated, {"map": values}, model=model)["map"]
            yield None if verdict == "unknown" else verdict == "pass"

    return measure


def _of_family(family: Family) -> Callable[[EvaluatedMap, Trials], Array]:
    def draw(evaluated: EvaluatedMap, trials: Trials) -> Array:
        picture = np.frombuffer(evaluated.input.tobytes()[:4096], np.uint8)
        rng = np.random.default_rng([trials.seed, *picture[::64].tolist()])
        return family.draw(evaluated.input, rng)

    return draw


def explained(evaluated: EvaluatedMap, method: str) -> Array:
    """Return the map of a method with its defaults."""
    chosen = METHODS.find(method)
    problem = Problem(
        evaluated.passes, evaluated.input[None], evaluated.direction[None], None, evaluated.seed,
        evaluated.control, evaluated.modality,
    )  # fmt: skip
    declared = evaluated.modality.parameters(chosen.parameters)
    return chosen().explain(problem, {p.name: p.default for p in declared})[0].map


def _anothers(source: Source, model: str) -> Measure:
    """Return the measure of maps that explain another picture: Grad-CAM of the one before."""

    def measure(trials: Trials) -> Iterator[Outcome]:
        before: Array | None = None
        for evaluated in source(trials):
            if before is None:
                yield None
            else:
                verdict = judged(evaluated, {"map": before}, model=model)["map"]
                yield None if verdict == "unknown" else verdict == "pass"
            before = explained(evaluated, "gradcam")

    return measure


def _family_claims(
    source: Source, model: str, where: str, how: str, needs: str, n: int, quick: int, beside: str
) -> list[Claim]:
    names: Mapping[str, Family] = FAMILIES
    found = [
        claim(
            f"maps.{where}.{id}", _TOPIC,
            f"Maps that know nothing ({family.words}) pass on at most 5 % of {where}.",
            how, _passes(source, model, _of_family(family)), unit=where, n=n, quick=quick,
            at_most=0.05, beside=beside, needs=needs,
        )
        for id, family in names.items()
    ]  # fmt: skip
    found.append(
        claim(
            f"maps.{where}.another", _TOPIC,
            f"Maps of another picture (its Grad-CAM) pass on at most 5 % of {where}.",
            how, _anothers(source, model), unit=where, n=n, quick=quick, at_most=0.05,
            beside=beside, needs=needs,
        )
    )  # fmt: skip
    return found


CLAIMS: tuple[Claim, ...] = (
    *_family_claims(
        portraits, "portraits_fair", "portraits",
        "Faces that no rule was made on; portraits_fair, the class that it predicts.",
        "", 200, 10, "planted.patch.pass",
    ),
    *_family_claims(
        photographs, "efficientnet_lite0", "photographs",
        "Pictures that no rule was made on; EfficientNet-Lite0, the class that it predicts.",
        _PHOTOGRAPHS, 100, 6, "planted.patch.pass",
    ),
)  # fmt: skip
