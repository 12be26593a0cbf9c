"""The work behind a :class:`~core.contracts.CounterfactualRequest`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.contracts import (
    Array,
    ClassScore,
    Counterfactual,
    CounterfactualRequest,
    CounterfactualStep,
    count_text,
)
from core.errors import InputError
from core.evidence.counterfactual.flips import Flip, find_flip
from core.modalities import registry as modalities
from core.modalities.base import Labels
from core.models.runtime import Runtime, runtime_of
from core.saliency.perturb import blend, chunks, shown

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["counterfactual", "removed"]


def removed(request: CounterfactualRequest, labels: Labels, regions: Sequence[int]) -> Array:
    """Return the picture as the model saw it without ``regions``, float32 ``(h, w, 3)``."""
    picture = request.input.tensor()
    keep = np.ones((1, int(labels.max()) + 1), np.float32)
    keep[0, list(regions)] = 0
    modality = modalities.get(request.input.modality)
    empty = modality.empty(request.baseline, picture, seed=request.seed)
    copy: Array = blend(picture, empty, shown(labels, keep))[0]
    return copy


class _Oracle:
    """The model, asked about one picture with sets of regions removed."""

    def __init__(self, model: Runtime, request: CounterfactualRequest, control: Control) -> None:
        self._model = model
        self._control = control
        self._picture = request.input.tensor()
        modality = model.modality
        self._empty = modality.empty(request.baseline, self._picture, seed=request.seed)
        self.labels = modality.units(self._picture, request.regions, request.n_regions)
        self.n = int(self.labels.max()) + 1
        self.passes = 0
        self._expected = self.n**2 + 2 * self.n  # greedy to the end, and every pair
        model.prepare(self.n**2 // 2)
        self.before = self.logits([()])[0]
        self._decision = int(self.before.argmax())
        self._target = self._checked(request.target)

    def _checked(self, target: int | None) -> int | None:
        if target == self._decision:
            raise InputError(
                f"The model already decides for class {target} "
                f"({self._model.classes.labels[target]}): choose another class to turn to, or "
                "leave the target out for any other."
            )
        return target

    def logits(self, sets: Sequence[tuple[int, ...]]) -> Array:
        """Return logits ``(N, n_classes)`` without each set of regions."""
        keep = np.ones((len(sets), self.n), np.float32)
        for row, regions in zip(keep, sets, strict=True):
            row[list(regions)] = 0
        parts = []
        for start, count in chunks(len(sets)):
            self._control.check()
            masks = shown(self.labels, keep[start : start + count])
            parts.append(self._model.logits(blend(self._picture, self._empty, masks)))
            self.passes += count
            share = min(0.99, self.passes / self._expected)
            self._control.progress(share, f"{self.passes} sets of regions tried")
        return np.concatenate(parts)

    def margins(self, sets: Sequence[tuple[int, ...]]) -> npt.NDArray[np.float64]:
        """Return how far each decision is from changing; below 0 it has changed."""
        logits = self.logits(sets).astype(np.float64)
        if self._target is None:
            held = logits[:, self._decision].copy()
            logits[:, self._decision] = -np.inf
            rest: npt.NDArray[np.float64] = held - logits.max(axis=1)
            return rest
        wanted = logits[:, self._target].copy()
        logits[:, self._target] = -np.inf
        margin: npt.NDArray[np.float64] = logits.max(axis=1) - wanted
        return margin


def counterfactual(
    requests: Sequence[CounterfactualRequest], control: Control
) -> list[Counterfactual]:
    """Search each picture for few regions whose removal changes the decision.

    Raises
    ------
    InputError
        If the model decides for the target already.
    Cancelled
        Between passes, when the work was stopped.
    """
    return [_one(request, control) for request in requests]


def _one(request: CounterfactualRequest, control: Control) -> Counterfactual:
    model = runtime_of(request)
    began = time.perf_counter()
    oracle = _Oracle(model, request, control)
    flip = find_flip(oracle.n, oracle.margins)
    steps = _steps(model, oracle, flip)
    before = _decision(model, oracle.before)
    target = None if request.target is None else model.classes.ref(request.target)
    return Counterfactual(
        **model.provenance(request),
        seconds=time.perf_counter() - began,
        regions=request.regions,
        baseline=request.baseline,
        seed=request.seed,
        labels=oracle.labels,
        n_regions=oracle.n,
        before=before,
        after=steps[-1].decision,
        target=target,
        flipped=flip.flipped,
        steps=steps,
        size_at_least=flip.size_at_least,
        irreducible=flip.irreducible,
        words=_words(flip, steps, oracle.n, before, "" if target is None else target.label),
        passes=oracle.passes,
        command=request.command,
    )


def _steps(model: Runtime, oracle: _Oracle, flip: Flip) -> tuple[CounterfactualStep, ...]:
    sizes = np.bincount(oracle.labels.ravel()) / oracle.labels.size
    paths = [flip.regions[: i + 1] for i in range(len(flip.regions))]
    decision = int(oracle.before.argmax())
    return tuple(
        CounterfactualStep(
            region, float(sizes[region]), float(_softmax(row)[decision]), _decision(model, row)
        )
        for region, row in zip(flip.regions, oracle.logits(paths), strict=True)
    )


def _softmax(row: Array) -> Array:
    from scipy.special import softmax

    probabilities: Array = softmax(row.astype(np.float64))
    return probabilities


def _decision(model: Runtime, row: Array) -> ClassScore:
    best = int(row.argmax())
    return ClassScore(best, model.classes.ref(best).label, float(_softmax(row)[best]))


def _words(
    flip: Flip,
    steps: Sequence[CounterfactualStep],
    n: int,
    before: ClassScore,
    target: str,
) -> str:
    size, tried = len(steps), flip.size_at_least - 1
    if not flip.flipped:
        towards = f" to {target}" if target else ""
        few = "no single region does" if tried == 1 else f"no set of up to {tried} does"
        return (
            f"Nothing was found that turns the decision from {before.label}{towards}: {few} (all "
            f"were tried), nor does removing the regions one after another until all {n} are gone. "
            "Another large set may."
        )
    share = sum(step.share for step in steps)
    found = (
        f"Without {size} of {count_text(n, 'region')} ({share:.1%} of what the model sees) it "
        f"decides for {steps[-1].decision.label} instead of {before.label}."
    )
    if size == 1:
        return f"{found} No set can be smaller."
    if size == flip.size_at_least:
        return f"{found} Every smaller set was tried, and none does."
    last = size - 1
    between = f"{last}" if flip.size_at_least == last else f"{flip.size_at_least} to {last}"
    return (
        f"{found} It takes all of them: with any one back it does not. Every set of up to {tried} "
        f"was tried, and none does; sets of {between} were not all tried."
    )
