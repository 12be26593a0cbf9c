"""From a request to the function that computes it, with the store around it.

The functions are named, not imported: whoever only submits work never loads TensorFlow.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, cast

from core.contracts import (
    CalibrationTable,
    Certified,
    ConceptMaps,
    Concepts,
    Corrupted,
    Counterfactual,
    DatasetPredictions,
    Drift,
    EvidenceCard,
    Explanation,
    ExplanationDrift,
    FairnessReport,
    Leaderboard,
    Mitigation,
    Neighbours,
    PictureCertificate,
    Prediction,
    Request,
    Result,
    Robustness,
    Run,
    Sanity,
    ShapResult,
    SliceReport,
    Tcav,
    Visualisation,
)
from core.control import Control
from core.errors import PellucidError
from core.runs import finished_runs, is_shipped
from core.store import Store

__all__ = ["execute", "keep", "load", "register_work", "resolve_target"]

log = logging.getLogger(__name__)

Function = Callable[[Sequence[Request], Control], list[Result]]


@dataclass(frozen=True, slots=True)
class _Work:
    """What computes a kind of request; ``durable`` results are runs, kept apart from the store."""

    target: str
    result: type[Result]
    durable: bool = False


_WORK: dict[str, _Work] = {
    "predict": _Work("core.models.predict:predict", Prediction),
    "predict_dataset": _Work("core.data.predictions:predict_dataset", DatasetPredictions),
    "leaderboard": _Work("core.evidence.leaderboard:leaderboard", Leaderboard),
    "sanity": _Work("core.evidence.sanity:sanity", Sanity),
    "evidence": _Work("core.evidence.examine:examine", EvidenceCard),
    "counterfactual": _Work("core.evidence.counterfactual:counterfactual", Counterfactual),
    "explain": _Work("core.saliency.explain:explain", Explanation),
    "shap": _Work("core.shapley.explain:explain", ShapResult),
    "drift": _Work("core.saliency.drift:drift", Drift),
    "neighbours": _Work("core.concepts.neighbours:neighbours", Neighbours),
    "concepts": _Work("core.concepts.craft:concepts", Concepts),
    "concept_maps": _Work("core.concepts.maps:concept_maps", ConceptMaps),
    "tcav": _Work("core.concepts.tcav:tcav", Tcav),
    "visualise": _Work("core.concepts.visualise:visualise", Visualisation),
    "fairness": _Work("core.fairness.audit:audit", FairnessReport),
    "fairness_slices": _Work("core.fairness.slices:discover", SliceReport),
    "fairness_mitigation": _Work("core.fairness.mitigation:mitigate", Mitigation),
    "robustness": _Work("core.robustness.measure:robustness", Robustness),
    "corruptions": _Work("core.robustness.corruptions.measure:corruptions", Corrupted),
    "certify": _Work("core.robustness.certify:certify", Certified),
    "certify_picture": _Work("core.robustness.certify:certify_pictures", PictureCertificate),
    "explanation_drift": _Work("core.robustness.drift:explanation_drift", ExplanationDrift),
    "calibrate": _Work("core.calibration.measure:calibrate", CalibrationTable),
    "train": _Work("core.training.run:train", Run, durable=True),
    "compress": _Work("core.training.compress:compress", Run, durable=True),
    "import": _Work("core.models.importing:import_models", Run, durable=True),
}


def register_work(kind: str, target: str, *, result: type[Result]) -> None:
    """Let requests of ``kind`` be computed by ``"module:function"``.

    Register where the request's class is defined: whoever unpickles a request then knows its work.
    """
    _WORK[kind] = _Work(target, result)


def resolve_target(target: str) -> Callable[..., Any]:
    """Import ``"module:function"``."""
    module, _, name = target.partition(":")
    return cast(Callable[..., Any], getattr(importlib.import_module(module), name))


def load(request: Request, store: Store) -> Result | None:
    """Return the stored result, marked as cached, or ``None``."""
    if _WORK[request.kind].durable:
        # Not those that came along: whoever runs their command wants to see them trained.
        own = (r for r in finished_runs().values() if not is_shipped(r.model))
        run = next((r for r in own if r.key == request.key), None)
        return None if run is None else request.adopt(run)
    artefact = store.get(request.key)
    if artefact is None:
        return None
    try:
        result = _WORK[request.kind].result.from_artefact(artefact)
    except (KeyError, TypeError, ValueError) as error:
        store.set_aside(request.key, f"not a {request.kind} result: {error}")
        return None
    return request.adopt(result)


def keep(request: Request, result: Result, store: Store) -> None:
    """Put a result where :func:`load` finds it; what is durable has put itself there."""
    if not _WORK[request.kind].durable:
        store.put(request.key, replace(result, cached=False).to_artefact(), kind=request.kind)


def execute(requests: Sequence[Request], control: Control, store: Store) -> list[Result]:
    """Return a result for each request: from the store, or computed and then stored.

    What is missing is computed in one call for all that can go together (the requests' ``batch``),
    while this process holds the locks of those keys; other processes that want the same wait and
    then find it in the store.

    Raises
    ------
    PellucidError
        Whatever the work raises on purpose; any other exception is logged and becomes one.
    """
    unique = {request.key: request for request in requests}
    results = {key: found for key, request in unique.items() if (found := load(request, store))}
    missing = sorted(unique.keys() - results.keys())
    with ExitStack() as locks:
        for key in missing:  # sorted, so that two processes cannot wait for each other
            locks.enter_context(store.lock(key, check=control.check))
        todo: dict[str, list[Request]] = {}
        for key in missing:
            if (found := load(unique[key], store)) is not None:
                results[key] = found
            else:
                todo.setdefault(unique[key].batch, []).append(unique[key])
        for group in todo.values():
            control.check()
            kind = group[0].kind
            for request, result in zip(group, _compute(kind, group, control), strict=True):
                keep(request, result, store)
                results[request.key] = result
    return [results[request.key] for request in requests]


def _compute(kind: str, requests: Sequence[Request], control: Control) -> list[Result]:
    try:
        function: Function = resolve_target(_WORK[kind].target)
        return function(requests, control)
    except PellucidError:
        raise
    except Exception as error:
        log.exception("Work of kind %r failed", kind)
        raise PellucidError(
            f"Something went wrong inside Pellucid ({type(error).__name__}) while it computed "
            f"{kind!r}. This is not your mistake; the log has the details."
        ) from error
