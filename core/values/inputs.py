"""Inputs of any kind: what a request holds of what the model is shown, and what a result tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.values.basic import Array
from core.values.codec import Stored

__all__ = ["Input", "OpenedSource", "Readable", "Seen", "Source"]


class Input(Protocol):
    """What the model is shown, as a request holds it; each modality has its own."""

    modality: ClassVar[str]

    @property
    def name(self) -> str:
        """Name of the source as given; a stranger's text, to be escaped where it is shown."""

    @property
    def sha256(self) -> str:
        """Hash of what the model is shown."""

    def tensor(self) -> Array:
        """Return float32 ``(*sites, C)``, as the model takes it."""

    def parts(self) -> dict[str, Any]:
        """Return what content keys of requests about it are made of."""

    def options(self) -> list[str]:
        """Return the options of a command line that read the source in the same way."""

    def seen(self) -> Seen:
        """Return what results tell of the source, and of the part of it that the model was shown.

        Equal inputs share a key, so a stored result may have been made for another visitor's file:
        its name must not be shown. A request therefore puts what it has seen itself in its place.
        """


@runtime_checkable
class OpenedSource(Protocol):
    """What a modality opens, for its own functions: a picture, or what another one has."""

    @property
    def name(self) -> str:
        """Name as given; a stranger's text, to be escaped where it is shown."""

    @property
    def sha256(self) -> str:
        """Hash of what it holds: two files that hold the same share it."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in memory."""


@runtime_checkable
class Readable(Protocol):
    """A file that is open for reading bytes: of ``open(path, "rb")``, ``io.BytesIO``, an upload."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""


Source = (
    str | Path | bytes | bytearray | memoryview | Readable | Image.Image
    | npt.NDArray[np.generic] | OpenedSource
)  # fmt: skip
"""What people have in hand, to be opened by the modality of the model it is for."""


@dataclass(frozen=True)
class Seen(Stored):
    """What a result tells of its source; each modality has its own, with further fields.

    ``modality`` names the kind in documents, where fields of pictures stand without it.
    """

    modality: ClassVar[str] = ""
    kinds: ClassVar[dict[str, type[Seen]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.kinds[cls.modality] = cls

    @property
    def name(self) -> str:
        """Name of the source, to be escaped where it is shown."""
        raise NotImplementedError

    @property
    def sha256(self) -> str:
        """Hash of the source: equal for two results about the same one."""
        raise NotImplementedError

    def place(self) -> dict[str, Any]:
        """Return where a map lies on the source, for documents; nothing where it covers all."""
        return {}
