"""TensorFlow SavedModels, folders or zips of one, looked at before OpenVINO reads them."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from core.errors import ModelFileError
from core.models.reading.graph_file import MOST_NODES, GraphFile, check_nodes
from core.models.reading.plain import refuse, shown
from core.models.reading.wire import Wire

__all__ = ["opened", "opened_zip", "tells", "tells_zip"]

_GRAPH = "saved_model.pb"
_KEPT = re.compile(
    r"saved_model\.pb|fingerprint\.pb|keras_metadata\.pb|variables/variables\.index"
    r"|variables/variables\.data-\d{5}-of-\d{5}|assets(\.extra)?/[^/]+|assets(\.extra)?|variables"
)
_MOST_FILES, _MOST_BYTES, _MOST_GRAPH = 1_000, 8 * 2**30, 2**30
_MOST_NODES = 5 * MOST_NODES
"""Of TensorFlow, where constants, variables, reads and copies for saving are nodes too."""
_CHUNK = 2**20
_CODE = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
_FILES = re.compile(
    r"(Read|Write|Save|Restore|Matching|Delete|Load|Decode\w*Record|.*From.*File)\w*"
)
_OF_SAVING = frozenset({"RestoreV2", "SaveV2", "MergeV2Checkpoints", "ReadVariableOp",
                        "SaveSlices", "Save", "Restore"})  # fmt: skip
"""Of every SavedModel: how it is saved again, and how variables are read."""


def tells(path: Path, head: bytes) -> bool:
    """Whether a folder is a SavedModel."""
    del head
    return path.is_dir() and (path / _GRAPH).is_file()


def tells_zip(path: Path, head: bytes) -> bool:
    """Whether a file is a zip of a SavedModel."""
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(PurePosixPath(name).name == _GRAPH for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False


def opened(path: Path, folder: Path) -> GraphFile:
    """Look at a SavedModel in a folder.

    Raises
    ------
    ModelFileError
        If it is damaged, too large, holds what is no part of one, or runs Python.
    """
    del folder
    parts = tuple(_parts(path))
    graph = path / _GRAPH
    size = graph.stat().st_size
    if size > _MOST_GRAPH:
        refuse(path.name, f"its graph has {size:,} bytes; at most {_MOST_GRAPH:,} are read.")
    _check_graph(graph.read_bytes(), path.name)
    return GraphFile(path.name, "saved_model", "tf", path, parts)


def opened_zip(path: Path, folder: Path) -> GraphFile:
    """Look at a zip of a SavedModel; it is unpacked into ``folder``.

    Raises
    ------
    ModelFileError
        As :func:`opened`; or it unpacks to far more than it is, or out of the folder.
    """
    inside = folder / "saved_model"
    try:
        with zipfile.ZipFile(path) as archive:
            _unpack(archive, inside, 64 * path.stat().st_size + _CHUNK, path.name)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError,
            zlib.error) as error:  # fmt: skip
        raise ModelFileError(f"{path.name} is a damaged archive ({error}).") from error
    found = opened(inside, folder)
    return GraphFile(path.name, found.format, found.front_end, inside, (path,))


def _parts(path: Path) -> list[Path]:
    """Return the files of a folder, each known to be one of a SavedModel."""
    found, n_bytes = [], 0
    for i, each in enumerate(sorted(path.rglob("*"))):
        name = each.relative_to(path).as_posix()
        if each.is_symlink():
            refuse(path.name, f"{shown(name)} in it is a link: not followed.")
        if not _KEPT.fullmatch(name) or i >= _MOST_FILES:
            refuse(path.name, f"{shown(name)} in it is no part of a SavedModel: give the folder "
                   "that model.export() wrote, and nothing else in it.")  # fmt: skip
        if each.is_file():
            n_bytes += each.stat().st_size
            found.append(each)
    if n_bytes > _MOST_BYTES:
        refuse(path.name, f"it has {n_bytes:,} bytes; at most {_MOST_BYTES:,} are read.")
    return found


def _unpack(archive: zipfile.ZipFile, to: Path, most: int, where: str) -> None:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) > _MOST_FILES:
        refuse(where, "it has too many members.")
    tops = [PurePosixPath(each.filename).parent for each in members
            if PurePosixPath(each.filename).name == _GRAPH]  # fmt: skip
    if len(tops) != 1:
        refuse(where, f"it holds {len(tops)} SavedModels; one is expected.")
    written = 0
    for member in members:
        whole = PurePosixPath(member.filename)
        if whole.parts[:1] == ("__MACOSX",) or whole.name == ".DS_Store":
            continue
        name = whole.relative_to(tops[0]).as_posix() if whole.is_relative_to(tops[0]) else ""
        if not _KEPT.fullmatch(name) or ".." in whole.parts:
            refuse(where, f"{shown(member.filename)} in it is no part of a SavedModel.")
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("xb") as file:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > most:
                    refuse(where, "it unpacks to more than 64 times the file.")
                file.write(chunk)


def _check_graph(data: bytes, where: str) -> None:
    """Count operators, and refuse those that run Python or touch files."""
    wire, nodes = Wire(where), 0
    for meta in wire.messages(memoryview(data), 2):
        for graph in wire.messages(meta, 2):
            own = list(wire.messages(graph, 1))
            for library in wire.messages(graph, 2):
                for function in wire.messages(library, 1):
                    own += wire.messages(function, 3)
            for node in own:
                nodes += 1
                for kind in wire.texts(node, 2):
                    _check_kind(kind, where)
    check_nodes(nodes, where, most=_MOST_NODES)


def _check_kind(kind: str, where: str) -> None:
    if kind in _CODE:
        refuse(where, f"it calls Python ({kind}), which is not run: use operations of TensorFlow "
               "in place of tf.py_function or tf.numpy_function.")  # fmt: skip
    if _FILES.fullmatch(kind) and kind not in _OF_SAVING:
        refuse(where, f"its operator {shown(kind)} reads or writes files: save the part from the "
               "picture on.")  # fmt: skip
