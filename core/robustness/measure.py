"""The work of a robustness request: chunk by chunk, attack by attack, each kept at once.

A run that was stopped resumes where it was; see :mod:`core.robustness.partial_results` for what
there is meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import AttackCheck, Robustness, RobustnessChunk, RobustnessRequest, count_text
from core.control import Control, PartControl
from core.errors import InputError
from core.robustness.assemble import assemble
from core.robustness.attacked_sample import AttackedSample, refuse_probabilities
from core.robustness.attacks.registry import ATTACKS
from core.robustness.checks.outcomes import examine
from core.robustness.partial_results import stored_chunk
from core.robustness.sample import Batch
from core.robustness.sweep import Swept, sweep
from core.workspace import open_store

if TYPE_CHECKING:
    from core.robustness.assemble import Chunks

__all__ = ["robustness"]

_SHOWN = 8
_CURVES = 0.8
"""Share of the progress that the curves take where checks follow."""


def robustness(requests: Sequence[RobustnessRequest], control: Control) -> list[Robustness]:
    """Attack the pictures of each request.

    Raises
    ------
    InputError
        If the dataset has changed, or the model has no picture right.
    CapabilityError
        If the model returns probabilities.
    Cancelled
        Between passes; what was done is kept.
    """
    return [_measure(request, control) for request in requests]


def _measure(request: RobustnessRequest, control: Control) -> Robustness:
    began = time.perf_counter()
    sample = AttackedSample(request)
    chunks: Chunks = {attack: [] for attack in request.attacks}
    share = _CURVES if request.checks else 1.0
    total = len(sample.starts) * len(chunks)
    for number, start in enumerate(sample.starts):
        batch: Batch | None = None
        for place, attack in enumerate(chunks):
            control.check()
            chunk = stored_chunk(request, attack, start)
            if chunk is None:
                batch = batch or sample.batch(start)
                chunk = _chunk(sample, batch, attack, control)
                key = request.chunk_key(attack, start)
                open_store().put(key, chunk.to_artefact(), kind="robustness_chunk")
            chunks[attack].append(chunk)
            done = number * len(chunks) + place + 1
            seen = min(len(sample), start + sample.chunk)
            control.progress(
                share * done / total,
                f"{ATTACKS.find(attack).name}: {seen} of {count_text(len(sample), 'picture')}",
            )
    _refuse_all_wrong(sample, chunks)
    checks: tuple[AttackCheck, ...] = ()
    if request.checks:
        checks = examine(sample, chunks, PartControl(control, share, 1.0, "Checking the attacks"))
    return assemble(
        sample, chunks, checks=checks, seconds=time.perf_counter() - began,
        device=sample.model.device,
    )  # fmt: skip


def _chunk(sample: AttackedSample, batch: Batch, attack: str, control: Control) -> RobustnessChunk:
    request = sample.request
    problem = sample.problem(batch, control)
    if batch.start == 0:
        refuse_probabilities(sample.passes.logits(batch.inputs), request.model.id)
    found = sweep(
        ATTACKS.find(attack),
        problem,
        request.attacks[attack],
        sample.eps_grid,
        rounding=request.rounding,
    )
    return _kept(sample, found, shown=_SHOWN if batch.start == 0 else 0)


def _kept(sample: AttackedSample, found: Swept, *, shown: int) -> RobustnessChunk:
    broken = np.flatnonzero(np.isfinite(found.distances) & (found.distances > 0))[:shown]
    pictures = found.pictures[broken]
    answers = sample.passes.logits(pictures).argmax(axis=1) if len(broken) else broken
    return RobustnessChunk(
        distances=found.distances.astype(np.float32),
        rounded=found.rounded.astype(np.float32),
        clean=found.clean.astype(np.int64),
        shown=broken.astype(np.int64),
        pictures=pictures,
        answers=answers.astype(np.int64),
    )


def _refuse_all_wrong(sample: AttackedSample, chunks: Chunks) -> None:
    first = next(iter(chunks.values()))
    if not any((chunk.distances > 0).any() for chunk in first):
        raise InputError(
            f"{sample.request.model.id} has none of these {count_text(len(sample), 'picture')} "
            "right, so there "
            "is nothing to break. Take more pictures, or check that the model belongs to the data."
        )
