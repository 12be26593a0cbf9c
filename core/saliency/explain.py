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
from core.targets.base import Target
from core.targets.passes import ScorePasses, pose

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
    if method.needs_gradients and not (method.uses_layer and model.linear_head(first.layer)):
        control.progress(0.0, "loading the model")
        model.network()
    began = time.perf_counter()
    inputs = np.stack([r.input.tensor() for r in requests])
    logits = model.logits(inputs)
    targets: list[Target] = [
        request.target.settle(int(row.argmax()))
        for request, row in zip(requests, logits, strict=True)
    ]
    passes, directions = pose(model, targets, model.n_classes)
    problem = Problem(
        passes, inputs, directions, first.layer, first.seed, control, model.modality,
        targets[0].probability,
    )  # fmt: skip
    attributions = method.explain(problem, first.parameters)
    scores = _scores(targets, directions, logits)
    further = passes.forward if isinstance(passes, ScorePasses) else None
    seconds = (time.perf_counter() - began) / len(requests)
    signed = method.is_signed(first.parameters)
    return [
        _result(request, model, target, float(score), attribution, signed, seconds, further)
        for request, target, score, attribution in zip(
            requests, targets, scores, attributions, strict=True
        )
    ]


def _scores(targets: Sequence[Target], directions: Array, outputs: Array) -> Array:
    """Return the explained number of each row of the model's ``outputs``."""
    if all(target.linear for target in targets):
        return np.einsum("nc,nc->n", outputs, directions)
    rows = [target.score(row[None]) for target, row in zip(targets, outputs, strict=True)]
    return np.concatenate(rows)


def _result(
    request: ExplainRequest,
    model: Runtime,
    target: Target,
    score: float,
    attribution: Attribution,
    signed: bool,
    seconds: float,
    further: int | None,
) -> Explanation:
    counted = {} if further is None else {"further_forward_passes": further}
    about, against = target.refs(model.classes.labels)
    return Explanation(
        **model.provenance(request),
        method=request.method,
        parameters=request.parameters,
        layer=model.layer(request.layer) if METHODS.find(request.method).uses_layer else None,
        target=about,
        against=against,
        seed=request.seed,
        signed=signed,
        map=np.ascontiguousarray(attribution.map, dtype=np.float32),
        logit=score,
        completeness_error=attribution.completeness_error,
        diagnostics={**attribution.diagnostics, **counted},
        seconds=seconds,
        command=request.command(about.index),
    )
