"""ONNX files written byte by byte, honest and hostile ones: no library of ONNX is needed for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["attribute", "field", "graph", "metadata", "model", "node", "tensor", "value"]

_TYPES = {"float32": 1, "uint8": 2, "int32": 6, "int64": 7, "float16": 10}


def varint(n: int) -> bytes:
    n &= 2**64 - 1
    out = b""
    while True:
        n, low = n >> 7, n & 127
        out += bytes([low | 128 if n else low])
        if not n:
            return out


def field(number: int, value: int | bytes | str) -> bytes:
    """Return one field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(
    name: str, values: Any, *, shape: Sequence[int] | None = None, extra: bytes = b""
) -> bytes:
    """Return a TensorProto."""
    array = np.asarray(values)
    sides = array.shape if shape is None else shape
    out = b"".join(field(1, side) for side in sides)
    return out + field(2, _TYPES[str(array.dtype)]) + field(8, name) + (
        extra or field(9, array.tobytes())
    )  # fmt: skip


def external(**entries: str) -> bytes:
    """Return what makes a tensor one whose numbers lie in another file."""
    pairs = b"".join(field(13, field(1, key) + field(2, said)) for key, said in entries.items())
    return pairs + field(14, 1)


def attribute(name: str, value: Any) -> bytes:
    """Return an AttributeProto."""
    out = field(1, name)
    if isinstance(value, bytes):  # a tensor or a graph, with its field's number before it
        return out + value
    if isinstance(value, float):
        return out + varint(2 << 3 | 5) + np.float32(value).tobytes() + field(20, 1)
    if isinstance(value, int):
        return out + field(3, value) + field(20, 2)
    if isinstance(value, str):
        return out + field(4, value) + field(20, 3)
    return out + b"".join(field(8, int(each)) for each in value) + field(20, 7)


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], *, domain: str = "", **attributes: Any
) -> bytes:
    """Return a NodeProto."""
    out = b"".join(field(1, each) for each in inputs) + b"".join(field(2, each) for each in outputs)
    out += field(3, f"/net/{outputs[0]}/{kind}") + field(4, kind)
    out += b"".join(field(5, attribute(k.rstrip("_"), v)) for k, v in attributes.items())
    return out + (field(7, domain) if domain else b"")


def value(name: str, shape: Sequence[int | str], *, type_: int = 1, kind: bytes = b"") -> bytes:
    """Return a ValueInfoProto; sides that are texts are free."""
    sides = b"".join(
        field(1, field(1, side) if isinstance(side, int) else field(2, side)) for side in shape
    )
    return field(1, name) + field(2, kind or field(1, field(1, type_) + field(2, sides)))


def graph(
    nodes: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes],
    tensors: Sequence[bytes] = (),
) -> bytes:  # fmt: skip
    """Return a GraphProto."""
    out = b"".join(field(1, each) for each in nodes) + field(2, "net")
    out += b"".join(field(5, each) for each in tensors)
    out += b"".join(field(11, each) for each in inputs)
    return out + b"".join(field(12, each) for each in outputs)


def metadata(key: str, text: str) -> bytes:
    """Return an entry of a model's metadata."""
    return field(14, field(1, key) + field(2, text))


def model(graph_: bytes, *, opset: int = 17, extra: bytes = b"") -> bytes:
    """Return a ModelProto."""
    return field(1, 8) + field(7, graph_) + field(8, field(1, "") + field(2, opset)) + extra
