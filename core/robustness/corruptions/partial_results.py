"""What lies in the store of a corruption request: its chunks, and the matrix of those done."""

from __future__ import annotations

from core.contracts import Corrupted, CorruptionChunk, CorruptionRequest
from core.robustness.corruptions.assemble import CLEAN, Step, assemble
from core.robustness.sample import Sample
from core.workspace import open_store

__all__ = ["stored_chunk", "so_far"]


def stored_chunk(request: CorruptionRequest, step: Step) -> CorruptionChunk | None:
    """Return what the model said under one corruption at one severity; ``None`` if not done."""
    artefact = open_store().get(request.chunk_key(*step))
    return None if artefact is None else CorruptionChunk.from_artefact(artefact)


def so_far(request: CorruptionRequest) -> Corrupted | None:
    """Return the matrix of the corruptions that are done; ``None`` before the first.

    It never loads the model: a page asks for it while another process predicts. Tests of gaps
    and out-of-distribution scores come with the whole.
    """
    clean = stored_chunk(request, CLEAN)
    if clean is None:
        return None
    chunks = {CLEAN: clean}
    for corruption in request.corruptions:
        steps = [(corruption, severity) for severity in request.severities]
        found = {step: stored_chunk(request, step) for step in steps}
        if any(chunk is None for chunk in found.values()):
            break
        chunks |= {step: chunk for step, chunk in found.items() if chunk is not None}
    return assemble(request, Sample(request), chunks, ood=(), tested=False, seconds=0.0, device="")
