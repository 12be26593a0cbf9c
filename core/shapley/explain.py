"""The work behind a :class:`~core.contracts.ShapRequest`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from core.axes import inner
from core.contracts import Array, ShapRequest, ShapResult
from core.models.runtime import Runtime, runtime_of
from core.saliency.completeness import smallest_change
from core.shapley import background as backgrounds
from core.shapley.base import Background, Explainer, Floats, ShapProblem, Shares
from core.shapley.regions import sums
from core.shapley.registry import EXPLAINERS

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["explain"]


def explain(requests: Sequence[ShapRequest], control: Control) -> list[ShapResult]:
    """Compute the Shapley values of each request.

    Raises
    ------
    Cancelled
        Between passes, when the work was stopped.
    """
    return [_explain(request, control) for request in requests]


def _explain(request: ShapRequest, control: Control) -> ShapResult:
    model = runtime_of(request)
    explainer = EXPLAINERS.find(request.explainer)()
    if explainer.needs_gradients:
        control.progress(0.0, "loading the model")
        model.network()
    began = time.perf_counter()
    given = request.input.tensor()
    logits = model.logits(given[None])[0].astype(np.float64)
    targets = request.targets or tuple(np.argsort(-logits, kind="stable")[: request.top].tolist())
    problem = ShapProblem(
        passes=model,
        input=given,
        targets=targets,
        n_classes=model.n_classes,
        background=_background(request, explainer, model, control),
        seed=request.seed,
        control=control,
        modality=model.modality,
        name=f"{model.spec.id}/{model.weights_sha256}/{request.input.sha256}",
    )
    shares = explainer.explain(problem, request.parameters)
    seconds = time.perf_counter() - began
    return _result(request, model, targets, logits, shares, seconds)


def _background(
    request: ShapRequest, explainer: Explainer, model: Runtime, control: Control
) -> Background | None:
    if not explainer.needs_background:
        return None
    n = int(request.parameters["n_background"])
    return backgrounds.choose(model, request.background, n, seed=request.seed, control=control)


def _result(
    request: ShapRequest,
    model: Runtime,
    targets: Sequence[int],
    logits: Floats,
    shares: Shares,
    seconds: float,
) -> ShapResult:
    chosen = list(targets)
    outputs, base = logits[chosen], shares.base_values
    errors = np.abs(shares.values.sum(axis=inner(shares.values)) + base - outputs)
    return ShapResult(
        **model.provenance(request),
        seconds=seconds,
        explainer=request.explainer,
        parameters=request.parameters,
        targets=tuple(model.classes.ref(target) for target in targets),
        values=shares.values.astype(np.float32),
        base_values=base.astype(np.float32),
        outputs=outputs.astype(np.float32),
        probabilities=softmax(logits)[chosen].astype(np.float32),
        additivity_errors=errors.astype(np.float32),
        relative_errors=_relative(errors, base, outputs),
        segments=shares.segments,
        region_values=sums(shares.values, shares.segments).astype(np.float32),
        background=shares.background,
        evaluations=shares.evaluations,
        gradient_passes=shares.gradient_passes,
        seed=request.seed,
        command=request.command,
    )


def _relative(errors: Floats, base: Floats, outputs: Floats) -> Array:
    """Return the errors as shares of the difference; NaN where there is none to be a share of."""
    change = np.abs(outputs - base)
    counts = change > smallest_change(base, outputs)
    return np.divide(errors, change, out=np.full(change.shape, np.nan), where=counts).astype(
        np.float32
    )
