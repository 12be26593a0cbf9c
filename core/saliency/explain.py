"""The work behind an :class:`~core.contracts.ExplainRequest`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import Array, ExplainRequest, Explanation
from core.models.runtime import Runtime, runtime_of
from core.saliency.base import Attribution, Problem
from core.saliency.registry import METHODS

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["explain"]


def explain(requests: Sequence[ExplainRequest], control: Control) -> list[Explanation]:
    """Compute the maps of requests that share model, method, parameters, layer and seed.

    Targets may differ. A request without a target explains the class that the model predicts.

    Raises
    ------
    Cancelled
        Between passes, when the work was stopped.
    """
    first = requests[0]
    model = runtime_of(first)
    method = METHODS.find(first.method)()
    if method.needs_gradients:
        control.progress(0.0, "loading the model")
        model.network()
    began = time.perf_counter()
    inputs = np.stack([r.input.tensor() for r in requests])
    logits = model.logits(inputs)
    targets = [
        int(row.argmax()) if request.target is None else request.target
        for request, row in zip(requests, logits, strict=True)
    ]
    directions = _directions(targets, requests, model.n_classes)
    problem = Problem(model, inputs, directions, first.layer, first.seed, control, model.modality)
    attributions = method.explain(problem, first.parameters)
    scores = problem.score(logits)
    seconds = (time.perf_counter() - began) / len(requests)
    signed = method.is_signed(first.parameters)
    return [
        _result(request, model, int(target), float(score), attribution, signed, seconds)
        for request, target, score, attribution in zip(
            requests, targets, scores, attributions, strict=True
        )
    ]


def _directions(
    targets: Sequence[int], requests: Sequence[ExplainRequest], n_classes: int
) -> Array:
    directions = np.zeros((len(requests), n_classes), np.float32)
    directions[np.arange(len(requests)), list(targets)] = 1.0
    for row, request in zip(directions, requests, strict=True):
        if request.against is not None:
            row[request.against] -= 1.0
    return directions


def _result(
    request: ExplainRequest,
    model: Runtime,
    target: int,
    score: float,
    attribution: Attribution,
    signed: bool,
    seconds: float,
) -> Explanation:
    against = request.against
    return Explanation(
        **model.provenance(request),
        method=request.method,
        parameters=request.parameters,
        layer=model.layer(request.layer) if METHODS.find(request.method).uses_layer else None,
        target=model.classes.ref(target),
        against=None if against is None else model.classes.ref(against),
        seed=request.seed,
        signed=signed,
        map=np.ascontiguousarray(attribution.map, dtype=np.float32),
        logit=score,
        completeness_error=attribution.completeness_error,
        diagnostics=dict(attribution.diagnostics),
        seconds=seconds,
        command=request.command(target),
    )
