"""From chunks to the result: the matrix, means, groups and their gaps. No pass of the model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import (
    Corrupted,
    CorruptionChunk,
    CorruptionGroup,
    CorruptionRequest,
    CorruptionRow,
    OutOfDistribution,
)
from core.models.labels import class_names
from core.proportions import wilson
from core.robustness.corruptions.base import SEVERITIES
from core.robustness.corruptions.groups import gaps, mean_of
from core.robustness.corruptions.reference import ALEXNET, mean_corruption_error
from core.robustness.corruptions.registry import CORRUPTIONS
from core.robustness.corruptions.scores import calibration_error
from core.robustness.curves import of_groups
from core.robustness.sample import Sample

__all__ = ["CLEAN", "Chunks", "Step", "assemble", "steps_of"]

Step = tuple[str, int]
"""A corruption and a severity."""
CLEAN: Step = ("", 0)
"""The pictures as they are."""
Chunks = Mapping[Step, CorruptionChunk]
Mask = npt.NDArray[np.bool_]
_IMAGENET = 1000


def steps_of(request: CorruptionRequest) -> tuple[Step, ...]:
    """Return what is measured, in this order: the pictures as they are first."""
    return (CLEAN, *((c, s) for c in request.corruptions for s in request.severities))


def assemble(
    request: CorruptionRequest, sample: Sample, chunks: Chunks, *,
    ood: tuple[OutOfDistribution, ...], tested: bool, seconds: float, device: str,
) -> Corrupted:  # fmt: skip
    """Return the result over the steps that are done; means are over those corruptions.

    Parameters
    ----------
    chunks : mapping
        The pictures as they are, and any corruptions at all the severities asked for.
    tested : bool
        Whether gaps are tested, which takes half a second: not while a page looks on.
    """
    n = len(sample)
    members = of_groups(sample.groups(n) or [""] * n)
    table = {step: _row(step, chunk, members) for step, chunk in chunks.items()}
    clean = table[CLEAN]
    errors = {
        id: float(np.mean([1 - table[id, s].accuracy for s in request.severities]))
        for id in request.corruptions
        if (id, request.severities[0]) in table
    }
    standard = [error for id, error in errors.items() if CORRUPTIONS.find(id).standard]
    mean = float(np.mean(standard)) if standard else None
    shares = _shares(request, chunks, errors)
    return Corrupted(
        key=request.key,
        model=request.model.id,
        weights_sha256=request.weights_sha256,
        versions=request.versions,
        device=device,
        seconds=seconds,
        dataset=request.dataset.text,
        fingerprint=request.fingerprint,
        split=request.split,
        n=n,
        by=request.by,
        clean=clean,
        rows=tuple(row for step, row in table.items() if step != CLEAN),
        mean_error=mean,
        relative_error=None if mean is None else mean - (1 - clean.accuracy),
        mce=_mce(request, errors),
        overall=tuple(mean_of(g, shares[""][own]) for g, own in members.items()) if errors else (),
        gaps=gaps(shares, members, seed=request.seed) if tested else (),
        out_of_distribution=ood,
        seed=request.seed,
        command=request.command,
    )


def _mce(request: CorruptionRequest, errors: Mapping[str, float]) -> float | None:
    """Return the mCE where AlexNet's errors are a reference: for ImageNet's classes."""
    names = class_names(request.model)
    if len(names.wnids) != _IMAGENET or request.severities != SEVERITIES:
        return None
    return mean_corruption_error({id: error for id, error in errors.items() if id in ALEXNET})


def _shares(
    request: CorruptionRequest, chunks: Chunks, done: Mapping[str, float]
) -> dict[str, npt.NDArray[np.float64]]:
    """Return for each corruption, and for all, the share of each picture's versions that is right.

    Without a corruption that is done, nothing.
    """
    single: dict[str, npt.NDArray[np.float64]] = {
        id: np.mean([chunks[id, s].right for s in request.severities], axis=0, dtype=np.float64)
        for id in done
    }
    if not single:
        return {}
    return {"": np.asarray(np.mean(list(single.values()), axis=0)), **single}


def _row(step: Step, chunk: CorruptionChunk, members: Mapping[str, Mask]) -> CorruptionRow:
    whole, *groups = (_group(name, chunk.right[own]) for name, own in members.items())
    return CorruptionRow(
        corruption=step[0],
        severity=step[1],
        n=whole.n,
        accuracy=whole.accuracy,
        low=whole.low,
        high=whole.high,
        confidence=float(chunk.confidence.mean()),
        calibration_error=calibration_error(chunk.confidence, chunk.right),
        groups=tuple(groups),
    )


def _group(name: str, right: Mask) -> CorruptionGroup:
    n, k = len(right), int(right.sum())
    return CorruptionGroup(name, n, k / n, *wilson(k, n))
