"""LiteRT files (``.tflite``), looked at before OpenVINO reads them: operators, tensors, labels."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from core.models.reading.flatbuffer import Table
from core.models.reading.graph_file import GraphFile, check_nodes, check_tensor, labels_in
from core.models.reading.plain import refuse, shown

__all__ = ["opened", "tells"]

_MAGIC = b"TFL3"
_MOST_TENSORS, _MOST_LABELS = 100_000, 2**20
# Places in tables, from the schema of LiteRT (schema.fbs).
_CODES, _SUBGRAPHS = 1, 2
_CUSTOM = 1
_TENSORS, _OPERATORS = 0, 3
_SHAPE, _NAME = 0, 3


def tells(path: Path, head: bytes) -> bool:
    """Whether a file is a LiteRT model: it says so after its first four bytes."""
    del path
    return head[4:8] == _MAGIC


def opened(path: Path, folder: Path) -> GraphFile:
    """Look at a LiteRT file.

    Raises
    ------
    ModelFileError
        If it is damaged, too large, or has operators of strangers.
    """
    del folder
    where = path.name
    model = Table.root(path.read_bytes(), where)
    for code in model.tables(_CODES, _MOST_TENSORS):
        if custom := code.text(_CUSTOM):
            refuse(where, f"its operator {shown(custom)} is none of LiteRT's own: convert the "
                   "model with built-in operators alone (TFLITE_BUILTINS).")  # fmt: skip
    nodes = 0
    for graph in model.tables(_SUBGRAPHS, 1_000):
        nodes += graph.length(_OPERATORS)
        for tensor in graph.tables(_TENSORS, _MOST_TENSORS):
            check_tensor(tensor.whole_numbers(_SHAPE), where, tensor.text(_NAME))
    check_nodes(nodes, where)
    return GraphFile(where, "tflite", "tflite", path, (path,), _labels(path))


def _labels(path: Path) -> tuple[str, ...]:
    """Return the labels that are packed behind a model, as its metadata writers do it."""
    try:
        with zipfile.ZipFile(path) as archive:
            named = [each for each in archive.infolist() if each.filename.endswith(".txt")]
            if len(named) != 1 or named[0].file_size > _MOST_LABELS:
                return ()
            with archive.open(named[0]) as member:
                return labels_in(member.read(_MOST_LABELS).decode("utf-8", "replace"))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
            zlib.error):  # fmt: skip
        return ()  # there are none: most files have no archive behind them
