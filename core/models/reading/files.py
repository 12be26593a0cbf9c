"""Files of Keras models: ``.keras`` archives and whole-model ``.h5``, opened without Keras.

What is inside decides, not the name: the first bytes tell an archive from HDF5.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from core.errors import ModelFileError
from core.models.reading.config import clean
from core.models.reading.hdf5 import Held, checked
from core.models.reading.plain import MOST_TEXT, Json, load_json, refuse

__all__ = ["HDF5", "Described", "open_archive", "open_hdf5"]

HDF5 = b"\x89HDF\r\n\x1a\n"
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MOST_MEMBERS, _CHUNK = 1_000, 2**20


@dataclass(frozen=True)
class Described:
    """A Keras model as its file describes it, cleaned.

    Parameters
    ----------
    name : str
        The file's, for sentences.
    format : str
        ``"keras"`` or ``"keras-h5"``.
    config : dict
        As :func:`core.models.reading.config.clean` returns it.
    weights : Path
        HDF5 with its weights.
    held : Held
        What that holds.
    loss : str
        What it was trained with, where one of Keras' names says so; else ``""``.
    """

    name: str
    format: str
    config: dict[str, Any]
    weights: Path
    held: Held
    loss: str = ""


def open_archive(path: Path, folder: Path) -> Described:
    """Open a ``.keras`` file; its weights are put into ``folder``.

    Raises
    ------
    ModelFileError
        If it is damaged, holds more than it says, or code.
    """
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if len(archive.infolist()) > _MOST_MEMBERS or len(members) < len(archive.infolist()):
                refuse(name, "it has too many members, or two of one name.")
            missing = [each for each in (_CONFIG, _WEIGHTS) if each not in members]
            if missing:
                refuse(name, f"it has no {' and no '.join(missing)}: it is no .keras file of Keras "
                       "3. Save the model again with model.save('model.keras').")  # fmt: skip
            text = _read(archive, members[_CONFIG], MOST_TEXT, name)
            weights = folder / _WEIGHTS
            _extract(archive, members[_WEIGHTS], weights, path.stat().st_size, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError,
            RuntimeError, ValueError) as error:  # fmt: skip
        raise ModelFileError(f"{name} is a damaged archive ({error}).") from error
    read = load_json(text, name)
    loss = _loss(read.get("compile_config"))
    return Described(name, "keras", clean(read, name), weights, checked(weights, name), loss)


def open_hdf5(path: Path) -> Described:
    """Open a whole model that was saved as HDF5.

    Raises
    ------
    ModelFileError
        If it is damaged, holds weights alone, or code.
    """
    name = path.name
    held = checked(path, name)
    try:
        with h5py.File(path, "r") as file:
            text: Json = file.attrs.get("model_config")
            trained: Json = file.attrs.get("training_config")
    except Exception as error:  # whatever the library makes of a damaged file
        raise ModelFileError(f"{name} is a damaged HDF5 file ({error}).") from error
    if not isinstance(text, str | bytes):
        refuse(name, "it holds weights alone, without the model's layers. Save the whole "
               "model (model.save('model.keras')), or say which architecture it is.")  # fmt: skip
    loss = _loss(load_json(trained, name)) if isinstance(trained, str | bytes) else ""
    return Described(name, "keras-h5", clean(load_json(text, name), name), path, held, loss)


def _loss(compiled: Json) -> str:
    """Return the name of a loss: a word, whatever else a file says."""
    said = compiled.get("loss") if isinstance(compiled, dict) else None
    if isinstance(said, dict):  # {"class_name": …, "config": {"name": …}}
        said = said.get("config", {}).get("name") if isinstance(said.get("config"), dict) else None
    return said if isinstance(said, str) and said.isidentifier() else ""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, name: str) -> bytes:
    with archive.open(info) as member:
        read = member.read(most + 1)
    if len(read) > most:
        refuse(name, f"{info.filename} is longer than {most // 2**20} MB.")
    return read


def _extract(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, to: Path, size: int, name: str
) -> None:
    """Write a member to a file, as long as it is no more than packed weights can be."""
    most, written = 64 * size + _CHUNK, 0
    with archive.open(info) as member, to.open("wb") as file:
        while chunk := member.read(_CHUNK):
            written += len(chunk)
            if written > most:
                refuse(name, f"{info.filename} unpacks to more than 64 times the file.")
            file.write(chunk)
