"""The work behind a :class:`~core.contracts.ShapRequest`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from core.axes import inner
from core.contracts import Array, ClassRef, ShapRequest, ShapResult
from core.models.runtime import Runtime, runtime_of
from core.saliency.completeness import smallest_change
from core.shapley import background as backgrounds
from core.shapley.base import Background, Explainer, Floats, ShapProblem, Shares
from core.shapley.regions import sums
from core.shapley.registry import EXPLAINERS
from core.targets.base import Target
from core.targets.passes import Passes, outputs_of
from core.targets.registry import alone

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
    asked = cast("tuple[Target, ...]", request.targets)
    best = int(logits.argmax())
    targets = tuple(t.settle(best) for t in asked) or _likeliest(model, logits, request.top)
    passes, columns, n_outputs = outputs_of(model, targets, model.n_classes)
    problem = ShapProblem(
        passes=passes,
        input=given,
        targets=columns,
        n_classes=n_outputs,
        background=_background(request, explainer, model, passes, control),
        seed=request.seed,
        control=control,
        modality=model.modality,
        name=_name(request, model, passes, targets),
    )
    shares = explainer.explain(problem, request.parameters)
    seconds = time.perf_counter() - began
    return _result(request, model, targets, logits, shares, seconds)


def _name(request: ShapRequest, model: Runtime, passes: Passes, targets: Sequence[Target]) -> str:
    """Return what names the game: what is evaluated are the model's outputs, or targets' scores."""
    name = f"{model.spec.id}/{model.weights_sha256}/{request.input.sha256}"
    return name if passes is model else f"{name}/{[target.parts() for target in targets]}"


def _background(
    request: ShapRequest, explainer: Explainer, model: Runtime, passes: Passes, control: Control
) -> Background | None:
    if not explainer.needs_background:
        return None
    n = int(request.parameters["n_background"])
    found = backgrounds.choose(model, request.background, n, seed=request.seed, control=control)
    return found if passes is model else replace(found, logits=passes.logits(found.inputs))


def _likeliest(model: Runtime, logits: Floats, n: int) -> tuple[Target, ...]:
    """Return the outputs of the highest logits; of a regression, the first."""
    kind = alone(model.spec.offer)
    open_ = kind.parse("auto", int)
    order = np.argsort(-logits, kind="stable")[:n].tolist()
    return tuple(dict.fromkeys(open_.settle(index) for index in order))


def _result(
    request: ShapRequest,
    model: Runtime,
    targets: Sequence[Target],
    logits: Floats,
    shares: Shares,
    seconds: float,
) -> ShapResult:
    row = logits[None]  # in double precision, as the errors are judged
    outputs = np.array([float(target.score(row)[0]) for target in targets])
    chances = [target.chance(row) for target in targets]
    base = shares.base_values
    errors = np.abs(shares.values.sum(axis=inner(shares.values)) + base - outputs)
    return ShapResult(
        **model.provenance(request),
        seconds=seconds,
        explainer=request.explainer,
        parameters=request.parameters,
        targets=tuple(_ref(target, model.classes.labels) for target in targets),
        values=shares.values.astype(np.float32),
        base_values=base.astype(np.float32),
        outputs=outputs.astype(np.float32),
        probabilities=np.array(
            [np.nan if chance is None else float(chance[0]) for chance in chances], np.float32
        ),
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


def _ref(target: Target, names: Sequence[str]) -> ClassRef:
    """Return what a result calls a target: a contrast by both of its classes."""
    return ClassRef(target.refs(names)[0].index, target.label(names))


def _relative(errors: Floats, base: Floats, outputs: Floats) -> Array:
    """Return the errors as shares of the difference; NaN where there is none to be a share of."""
    change = np.abs(outputs - base)
    counts = change > smallest_change(base, outputs)
    return np.divide(errors, change, out=np.full(change.shape, np.nan), where=counts).astype(
        np.float32
    )
