"""ONNX files, looked at before OpenVINO reads them: operators, tensors, files they name.

ONNX may keep its weights in other files, named by any path, and its readers follow it. Here a name
that leads out of the model's folder is refused, wherever in the graph it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from core.models.reading.graph_file import (
    GraphFile,
    beside,
    check_nodes,
    check_tensor,
    labels_in,
)
from core.models.reading.plain import refuse, shown
from core.models.reading.wire import Wire

__all__ = ["opened", "tells"]

_DOMAINS = frozenset({"", "ai.onnx", "com.microsoft"})
_OF_TABLES = "ai.onnx.ml"
_DEEPEST = 30
_NAMING = frozenset({"names", "classes", "class_names", "labels"})
_NUMBERED = re.compile(r"""\d+\s*:\s*(?:'([^']*)'|"([^"]*)")""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
# Numbers of fields, from the specification of ONNX (onnx.proto).
_GRAPH, _METADATA, _TRAINING, _FUNCTIONS = 7, 14, 20, 25
_MOST_VERSION = 64


def tells(path: Path, head: bytes) -> bool:
    """Whether a file is an ONNX model: a message that begins with the version of its form."""
    del path
    return len(head) > 8 and head[0] == 8 and 0 < head[1] < _MOST_VERSION


def opened(path: Path, folder: Path) -> GraphFile:
    """Look at an ONNX file.

    Raises
    ------
    ModelFileError
        If it is damaged, too large, names files outside its folder or operators of strangers, or
        ends in a dictionary or a list.
    """
    del folder
    data = memoryview(path.read_bytes())
    look = _Look(path, Wire(path.name))
    look.model(data)
    check_nodes(look.nodes, path.name)
    return GraphFile(
        path.name, "onnx", "onnx", path, (path, *dict.fromkeys(look.files)), look.classes
    )


@dataclass
class _Look:
    """One walk through a file."""

    path: Path
    wire: Wire
    nodes: int = 0
    files: list[Path] = field(default_factory=list)
    classes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return self.path.name

    def model(self, data: memoryview) -> None:
        for number, value in self.wire.fields(data):
            if isinstance(value, int):
                continue
            if number == _GRAPH:
                self.graph(value, 0)
            elif number == _TRAINING:
                for each in self.wire.messages(value, 1, 2):
                    self.graph(each, 1)
            elif number == _FUNCTIONS:
                for each in self.wire.messages(value, 7):
                    self.node(each, 1)
            elif number == _METADATA:
                self.metadata(value)

    def graph(self, data: memoryview, depth: int) -> None:
        if depth > _DEEPEST:
            refuse(self.where, f"its graphs are nested more than {_DEEPEST} deep.")
        for number, value in self.wire.fields(data):
            if isinstance(value, int):
                continue
            if number == 1:
                self.node(value, depth)
            elif number == 5:
                self.tensor(value)
            elif number == 15:
                self.sparse(value)
            elif number in (11, 12, 13):
                self.described(value, ends=number == 12 and depth == 0)

    def node(self, data: memoryview, depth: int) -> None:
        self.nodes += 1
        check_nodes(self.nodes, self.where)
        kinds, domains = self.wire.texts(data, 4), self.wire.texts(data, 7)
        kind = kinds[-1] if kinds else ""
        for domain in domains:
            self._check_domain(domain, kind)
        for attribute in self.wire.messages(data, 5):
            for number, value in self.wire.fields(attribute):
                if isinstance(value, int):
                    continue
                if number in (5, 10):
                    self.tensor(value)
                elif number in (6, 11):
                    self.graph(value, depth + 1)
                elif number in (22, 23):
                    self.sparse(value)

    def _check_domain(self, domain: str, kind: str) -> None:
        if domain == _OF_TABLES:
            way = (
                "it returns a dictionary; export the scores alone (zipmap=False)"
                if kind == "ZipMap"
                else "it is of a model of tables, and a network of pictures is expected"
            )
            refuse(self.where, f"its operator {shown(kind)} is of {_OF_TABLES}: {way}.")
        if domain not in _DOMAINS:
            refuse(self.where, f"its operator {shown(kind)} is of {shown(domain)}, and none of "
                   "ONNX's own: export the model with standard operators alone.")  # fmt: skip

    def sparse(self, data: memoryview) -> None:
        check_tensor(self.wire.numbers(data, 3), self.where, "of a sparse one")
        for each in self.wire.messages(data, 1, 2):
            self.tensor(each)

    def tensor(self, data: memoryview) -> None:
        names = self.wire.texts(data, 8)
        shape = self.wire.numbers(data, 1)
        if any(side < 0 for side in shape):
            refuse(self.where, f"the tensor {shown(names[-1:])} has a side below 0.")
        check_tensor(shape, self.where, names[-1] if names else "without a name")
        for entry in self.wire.messages(data, 13):
            keys, values = self.wire.texts(entry, 1), self.wire.texts(entry, 2)
            if "location" in keys:
                self.files += [beside(self.path, each, self.where) for each in values or [""]]

    def described(self, data: memoryview, *, ends: bool) -> None:
        """Check what a graph says of an input, an output or a value between."""
        name = (self.wire.texts(data, 1) or ["without a name"])[-1]
        for kind in self.wire.messages(data, 2):
            for number, value in self.wire.fields(kind):
                if number in (4, 5, 9) and ends:
                    what = {4: "a list", 5: "a dictionary", 9: "what may be missing"}[number]
                    refuse(self.where, f"its output {shown(name)} is {what}, and a row of numbers "
                           "is expected: export the scores alone (of scikit-learn: "
                           "zipmap=False).")  # fmt: skip
                if number == 1 and not isinstance(value, int):
                    for shape in self.wire.messages(value, 2):
                        sides = [
                            self.wire.numbers(side, 1) for side in self.wire.messages(shape, 1)
                        ]
                        check_tensor([s[-1] if s else -1 for s in sides], self.where, name)

    def metadata(self, entry: memoryview) -> None:
        keys, values = self.wire.texts(entry, 1), self.wire.texts(entry, 2)
        if keys and values and keys[-1].lower() in _NAMING:
            text = values[-1]
            found = _NUMBERED.findall(text) or (
                _QUOTED.findall(text) if text.lstrip().startswith(("[", "(")) else []
            )
            listed = [a or b for a, b in found] or text.replace(",", "\n").splitlines()
            self.classes = labels_in("\n".join(listed))
