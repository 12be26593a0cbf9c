"""Weights that somebody brings: looked at from outside, without TensorFlow, before they are read.

Only what holds numbers and nothing that runs: safetensors, or HDF5 with weights alone. A name says
nothing about what is inside, so the first bytes are looked at too.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import InputError, StoreError, WeightsError
from core.modalities.picture import images
from core.models.fingerprint import checked_file
from core.models.spec import ModelSpec
from core.runs import file_facts, unfinished_root

__all__ = [
    "WeightFile", "checked_classes", "checked_name", "checked_size", "inspect_weight_file",
    "save_weight_file"
]  # fmt: skip

Kind = Literal["safetensors", "h5"]
_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAD = 16
_LONGEST_HEADER = 100_000_000
_LEAST_CAP = 64 * 2**20
_UNKNOWN_CAP = 4 * 2**30
_BYTES = 3 * 4 * 1.25
"""A weight in float32, the two moments that an optimizer may have left beside it, and names."""
_NAMES, _LONGEST_NAME, _WIDEST = 20_000, 120, 1024


@dataclass(frozen=True)
class WeightFile:
    """A file of weights that looks right from outside.

    Parameters
    ----------
    file : Path
        Where it lies, or where :func:`save_weight_file` will put it.
    sha256 : str
    payload : bytes or None
        What :func:`save_weight_file` writes; ``None`` for a file that lies there already.
    """

    file: Path
    sha256: str
    payload: bytes | None


def inspect_weight_file(weights: bytes | Path, spec: ModelSpec) -> WeightFile:
    """Check size and kind of a file, or of a file's bytes.

    Raises
    ------
    WeightsError
        If it is missing, far larger than the architecture's weights, or of another kind: a pickle
        or a serialized model under any name.
    """
    if isinstance(weights, bytes):
        _check_size(len(weights), spec)
        kind = _kind(weights[:_HEAD], len(weights))
        digest = hashlib.sha256(weights).hexdigest()
        return WeightFile(unfinished_root() / f"brought-{digest[:16]}.{kind}", digest, weights)
    file = checked_file(str(weights))
    size = file.stat().st_size
    _check_size(size, spec)
    with file.open("rb") as opened:
        kind = _kind(opened.read(_HEAD), size)
    if not file.name.endswith(kind):
        raise WeightsError(f"{file.name} is not what its name says: inside it is {_NAMED[kind]}.")
    return WeightFile(file, file_facts(file)[0], None)


def save_weight_file(weight_file: WeightFile) -> None:
    """Write what was brought as bytes to where its request says that it lies.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    if weight_file.payload is None:
        return
    try:
        weight_file.file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=weight_file.file.parent, delete=False) as draft:
            draft.write(weight_file.payload)
        Path(draft.name).replace(weight_file.file)
    except OSError as error:
        raise StoreError(f"Cannot keep the weights: {error.strerror or error}.") from error


_NAMED: dict[Kind, str] = {"safetensors": "a safetensors file", "h5": "an HDF5 file"}
_REFUSED = (
    (b"\x80", "a pickle, which runs code when it is opened"),
    (b"PK", "an archive: a whole serialized model (.keras, .pt), which is not opened"),
)


def _kind(head: bytes, size: int) -> Kind:
    if head.startswith(_HDF5):
        return "h5"
    length = int.from_bytes(head[:8], "little")
    if head[8:9] == b"{" and length <= min(size - 8, _LONGEST_HEADER):
        return "safetensors"
    found = next((words for mark, words in _REFUSED if head.startswith(mark)), "something else")
    raise WeightsError(
        f"This is {found}. Expected weights alone, as .safetensors or .weights.h5 "
        "(in Keras: model.save_weights(...))."
    )


def _check_size(size: int, spec: ModelSpec) -> None:
    most = max(_LEAST_CAP, int(_BYTES * spec.n_parameters)) if spec.n_parameters else _UNKNOWN_CAP
    if not 0 < size <= most:
        raise WeightsError(
            f"The file has {size / 1e6:,.1f} MB. {spec.name} has {spec.n_parameters:,} weights, so "
            f"at most {most / 1e6:,.0f} MB are read: choose the architecture that the file is of."
        )


def checked_classes(names: Sequence[str], *, fewest: int = 2) -> tuple[str, ...]:
    """Return the names of the classes, each once, none empty.

    Raises
    ------
    InputError
        If they are fewer than ``fewest``, or one is empty, twice there, or no line of text.
    """
    labels = tuple(" ".join(name.split()) for name in names)
    if not fewest <= len(labels) <= _NAMES:
        raise InputError(
            f"Expected 2 to {_NAMES} class names, one a logit. Received: {len(labels)}."
        )
    wrong = [x for x in labels if not x.isprintable() or not 0 < len(x) <= _LONGEST_NAME]
    twice = [x for x in labels if labels.count(x) > 1] if len(set(labels)) < len(labels) else []
    for bad, what in ((wrong, f"of 1 to {_LONGEST_NAME} printable characters"), (twice, "unique")):
        if bad:
            raise InputError(f"Class names must be {what}. Received: {bad[0][:_LONGEST_NAME]!r}.")
    return labels


def checked_name(name: str) -> str:
    """Return a model's name as one line.

    Raises
    ------
    InputError
        If it is empty, too long, or no text.
    """
    line = " ".join(name.split())
    if not line.isprintable() or not 0 < len(line) <= _LONGEST_NAME:
        raise InputError(
            f"The name must have 1 to {_LONGEST_NAME} printable characters. Received: "
            f"{line[:_LONGEST_NAME]!r}."
        )
    return line


def checked_size(size: int) -> int:
    """Return the side of an input in pixels.

    Raises
    ------
    InputError
        If no picture has it.
    """
    if not images.MIN_SIDE <= size <= _WIDEST:
        raise InputError(
            f"The input size must be from {images.MIN_SIDE} to {_WIDEST} px. Received: {size}."
        )
    return size
