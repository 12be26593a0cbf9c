"""The work of a corruption request: each corruption at each severity, kept at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from core.contracts import Corrupted, CorruptionChunk, CorruptionRequest, OutOfDistribution
from core.control import Control
from core.data.base import Part
from core.data.picture import picture_part
from core.data.registry import open_dataset
from core.errors import InputError
from core.modalities.picture import images
from core.models.runtime import Runtime
from core.robustness.corruptions.assemble import CLEAN, Step, assemble, steps_of
from core.robustness.corruptions.partial_results import stored_chunk
from core.robustness.corruptions.registry import CORRUPTIONS, corrupted
from core.robustness.corruptions.scores import separation
from core.robustness.sample import Sample, drawn_rows
from core.workspace import open_store

__all__ = ["corruptions"]

_BATCH = 64
Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Change = Callable[[Pixels, int], Pixels]


def corruptions(requests: Sequence[CorruptionRequest], control: Control) -> list[Corrupted]:
    """Predict the corrupted pictures of each request.

    Raises
    ------
    InputError
        If a dataset has changed since the request was made.
    Cancelled
        Between batches; the corruptions that are done are kept.
    """
    return [_measure(request, control) for request in requests]


def _measure(request: CorruptionRequest, control: Control) -> Corrupted:
    began = time.perf_counter()
    sample = Sample(request)
    steps = steps_of(request)
    sample.model.prepare(len(sample) * len(steps))
    chunks = {}
    for number, step in enumerate(steps):
        chunks[step] = _kept(request, sample, step, control)
        name = (
            "as they are"
            if step == CLEAN
            else f"{CORRUPTIONS.find(step[0]).name}, severity {step[1]}"
        )
        control.progress((number + 1) / (len(steps) + (request.other is not None)), name)
    ood = _out_of_distribution(request, sample.model, chunks[CLEAN], control)
    return assemble(
        request, sample, chunks, ood=ood, tested=True, seconds=time.perf_counter() - began,
        device=sample.model.device,
    )  # fmt: skip


def _kept(
    request: CorruptionRequest, sample: Sample, step: Step, control: Control
) -> CorruptionChunk:
    kept = stored_chunk(request, step)
    if kept is not None:
        return kept

    def change(pixels: Pixels, row: int) -> Pixels:
        return pixels if step == CLEAN else corrupted(pixels, *step, seed=request.seed, id=row)

    chunk = _answers(sample.model, sample.part, sample.rows, sample.labels, change, control)
    open_store().put(request.chunk_key(*step), chunk.to_artefact(), kind="corruption_chunk")
    return chunk


def _answers(
    model: Runtime, part: Part, rows: npt.NDArray[np.int64], labels: npt.NDArray[np.int64] | None,
    change: Change, control: Control,
) -> CorruptionChunk:  # fmt: skip
    logits = []
    for start in range(0, len(rows), _BATCH):
        control.check()
        some = rows[start : start + _BATCH].tolist()
        *sides, channels = model.spec.input_shape
        drawn = picture_part(part).pixels(some, (*sides, 3))
        changed = np.stack(
            [images.in_channels(change(x, i), channels) for x, i in zip(drawn, some, strict=True)]
        )
        logits.append(model.logits(changed.astype(np.float32) / np.float32(255)))
    z = np.concatenate(logits).astype(np.float64)
    energy = logsumexp(z, axis=1)
    return CorruptionChunk(
        right=np.zeros(len(z), bool) if labels is None else z.argmax(axis=1) == labels,
        confidence=np.exp(z.max(axis=1) - energy).astype(np.float32),
        energy=energy.astype(np.float32),
    )


def _out_of_distribution(
    request: CorruptionRequest, model: Runtime, own: CorruptionChunk, control: Control
) -> tuple[OutOfDistribution, ...]:
    if request.other is None:
        return ()
    opened = open_dataset(request.other)
    if opened.fingerprint != request.other_fingerprint:
        raise InputError(f"{request.other.text} has changed since this was asked: ask again.")
    part = opened.part("test")
    rows = drawn_rows(len(part), request.limit, seed=request.seed)
    other = _answers(model, part, rows, None, lambda pixels, _: pixels, control)
    control.progress(1.0, "out of distribution")
    pairs: dict[Literal["msp", "energy"], tuple[Floats, Floats]] = {
        "msp": (own.confidence, other.confidence),
        "energy": (own.energy, other.energy),
    }
    return tuple(
        OutOfDistribution(score, request.other.text, len(a), len(b), *separation(a, b))
        for score, (a, b) in pairs.items()
    )
