"""What lies in the store of a robustness request: its chunks, and the curves over those done."""

from __future__ import annotations

from core.contracts import Robustness, RobustnessChunk, RobustnessRequest
from core.robustness.assemble import Chunks, assemble
from core.robustness.attacked_sample import AttackedSample
from core.workspace import open_store

__all__ = ["stored_chunk", "so_far"]


def stored_chunk(request: RobustnessRequest, attack: str, start: int) -> RobustnessChunk | None:
    """Return what ``attack`` did to the pictures from ``start`` on, ``None`` if it is not done."""
    artefact = open_store().get(request.chunk_key(attack, start))
    return None if artefact is None else RobustnessChunk.from_artefact(artefact)


def so_far(request: RobustnessRequest) -> Robustness | None:
    """Return the curves over the chunks that are done, without checks; ``None`` if none is.

    It never loads the model: a page asks for it while another process attacks.
    """
    sample = AttackedSample(request)
    chunks: Chunks = {attack: [] for attack in request.attacks}
    for start in sample.starts:
        found = {attack: stored_chunk(request, attack, start) for attack in request.attacks}
        if any(chunk is None for chunk in found.values()):
            break
        for attack, chunk in found.items():
            assert chunk is not None
            chunks[attack].append(chunk)
    if not all(chunks.values()):
        return None
    return assemble(sample, chunks, checks=(), seconds=0.0, device="")
