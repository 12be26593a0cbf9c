"""Files that hold a whole graph: what runs each kind, and what is said of what it lacks.

A model whose :attr:`~core.models.spec.ModelSpec.runtime` is ``"keras"`` is an architecture and
weights; of any other, the entry here opens its file. Nothing here loads OpenVINO before it must.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.models.own_forward import OwnForward
from core.models.spec import ModelSpec
from core.registry import Registry

if TYPE_CHECKING:
    from core.models.file_forward import FileForward

__all__ = ["FILE_RUNTIMES", "FileRuntime"]


class FileRuntime(Protocol):
    """What runs a kind of file that holds the whole graph."""

    @property
    def id(self) -> str:
        """What a spec calls it."""

    def open(self, path: Path, layers: Sequence[str], n_classes: int) -> FileForward:
        """Return the passes of a file.

        Raises
        ------
        WeightsError
            If it cannot be read, or has other outputs.
        """

    def no_network(self, spec: ModelSpec) -> str:
        """Return why there are no gradients, and what to do, as one sentence."""

    def no_weights(self, spec: ModelSpec, weights: str) -> str:
        """Return why no other weights go in, and what to do, as one sentence."""


class LiteRT:
    """Models that were made smaller here (:mod:`core.models.lite`)."""

    id = "litert"

    def open(self, path: Path, layers: Sequence[str], n_classes: int) -> FileForward:
        """Return the passes of a file that :mod:`core.compression.litert` wrote."""
        from core.models.lite import open_lite

        return open_lite(path, layers, n_classes)

    def no_network(self, spec: ModelSpec) -> str:
        """Name the model that it was made of."""
        return (
            f"{spec.id} is a compressed file: it has forward passes, but no gradients, and no "
            "weights that could be drawn anew or trained. Ask "
            f"{spec.twin or 'the model it was made of'} instead."
        )

    def no_weights(self, spec: ModelSpec, weights: str) -> str:
        """Name the way to the same with other weights."""
        return (
            f"{spec.id} is a compressed file and takes no other weights. Received: {weights}. "
            "Compress the model that has them."
        )


FILE_RUNTIMES: Registry[FileRuntime] = Registry("runtime", (LiteRT(), OwnForward()))
