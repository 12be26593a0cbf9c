"""Small ONNX models of the kinds that people export, beside the same in Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers as L  # noqa: N812 (as everybody writes it)

from tests.models.reading import onnx_writer as w

__all__ = ["ONNX", "Pair", "as_onnx", "network"]


@dataclass(frozen=True)
class Pair:
    """A file's bytes, and a Keras model of the same numbers, channels last."""

    data: bytes
    keras: Any


def drawn(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(0, 0.3, shape).astype(np.float32)


def as_onnx(twin: Any) -> bytes:
    """Return a network of :func:`network`'s form that ends in a softmax, as ONNX."""
    one, two, bn, head = (twin.get_layer(name).get_weights() for name in _LAYERS)
    held = {
        "k1": one[0].transpose(3, 2, 0, 1), "b1": one[1], "k2": two[0].transpose(3, 2, 0, 1),
        "s": bn[0], "o": bn[1], "m": bn[2], "v": bn[3], "k3": head[0].T, "b3": head[1],
    }  # fmt: skip
    height, width, channels = twin.input_shape[1:]
    last = [w.node("Softmax", ["logits"], ["p"], axis=1)]
    return _first(channels, height, width, last, len(head[1]), end="p", held=held)


_LAYERS = ("one", "two", "bn", "head")


def _first(channels: int, height: int, width: int, last: list[bytes], n: int, **more: Any) -> bytes:
    """Return two convolutions, a pool and a head behind NCHW pictures."""
    nodes = [
        w.node("Conv", ["x", "k1", "b1"], ["c1"], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        w.node("Relu", ["c1"], ["r1"]),
        w.node("MaxPool", ["r1"], ["p1"], kernel_shape=[2, 2], strides=[2, 2]),
        w.node("Conv", ["p1", "k2"], ["c2"], kernel_shape=[3, 3]),
        w.node("BatchNormalization", ["c2", "s", "o", "m", "v"], ["n2"], epsilon=1e-3),
        w.node("Relu", ["n2"], ["r2"]),
        w.node("GlobalAveragePool", ["r2"], ["g"]),
        w.node("Flatten", ["g"], ["f"], axis=1),
        w.node("Gemm", ["f", "k3", "b3"], ["logits"], transB=1),
        *last,
    ]
    held = more.pop("held", None) or {
        "k1": drawn(6, channels, 3, 3), "b1": drawn(6), "k2": drawn(8, 6, 3, 3), "s": drawn(8),
        "o": drawn(8), "m": drawn(8), "v": np.abs(drawn(8)) + 0.1, "k3": drawn(n, 8),
        "b3": drawn(n),
    }  # fmt: skip
    end = more.pop("end", "logits")
    sides = more.pop("sides", ("N", channels, height, width))
    graph = w.graph(nodes, [w.value("x", sides)], [w.value(end, ("N", n))],
                    [w.tensor(k, v) for k, v in held.items()])  # fmt: skip
    return w.model(graph, **more)


def network(channels: int, height: int, width: int, n: int, activation: str | None = None) -> Any:
    """Return two convolutions, a pool and a head in Keras."""
    i = keras.Input((height, width, channels))
    x = L.ReLU()(L.Conv2D(6, 3, padding="same", name="one")(i))
    x = L.Conv2D(8, 3, use_bias=False, name="two")(L.MaxPool2D()(x))
    x = L.ReLU()(L.BatchNormalization(epsilon=1e-3, name="bn")(x))
    x = L.Dense(n, activation, name="head")(L.GlobalAveragePooling2D()(x))
    return keras.Model(i, x)


def _twin(channels: int, height: int, width: int, n: int, activation: str | None = None) -> Any:
    model = network(channels, height, width, n, activation)
    model.get_layer("one").set_weights([drawn(6, channels, 3, 3).transpose(2, 3, 1, 0), drawn(6)])
    model.get_layer("two").set_weights([drawn(8, 6, 3, 3).transpose(2, 3, 1, 0)])
    model.get_layer("bn").set_weights([drawn(8), drawn(8), drawn(8), np.abs(drawn(8)) + 0.1])
    model.get_layer("head").set_weights([drawn(n, 8).T, drawn(n)])
    return model


def logits() -> Pair:
    names = w.metadata("names", "{0: 'ant', 1: \"bee\", 2: 'cow'}")
    return Pair(_first(3, 24, 32, [], 3, extra=names), _twin(3, 24, 32, 3))


def softmax() -> Pair:
    last = [w.node("Softmax", ["logits"], ["p"], axis=1)]
    return Pair(_first(3, 24, 24, last, 4, end="p"), _twin(3, 24, 24, 4, "softmax"))


def one_sigmoid() -> Pair:
    last = [w.node("Sigmoid", ["logits"], ["p"])]
    return Pair(_first(3, 24, 24, last, 1, end="p"), _twin(3, 24, 24, 1, "sigmoid"))


def multi_label() -> Pair:
    last = [w.node("Sigmoid", ["logits"], ["p"])]
    return Pair(_first(3, 16, 24, last, 5, end="p"), _twin(3, 16, 24, 5, "sigmoid"))


def grey() -> Pair:
    return Pair(_first(1, 28, 28, [], 10), _twin(1, 28, 28, 10))


def four_channels() -> Pair:
    return Pair(_first(4, 20, 20, [], 3), _twin(4, 20, 20, 3))


def regression() -> Pair:
    return Pair(_first(3, 24, 24, [], 1), _twin(3, 24, 24, 1))


def free_sides() -> Pair:
    """Everything is free but the number of channels."""
    data = _first(3, 0, 0, [], 3, sides=("N", 3, "H", "W"))
    return Pair(data, _twin(3, 24, 24, 3))


def scaled_inside() -> Pair:
    """Pictures of 0 to 255, (x − mean) / deviation inside."""
    mean, scale = np.array([120, 110, 100], np.float32), np.array([50, 55, 60], np.float32)
    inner = _first(3, 24, 24, [], 3)
    nodes = [w.node("Sub", ["raw", "mean"], ["d"]), w.node("Div", ["d", "scale"], ["x"])]
    held = [
        w.tensor("mean", mean.reshape(1, 3, 1, 1)),
        w.tensor("scale", scale.reshape(1, 3, 1, 1)),
    ]
    graph = b"".join(w.field(1, each) for each in nodes) + b"".join(w.field(5, e) for e in held)
    graph += w.field(11, w.value("raw", ("N", 3, 24, 24)))
    net = _graph_without_input(inner)
    i = keras.Input((24, 24, 3))
    twin = keras.Model(i, _twin(3, 24, 24, 3)((i - mean) / scale))
    return Pair(w.model(graph + net), twin)


def _graph_without_input(model: bytes) -> bytes:
    from core.models.reading.wire import Wire

    wire = Wire("test")
    (found,) = wire.messages(memoryview(model), 7)
    return b"".join(
        w.field(number, bytes(value))
        for number, value in wire.fields(found)
        if number != 11 and not isinstance(value, int)
    )


ONNX: dict[str, Callable[[], Pair]] = {
    make.__name__: make
    for make in (
        logits, softmax, one_sigmoid, multi_label, grey, four_channels, regression, free_sides,
        scaled_inside,
    )
}  # fmt: skip
