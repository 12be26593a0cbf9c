"""The work behind an :class:`~core.contracts.EvidenceRequest`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import (
    CONTROLS_VERSION,
    Array,
    Curve,
    EvidenceCard,
    EvidenceRequest,
    Explanation,
    Score,
    content_key,
)
from core.evidence.base import EvaluatedMap, Metric, Remap
from core.evidence.checks import checks
from core.evidence.controls import (
    ControlCurves,
    Measured,
    compare_with_controls,
    measure_controls,
)
from core.evidence.curves import MODES, Mode
from core.evidence.deletion import CurveMetric
from core.evidence.passes import CountedPasses
from core.evidence.registry import METRICS, QUICK
from core.evidence.thresholds import QUICK_PASSES
from core.modalities.base import Modality, Preset
from core.models.runtime import Runtime, runtime_of
from core.saliency.base import Problem
from core.saliency.explain import explain
from core.saliency.registry import METHODS
from core.targets.base import Probability
from core.targets.passes import Passes, pose
from core.workspace import open_store

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["budget", "examine", "evaluated_map"]


class _Quiet:
    """A control that stops but reports nothing: maps computed again are parts of one step."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def progress(self, fraction: float, message: str = "") -> None:
        """Say nothing."""

    def check(self) -> None:
        self._control.check()


def examine(requests: Sequence[EvidenceRequest], control: Control) -> list[EvidenceCard]:
    """Measure each request's map, beside maps that know nothing of the model.

    Raises
    ------
    Cancelled
        Between passes, when the work was stopped.
    """
    return [_examine(request, control) for request in requests]


def budget(metrics: Sequence[str], preset: Preset) -> float | None:
    """Return the most forward-equivalents a card may cost: none but for the quick set."""
    quick = QUICK.issuperset(metrics) and preset.steps is not None
    return QUICK_PASSES if quick else None


def _examine(request: EvidenceRequest, control: Control) -> EvidenceCard:
    explanation = _explanation(request, control)
    began = time.perf_counter()
    model = runtime_of(request.explain)
    preset = model.modality.preset(request.preset)
    limit = budget(request.metrics, preset)
    evaluated = evaluated_map(request, explanation, model, limit, control)
    metrics = [METRICS.find(id)() for id in request.metrics]
    measured = _curves(request, evaluated, metrics)
    scores = tuple(_measure(metric, evaluated, measured) for metric in metrics)
    control.progress(1.0)
    return EvidenceCard(
        **model.provenance(request),
        seconds=time.perf_counter() - began,
        explanation=request.explain.key,
        method=request.explain.method,
        target=explanation.target,
        against=explanation.against,
        preset=request.preset,
        seed=request.seed,
        scores=scores,
        curves=tuple(curve for each in measured.values() for curve in _shown(each)),
        checks=checks(evaluated, scores, measured),
        passes=evaluated.passes.spent,
        command=request.command,
    )


def _explanation(request: EvidenceRequest, control: Control) -> Explanation:
    control.progress(0.0, "the map itself")
    artefact, _ = open_store().get_or_compute(
        request.explain.key,
        lambda: explain([request.explain], control)[0].to_artefact(),
        kind=request.explain.kind,
    )
    return Explanation.from_artefact(artefact)


def evaluated_map(
    request: EvidenceRequest,
    explanation: Explanation,
    model: Runtime,
    limit: float | None,
    control: Control,
) -> EvaluatedMap:
    """Return what the metrics ask about, for the map of a request; ``limit``: of its passes."""
    target = request.explain.target.settle(explanation.target.index)
    posed, directions = pose(model, [target], model.n_classes)
    passes = CountedPasses(posed, limit, chained=not target.linear)
    return EvaluatedMap(
        passes=passes,
        input=request.input.tensor(),
        direction=directions[0],
        map=explanation.map,
        zero=model.spec.zero,
        seed=request.seed,
        control=control,
        modality=model.modality,
        remap=_remap(request, directions[0], target.probability, model.modality, passes, control),
        draws=METHODS.find(request.explain.method).random,
        map_seed=request.explain.seed,
        mask=request.mask,
        preset_id=request.preset,
        probability_kind=target.probability,
    )


def _remap(
    request: EvidenceRequest,
    direction: Array,
    probability: Probability,
    modality: Modality,
    passes: Passes,
    control: Control,
) -> Remap:
    asked = request.explain
    method = METHODS.find(asked.method)()

    def remap(pictures: Array, seed: int) -> Array:
        directions = np.repeat(direction[None], len(pictures), axis=0)
        problem = Problem(
            passes, pictures, directions, asked.layer, seed, _Quiet(control), modality, probability
        )
        return np.stack([a.map for a in method.explain(problem, asked.parameters)])

    return remap


def _curves(
    request: EvidenceRequest, evaluated: EvaluatedMap, metrics: Sequence[Metric]
) -> dict[Mode, Measured]:
    """Measure the curves asked for; the controls' are kept for the next map of this picture.

    They are charged to this card all the same: what a card can afford does not depend on the store.
    """
    wanted = {m.mode for m in metrics if isinstance(m, CurveMetric) and not m.missing(evaluated)}
    modes = [mode for mode in MODES if mode in wanted]
    if not modes:
        return {}
    key = content_key(
        {
            "kind": "control_curves",
            "weights": request.weights_sha256,
            "versions": request.versions,
            "input": request.input.sha256,
            "classes": [evaluated.target, evaluated.against]
            if request.explain.target.linear
            else request.explain.target.parts(),
            "preset": request.preset,
            "seed": request.seed,
            "controls": CONTROLS_VERSION,
            "modes": modes,
        }
    )
    alone = replace(evaluated, passes=evaluated.passes.anew())
    artefact, _ = open_store().get_or_compute(
        key, lambda: measure_controls(alone, modes).to_artefact(), kind="control_curves"
    )
    controls = ControlCurves.from_artefact(artefact)
    evaluated.passes.charge(controls.passes)
    return compare_with_controls(evaluated, modes, controls)


def _measure(metric: Metric, evaluated: EvaluatedMap, measured: Mapping[Mode, Measured]) -> Score:
    evaluated.control.check()
    if isinstance(metric, CurveMetric) and metric.mode in measured:
        return metric.from_curve(evaluated, measured[metric.mode].map)
    return metric.measure(evaluated)


def _shown(measured: Measured) -> tuple[Curve, ...]:
    return measured.map, *measured.families
