"""Randomisation checks: whether a method's map depends on the model (Adebayo et al. 2018).

The weights are drawn anew from the logits down, stage by stage, and the maps of a few photographs
compared with those of the intact model. A matter of model × method: computed once, kept by key.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import Array, Sanity, SanityRequest
from core.control import PartControl
from core.evidence.passes import BudgetSpentError, CountedPasses
from core.evidence.sanity.cascade import Cascade, protocol
from core.evidence.sanity.similarity import spearman, ssim
from core.evidence.thresholds import SANITY_PASSES, SANITY_SPEARMAN
from core.modalities.base import Modality
from core.models.runtime import Runtime, runtime_of
from core.saliency.base import Passes, Problem
from core.saliency.registry import METHODS
from core.workspace import open_store

if TYPE_CHECKING:
    from core.control import Control
    from core.models.randomised import Randomised

__all__ = ["sanity"]

_INTACT = 2
"""Sets of maps of the intact model: of the predicted class, and of another one."""


class _UnmeasuredError(Exception):
    """There is no finding; the text says why."""


def sanity(requests: Sequence[SanityRequest], control: Control) -> list[Sanity]:
    """Run the checks of each request.

    Raises
    ------
    Cancelled
        Between passes, when the work was stopped.
    """
    return [_one(request, control) for request in requests]


def _one(request: SanityRequest, control: Control) -> Sanity:
    began = time.perf_counter()
    control.progress(0.0, "loading the model")
    model = runtime_of(request)
    cascade, reason = None, ""
    try:
        cascade = _cascade(request, model, control)
    except _UnmeasuredError as error:
        reason = str(error)
    n_probes = cascade.n_probes if cascade else len(model.modality.probes(model.spec.input_shape))
    return Sanity(
        **model.provenance(request),
        seconds=time.perf_counter() - began,
        method=request.method,
        stages=cascade.stages if cascade else (),
        random_logit=cascade.random_logit if cascade else None,
        verdict=cascade.verdict if cascade else "unknown",
        threshold=SANITY_SPEARMAN,
        words=cascade.words if cascade else f"Not measured: {reason}.",
        protocol=protocol(n_probes, request.seed),
        n_pictures=n_probes,
        seed=request.seed,
    )


def _cascade(request: SanityRequest, model: Runtime, control: Control) -> Cascade:
    probes = model.modality.probes(model.spec.input_shape)
    randomised = _copy(request, probes)
    stages = randomised.stages()
    sets = len(stages) + _INTACT
    targets = model.logits(probes).argmax(axis=-1)
    maps = _Maps(request, probes, targets, model.n_classes, control, sets, model.modality)
    intact = maps.affordable(model)
    kept = [i for i, one in enumerate(intact) if np.ptp(one) > 0]
    if not kept:
        raise _UnmeasuredError("the maps of all probe pictures are constant")
    other = maps.other_class(model)
    ranks, alike = [], []
    for i, (name, layers) in enumerate(stages, _INTACT):
        _randomise(randomised, layers, probes)
        drawn = maps.of(randomised, i, f"weights drawn anew down to {name}")
        ranks.append([spearman(intact[k], drawn[k]) for k in kept])
        alike.append([ssim(intact[k], drawn[k]) for k in kept])
    return Cascade(
        names=tuple(name for name, _ in stages),
        spearman=np.array(ranks),
        ssim=np.array(alike),
        other_class=None
        if other is None
        else np.array([spearman(intact[k], other[k]) for k in kept]),
    )


def _copy(request: SanityRequest, probes: Array) -> Randomised:
    """Return a copy of the model, intact as yet; the shared one must stay as it is."""
    from core.models.randomised import Randomised

    return Randomised(
        request.model, store=open_store(), seed=request.seed, recalibrate_batch_norm=probes
    )


def _randomise(model: Randomised, layers: Sequence[str], probes: Array) -> None:
    model.randomise(layers)
    logits = model.logits(probes)
    if not np.isfinite(logits).all() or not np.ptp(logits, axis=-1).all():
        raise _UnmeasuredError("with weights drawn anew the model's logits vanish or explode")


@dataclass(frozen=True)
class _Maps:
    """The maps of the probes under one model after another; class and draws stay the same."""

    request: SanityRequest
    probes: Array
    targets: Array
    n_classes: int
    control: Control
    n_sets: int
    modality: Modality

    def of(
        self, passes: Passes, index: int, words: str, *, targets: Array | None = None
    ) -> list[Array]:
        """Return the maps of one set, each ``(H, W)``; ``index`` places it in the progress."""
        control = PartControl(self.control, index / self.n_sets, (index + 1) / self.n_sets, words)
        control.progress(0.0)
        control.check()
        chosen = self.targets if targets is None else targets
        directions = np.eye(self.n_classes, dtype=np.float32)[chosen]
        problem = Problem(
            passes,
            self.probes,
            directions,
            self.request.layer,
            self.request.seed,
            control,
            self.modality,
        )
        found = METHODS.find(self.request.method)().explain(problem, self.request.parameters)
        return [one.map for one in found]

    def affordable(self, model: Runtime) -> list[Array]:
        """Return the maps of the intact model, unless a cascade of them costs too much."""
        if self.request.thorough:
            return self.of(model, 0, "the intact model")
        budget = SANITY_PASSES / self.n_sets
        try:
            return self.of(CountedPasses(model, budget), 0, "the intact model")
        except BudgetSpentError as error:
            raise _UnmeasuredError(
                f"the maps of one cascade would cost more than {SANITY_PASSES:,} forward passes; "
                "ask for it in full, or take fewer samples"
            ) from error

    def other_class(self, model: Runtime) -> list[Array] | None:
        """Return the maps of classes drawn at random among the others."""
        method = METHODS.find(self.request.method)
        if method.class_agnostic:
            return None
        rng = np.random.default_rng(self.request.seed)
        shift = rng.integers(1, model.n_classes, len(self.targets))
        others = (self.targets + shift) % model.n_classes
        return self.of(model, 1, "another class", targets=others)
