"""The work of a corruption request: each corruption at each severity, kept at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from core.contracts import (
    Corrupted,
    CorruptionChunk,
    CorruptionGroup,
    CorruptionRequest,
    CorruptionRow,
    DatasetRef,
    OutOfDistribution,
    SplitName,
)
from core.data.base import Part
from core.data.registry import open_dataset
from core.engine.control import Control
from core.errors import InputError
from core.models.runtime import Runtime, runtime
from core.proportions import wilson
from core.robustness.corruptions.registry import corrupted, get
from core.robustness.corruptions.scores import calibration_error, separation
from core.robustness.curves import of_groups
from core.robustness.sample import drawn_rows
from core.workspace import open_store

__all__ = ["corruptions"]

_BATCH = 64
_BY_CLASS = "class"
Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Change = Callable[[Pixels, int], Pixels]
Chunks = Mapping[tuple[str, int], CorruptionChunk]


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
    part = _part(request.dataset, request.fingerprint, request.split)
    rows = drawn_rows(len(part), request.limit, seed=request.seed)
    labels = np.asarray(request.class_map, np.int64)[part.labels[rows]]
    model = runtime(request.model, seed=request.seed)
    steps = [("", 0), *((c, s) for c in request.corruptions for s in request.severities)]
    model.prepare(len(rows) * len(steps))
    chunks = {}
    for number, (corruption, severity) in enumerate(steps):
        chunks[corruption, severity] = _kept(
            request, model, part, rows, labels, corruption, severity, control
        )
        name = f"{get(corruption).name}, severity {severity}" if corruption else "as they are"
        control.progress((number + 1) / (len(steps) + (request.other is not None)), name)
    return _assembled(
        request, model, part, rows, chunks,
        ood=_out_of_distribution(request, model, chunks["", 0], control),
        seconds=time.perf_counter() - began,
    )  # fmt: skip


def _part(ref: DatasetRef, fingerprint: str, split: SplitName) -> Part:
    opened = open_dataset(ref)
    if opened.fingerprint != fingerprint:
        raise InputError(f"{ref.text} has changed since this was asked: ask again.")
    return opened.part(split)


def _kept(
    request: CorruptionRequest, model: Runtime, part: Part, rows: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64], corruption: str, severity: int, control: Control,
) -> CorruptionChunk:  # fmt: skip
    key = request.chunk_key(corruption, severity)
    artefact = open_store().get(key)
    if artefact is not None:
        return CorruptionChunk.from_artefact(artefact)

    def change(pixels: Pixels, row: int) -> Pixels:
        if not severity:
            return pixels
        return corrupted(pixels, corruption, severity, seed=request.seed, id=row)

    chunk = _answers(model, part, rows, labels, change, control)
    open_store().put(key, chunk.to_artefact(), kind="corruption_chunk")
    return chunk


def _answers(
    model: Runtime, part: Part, rows: npt.NDArray[np.int64], labels: npt.NDArray[np.int64] | None,
    change: Change, control: Control,
) -> CorruptionChunk:  # fmt: skip
    logits = []
    for start in range(0, len(rows), _BATCH):
        control.check()
        some = rows[start : start + _BATCH].tolist()
        drawn = part.pixels(some, model.spec.input_size)
        changed = np.stack([change(x, row) for x, row in zip(drawn, some, strict=True)])
        logits.append(model.logits(changed.astype(np.float32) / np.float32(255)))
    z = np.concatenate(logits).astype(np.float64)
    energy = logsumexp(z, axis=1)
    return CorruptionChunk(
        right=np.zeros(len(z), bool) if labels is None else z.argmax(axis=1) == labels,
        confidence=np.exp(z.max(axis=1) - energy).astype(np.float32),
        energy=energy.astype(np.float32),
    )


def _assembled(
    request: CorruptionRequest, model: Runtime, part: Part, rows: npt.NDArray[np.int64],
    chunks: Chunks, *, ood: tuple[OutOfDistribution, ...], seconds: float,
) -> Corrupted:  # fmt: skip
    members = of_groups(_groups(request, part, rows))
    table = {step: _row(step, chunk, members) for step, chunk in chunks.items()}
    clean = table["", 0]
    standard = [c for c in request.corruptions if get(c).standard]
    errors = [np.mean([1 - table[c, s].accuracy for s in request.severities]) for c in standard]
    mean = float(np.mean(errors)) if errors else None
    return Corrupted(
        **model.provenance(request),
        seconds=seconds,
        dataset=request.dataset.text,
        fingerprint=request.fingerprint,
        split=request.split,
        n=len(rows),
        by=request.by,
        clean=clean,
        rows=tuple(row for step, row in table.items() if step[1]),
        mean_error=mean,
        relative_error=None if mean is None else mean - (1 - clean.accuracy),
        out_of_distribution=ood,
        seed=request.seed,
        command=request.command,
    )


def _groups(request: CorruptionRequest, part: Part, rows: npt.NDArray[np.int64]) -> list[str]:
    if not request.by:
        return [""] * len(rows)
    if request.by == _BY_CLASS:
        classes = open_dataset(request.dataset).classes
        return [classes[part.labels[i]] for i in rows]
    return [part.groups[request.by][i] for i in rows]


def _row(
    step: tuple[str, int], chunk: CorruptionChunk, members: Mapping[str, npt.NDArray[np.bool_]]
) -> CorruptionRow:
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


def _group(name: str, right: npt.NDArray[np.bool_]) -> CorruptionGroup:
    n, k = len(right), int(right.sum())
    return CorruptionGroup(name, n, k / n, *wilson(k, n))


def _out_of_distribution(
    request: CorruptionRequest, model: Runtime, own: CorruptionChunk, control: Control
) -> tuple[OutOfDistribution, ...]:
    if request.other is None:
        return ()
    part = _part(request.other, request.other_fingerprint, "test")
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
