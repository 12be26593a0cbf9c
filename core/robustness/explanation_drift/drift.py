"""The work behind an :class:`~core.contracts.ExplanationDriftRequest`: one picture, growing ε.

Maps can be moved where decisions stay, and stay where decisions turn (Ghorbani et al. 2019,
arXiv:1710.10547): so both are followed along the same attack, with what the map is worth.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from core.comparison.compare import agreement, overlap, spearman, ssim
from core.comparison.drift import maps_along
from core.contracts import (
    Agreement,
    Array,
    ClassScore,
    ExplanationDrift,
    ExplanationDriftRequest,
    ExplanationStep,
    Norm,
)
from core.control import Control, PartControl
from core.errors import InputError
from core.evidence.base import EvaluatedMap
from core.evidence.curves import measure_curves
from core.evidence.deletion import Deletion, Insertion
from core.evidence.passes import CountedPasses
from core.models.runtime import Runtime, runtime_of
from core.robustness.attacked_sample import refuse_probabilities
from core.robustness.attacks.goals import AttackGoal
from core.robustness.attacks.registry import ATTACKS
from core.robustness.explanation_drift.adversarial_path import adversarial_path
from core.saliency.registry import METHODS

if TYPE_CHECKING:
    from core.robustness.attacks.base import Passes

__all__ = ["explanation_drift"]

_TOP = 5
_ATTACKED, _MAPPED = 0.5, 0.85
"""Shares of the progress at which the attack and the maps are done."""
_AGREES: dict[Agreement, str] = {
    "agree": "largely agrees with",
    "partly": "agrees in part with",
    "disagree": "disagrees with",
}


def explanation_drift(
    requests: Sequence[ExplanationDriftRequest], control: Control
) -> list[ExplanationDrift]:
    """Attack the picture of each request with every ε, and explain what came of it.

    Raises
    ------
    CapabilityError
        If the model returns probabilities.
    InputError
        If the picture is taken for the class that the attack is after.
    Cancelled
        Between passes, when the work was stopped.
    """
    return [_one(request, control) for request in requests]


def _one(request: ExplanationDriftRequest, control: Control) -> ExplanationDrift:
    model = runtime_of(request)
    if ATTACKS.find(request.attack).needs_gradients or METHODS.find(request.method).needs_gradients:
        control.progress(0.0, "loading the model")
        model.network()
    began = time.perf_counter()
    original = request.input.tensor()
    logits = model.logits(original[None])
    refuse_probabilities(logits, request.model.id)
    predicted = int(logits[0].argmax())
    if AttackGoal.parse(request.towards).index == predicted:
        raise InputError(
            f"The picture is taken for {model.classes.labels[predicted]} already: choose another "
            "class for the attack to be after."
        )
    target = predicted if request.target is None else request.target
    name = ATTACKS.find(request.attack).name
    frames = adversarial_path(
        _passes(model), original, predicted, request,
        PartControl(control, 0.02, _ATTACKED, f"{name} with growing ε"),
    )  # fmt: skip
    part = PartControl(control, _ATTACKED, _MAPPED, "a map at every ε")
    found = maps_along(request, model, frames, target, part)
    maps = np.stack([each.map for each in found]).astype(np.float32)
    part = PartControl(control, _MAPPED, 1.0, "deletion and insertion at every ε")
    return _result(request, model, predicted, target, frames, maps, part, began)


def _passes(model: Runtime) -> Passes:
    # They load TensorFlow, which whoever asks for this room's names need not have.
    from core.robustness.passes import AttackPasses

    return AttackPasses(model)


def _result(
    request: ExplanationDriftRequest, model: Runtime, predicted: int, target: int, frames: Array,
    maps: Array, control: Control, began: float,
) -> ExplanationDrift:  # fmt: skip
    probabilities = softmax(model.logits(frames).astype(np.float64), axis=1)
    epsilons = (0.0, *request.epsilons)
    samples = [
        _subject(model, frame, map, target, request.seed, control)
        for frame, map in zip(frames, maps, strict=True)
    ]
    sizes = _sizes(request.norm, frames)
    steps = []
    for i, sample in enumerate(samples):
        control.progress(i / len(samples))
        curves = measure_curves(sample, {"map": maps[i]})
        steps.append(
            ExplanationStep(
                eps=float(epsilons[i]),
                distance=float(sizes[i]),
                top=_top(model, probabilities[i]),
                predicted_probability=float(probabilities[i, predicted]),
                target_probability=float(probabilities[i, target]),
                spearman=spearman(maps[0], maps[i]),
                ssim=ssim(maps[0], maps[i]),
                overlap=overlap(maps[0], maps[i]),
                deletion=curves["map", "deletion"].auc,
                insertion=curves["map", "insertion"].auc,
            )
        )
    winners = probabilities.argmax(axis=1)
    turned = np.flatnonzero(winners != predicted)
    flip = int(turned[0]) if turned.size else None
    method = METHODS.find(request.method)
    return ExplanationDrift(
        **model.provenance(request),
        seconds=time.perf_counter() - began,
        attack=request.attack,
        attack_parameters=request.attack_parameters,
        norm=request.norm,
        method=request.method,
        parameters=request.parameters,
        layer=model.layer(request.layer) if method.uses_layer else None,
        predicted=model.classes.ref(predicted),
        target=model.classes.ref(target),
        signed=method().is_signed(request.parameters),
        seed=request.seed,
        steps=tuple(steps),
        frames=frames,
        maps=maps,
        flip=flip,
        protocol=" ".join(metric().protocol(samples[0]) for metric in (Deletion, Insertion)),
        words=_words(steps, request.norm, flip),
        command=request.command(target),
    )


def _subject(
    model: Runtime, frame: Array, map: Array, target: int, seed: int, control: Control
) -> EvaluatedMap:
    direction = np.zeros(model.n_classes, np.float32)
    direction[target] = 1.0
    return EvaluatedMap(
        passes=CountedPasses(model),
        input=frame,
        direction=direction,
        map=map,
        zero=model.spec.zero,
        seed=seed,
        control=_Checked(control),
        modality=model.modality,
    )


class _Checked:
    """A control that can stop the work and keeps its reports to itself."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def progress(self, fraction: float, message: str = "") -> None:
        """Leave the report out: one step of many is meant."""

    def check(self) -> None:
        self._control.check()


def _sizes(norm: Norm, frames: Array) -> Array:
    from core.robustness.norms import ball

    return ball(norm).size(frames - frames[0])


def _top(model: Runtime, probabilities: Array) -> tuple[ClassScore, ...]:
    order = np.argsort(-probabilities, kind="stable")[:_TOP]
    return tuple(
        ClassScore(int(i), model.classes.ref(int(i)).label, float(probabilities[i])) for i in order
    )


def _words(steps: Sequence[ExplanationStep], norm: Norm, flip: int | None) -> str:
    at = steps[-1 if flip is None else flip]
    eps = f"ε = {at.eps * 255:.3g}/255" if norm == "linf" else f"ε = {at.eps:.3g}"
    first = steps[0].top[0].label
    if flip is None:
        turned = f"The decision ({first}) holds up to {eps}"
    else:
        turned = f"The decision turns from {first} to {at.top[0].label} at {eps}"
    if at.spearman is None:
        return f"{turned}; one of the maps there is the same everywhere, so nothing correlates."
    number = f"{at.spearman:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"{turned}; the map there {_AGREES[agreement(at.spearman)]} that of the picture as it is "
        f"(rank correlation {number})."
    )
