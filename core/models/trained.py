"""Models that were trained, made smaller or brought along here: finished runs as specs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from core.contracts import Run
from core.models.own_forward import OWN_FORWARD, own_forward_spec
from core.models.own_graph import OWN, own_spec
from core.models.spec import ModelSpec
from core.runs import finished_runs, is_shipped, run_folder

__all__ = ["trained_spec", "trained_specs"]

log = logging.getLogger(__name__)
_OWN = {OWN: own_spec, OWN_FORWARD: own_forward_spec}
"""Specs of runs that bring their own network, by what they name as their architecture."""


def trained_specs(architectures: Mapping[str, ModelSpec]) -> dict[str, ModelSpec]:
    """Return a spec for every finished run whose architecture is known, by its id.

    A manifest names an architecture and nothing that runs: builders come from ``architectures``.
    """
    made = {id: _made(run, architectures) for id, run in finished_runs().items()}
    return {id: spec for id, spec in made.items() if spec is not None}


def trained_spec(model_id: str, architectures: Mapping[str, ModelSpec]) -> ModelSpec | None:
    """Return the spec of one finished run, ``None`` where there is no such."""
    run = finished_runs().get(model_id)
    return None if run is None else _made(run, architectures)


def _made(run: Run, architectures: Mapping[str, ModelSpec]) -> ModelSpec | None:
    if run.architecture in _OWN:
        return _OWN[run.architecture](run)
    if run.architecture in architectures:
        return _spec(run, architectures)
    log.warning("%s needs the architecture %r, unknown here", run.model, run.architecture)
    return None


def _spec(run: Run, architectures: Mapping[str, ModelSpec]) -> ModelSpec:
    architecture = architectures[run.architecture]
    exact = run.format == "float32"
    return replace(
        architecture,
        id=run.model,
        name=run.name,
        input_size=run.input_size,
        n_classes=len(run.classes),
        n_parameters=run.n_parameters,
        # With the synonyms and WordNet ids, where the twin is a model of the zoo.
        labels=architectures[run.twin].labels if run.twin in architectures else run.classes,
        weights_file="",
        weights_path=str(run_folder(run.model) / run.file),
        weights_digest=run.weights_sha256,
        offline=True,
        runtime="keras" if exact else "litert",
        gradients=architecture.gradients and exact,
        attention=architecture.attention and exact,
        outputs=architecture.outputs,
        origin="shipped" if is_shipped(run.model) else run.origin,
        trained_on=run.dataset,
        twin=run.twin,
        summary=_summary(run, architecture),
    )


def _summary(run: Run, architecture: ModelSpec) -> str:
    what = {
        "run": f"{architecture.name}, trained by '{run.recipe}' on {run.dataset}",
        "compressed": f"{run.twin}, made smaller ({run.recipe})",
        "imported": f"{architecture.name} with weights of your own",
    }[run.origin]
    if run.test is None:
        return f"{what}."
    return f"{what}; {run.test.accuracy:.1%} right on {run.test.n} test pictures."
