"""The formats of whole models that are opened: how each is told, looked at, and named.

What is inside decides, not the name: the first bytes tell. Nothing here loads a library of graphs.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.contracts import content_key
from core.models.reading import onnx, openvino_ir, saved_model, tflite
from core.models.reading.graph_file import GraphFile
from core.registry import Registry
from core.runs import file_facts

__all__ = ["GRAPHS", "GraphFormat", "digest", "graph_format"]

_HEAD = 64


@dataclass(frozen=True)
class GraphFormat:
    """A format of graphs that OpenVINO's front ends read.

    Parameters
    ----------
    id : str
    ending : str
        Of its files' names, for people.
    tells : callable
        Whether a path, with its first bytes, is of it.
    opened : callable
        Looks at a file; what has to be unpacked is put into a folder.
    """

    id: str
    ending: str
    tells: Callable[[Path, bytes], bool]
    opened: Callable[[Path, Path], GraphFile]


GRAPHS: Registry[GraphFormat] = Registry(
    "format",
    (
        GraphFormat("onnx", ".onnx", onnx.tells, onnx.opened),
        GraphFormat("tflite", ".tflite", tflite.tells, tflite.opened),
        GraphFormat("openvino", ".xml with its .bin", openvino_ir.tells, openvino_ir.opened),
        GraphFormat("openvino_zip", "a zip of both", openvino_ir.tells_zip, openvino_ir.opened_zip),
        GraphFormat("saved_model", "a SavedModel's folder", saved_model.tells, saved_model.opened),
        GraphFormat(
            "saved_model_zip", "a zip of it", saved_model.tells_zip, saved_model.opened_zip
        ),
    ),
)


def graph_format(path: Path) -> GraphFormat | None:
    """Return the format of a file or folder; ``None`` if it is none of a graph's."""
    head = b""
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(_HEAD)
    return next((each for each in GRAPHS.values() if each.tells(path, head)), None)


def digest(path: Path) -> str:
    """Return the SHA-256 of a model's file; of all its files, where it is made of several.

    Raises
    ------
    ModelFileError
        If what it names is refused.
    """
    found = graph_format(path)
    if found is None or (path.is_file() and zipfile.is_zipfile(path)):
        return file_facts(path)[0]
    with tempfile.TemporaryDirectory(prefix="pellucid-model-") as folder:
        parts = found.opened(path, Path(folder)).parts
    if parts == (path,):
        return file_facts(path)[0]
    top = path if path.is_dir() else path.parent
    return content_key({str(each.relative_to(top)): file_facts(each)[0] for each in parts})
