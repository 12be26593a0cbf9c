"""Which reader opens a file: its first bytes say, whatever its name is."""

from __future__ import annotations

import zipfile
from pathlib import Path

from core.contracts import ModelChoices
from core.errors import ModelFileError
from core.files import no_file
from core.models.reading.files import HDF5, Described, open_archive, open_hdf5
from core.models.reading.formats import graph_format
from core.models.reading.graph_file import GraphFile
from core.own_models.formats import FORMATS
from core.own_models.understood import Understood

__all__ = ["open_model", "understood"]

_ONNX = "torch.onnx.export(model, torch.zeros(1, 3, 224, 224), 'model.onnx')"
_PYTHON = frozenset({".py", ".pyc", ".ipynb"})
_MOST_BYTES = 8 * 2**30


def open_model(path: Path, folder: Path) -> Described | GraphFile:
    """Open a model's file; what has to be unpacked is put into ``folder``.

    Raises
    ------
    ModelFileError
        If it is missing, damaged, of another kind, or holds code; the sentence says the way out.
    """
    found = graph_format(path)
    if found is None and (what := no_file(path)):
        if path.is_dir():
            what = "is a folder, and no SavedModel: it has no saved_model.pb"
        raise ModelFileError(f"There is no model file {path.name or path!r}: it {what}.")
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise ModelFileError(f"{path.name} has {size:,} bytes; at most {_MOST_BYTES:,} are read.")
    if found is not None:
        return found.opened(path, folder)
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(HDF5):
        return open_hdf5(path)
    if head.startswith(b"PK\x03\x04") and not _is_torch(path):
        return open_archive(path, folder)
    raise ModelFileError(_other(path, head))


def understood(found: Described | GraphFile, choices: ModelChoices, *, sha256: str) -> Understood:
    """Return what an opened file holds, checked by running it.

    Raises
    ------
    ModelFileError
        If it does not fit together, or is no model of pictures.
    InputError
        If a choice does not fit, or what comes out are no logits, probabilities or values.
    """
    # TensorFlow is loaded for a description of Keras alone.
    if isinstance(found, GraphFile):
        from core.own_models.forward_only import understand_graph

        return understand_graph(found, choices, sha256=sha256)
    from core.own_models.understanding import understand

    return understand(found, choices, sha256=sha256)


def _is_torch(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _other(path: Path, head: bytes) -> str:
    """Return the sentence for a file that no reader opens."""
    name, suffix = path.name, path.suffix.lower()
    if head.startswith((b"\x80", b"PK")):
        return (
            f"{name} is a pickle, which runs code when it is opened, so it is not. From PyTorch "
            f"export it as ONNX (two lines): import torch; {_ONNX}"
        )
    if suffix in _PYTHON:
        return (
            f"{name} is code, and no model: nothing of it is run. Save the model itself with "
            "model.save('model.keras'), or register a builder from Python (core.api."
            "register_model)."
        )
    if not head:
        return f"{name} is empty. A model file is expected: {', '.join(FORMATS)}."
    return f"{name} is none of the model files that are opened: {', '.join(FORMATS)}."
