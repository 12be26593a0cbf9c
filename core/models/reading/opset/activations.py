"""Functions of one number, and softmax."""

from __future__ import annotations

import numpy as np

from core.models.reading.opset.elementwise import along, as_number, binary, unary
from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import Value, wider

__all__: list[str] = []

_LARGEST = 2.0**30
_SELU = (1.6732632423543772, 1.0507009873554805)


def _register(kind: str, activation: str) -> None:
    def rebuild(node: Node, make: Maker) -> Value:
        x = node.value()
        return unary(x, make.layer("Activation", x.tensor, activation=activation))

    operator(kind)(rebuild)


for _kind, _activation in {
    "Sigmoid": "sigmoid", "Tanh": "tanh", "HSwish": "hard_silu", "HSigmoid": "hard_sigmoid",
    "SoftPlus": "softplus", "SoftSign": "softsign", "Mish": "mish",
}.items():  # fmt: skip
    _register(_kind, _activation)


@operator("Relu")
def relu(node: Node, make: Maker) -> Value:
    """Rebuild a ReLU."""
    return unary(node.value(), make.layer("ReLU", node.value().tensor))


@operator("Clamp")
def clamp(node: Node, make: Maker) -> Value:
    """Rebuild bounds on both sides; from 0 on it is a ReLU."""
    x, low, high = node.value(), float(node.attributes["min"]), float(node.attributes["max"])
    if low == 0:
        top = None if high > _LARGEST else high
        return unary(x, make.layer("ReLU", x.tensor, max_value=top))
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    return unary(x, make.op("Clip", x.tensor, x_min=low, x_max=high))


@operator("PRelu")
def prelu(node: Node, make: Maker) -> Value:
    """Rebuild a ReLU with slopes of the file, one for all or one a channel."""
    x, slopes = node.value(), node.numbers(1, "slope").astype(np.float32)
    slope = as_number(slopes)
    if slope is not None and slope >= 0:
        return unary(x, make.layer("LeakyReLU", x.tensor, negative_slope=slope))
    if slopes.ndim == 1 and x.rank > 1 and slopes.size == x.shape[1]:  # one a channel, axis 1
        slopes = slopes.reshape(-1, *([1] * (x.rank - 2)))
    found = along(x, slopes)
    if found is None:
        raise node.unknown("slopes that vary along several axes are not known")
    axis, numbers = found
    order = (*(a for a in x.axes if a != axis), axis)
    tensor = make.place(x, order)
    shape = [1] * (len(order) - 1) + [x.shape[axis]]
    alpha = np.broadcast_to(numbers, (x.shape[axis],)).reshape(shape)
    made = make.layer(
        "PReLU", tensor, weights=[alpha], shared_axes=list(range(1, len(order))) or None
    )
    return Value(x.shape, order, made)


@operator("Elu")
def elu(node: Node, make: Maker) -> Value:
    """Rebuild an ELU."""
    x = node.value()
    return unary(x, make.layer("ELU", x.tensor, alpha=float(node.attributes["alpha"])))


@operator("Selu")
def selu(node: Node, make: Maker) -> Value:
    """Rebuild a SELU, of the usual constants or others."""
    x = node.value()
    alpha, scale = (float(node.numbers(i, "constant").reshape(-1)[0]) for i in (1, 2))
    if np.allclose((alpha, scale), _SELU, rtol=1e-6):
        return unary(x, make.layer("Activation", x.tensor, activation="selu"))
    made = make.layer("ELU", x.tensor, alpha=alpha, part="elu")
    return unary(x, make.op("Multiply", made, scale))


@operator("Gelu")
def gelu(node: Node, make: Maker) -> Value:
    """Rebuild a GELU, exact or by tanh."""
    x = node.value()
    if str(node.attributes.get("approximation_mode", "ERF")).upper() == "TANH":
        return unary(x, make.op("Gelu", x.tensor, approximate=True))
    return unary(x, make.op("Gelu", x.tensor, approximate=False))


@operator("Swish")
def swish(node: Node, make: Maker) -> Value:
    """Rebuild ``x · sigmoid(βx)``."""
    x = node.value()
    beta = 1.0 if len(node.given) < 2 else float(node.numbers(1, "β").reshape(-1)[0])
    if beta == 1:
        return unary(x, make.layer("Activation", x.tensor, activation="silu"))
    steep = make.op("Multiply", x.tensor, beta, part="beta")
    gate = make.layer("Activation", steep, activation="sigmoid", part="gate")
    return binary(make, "Multiply", x, unary(x, gate))


@operator("HardSigmoid")
def hard_sigmoid(node: Node, make: Maker) -> Value:
    """Rebuild ``min(max(αx + β, 0), 1)``."""
    x = node.value()
    alpha, beta = (float(node.numbers(i, "constant").reshape(-1)[0]) for i in (1, 2))
    line = make.layer("Rescaling", x.tensor, scale=alpha, offset=beta, part="line")
    return unary(x, make.layer("ReLU", line, max_value=1.0))


@operator("Softmax", "LogSoftmax")
def softmax(node: Node, make: Maker) -> Value:
    """Rebuild shares along an axis, or their logarithms."""
    x = node.value()
    axis = int(node.attributes["axis"]) % x.rank
    if axis not in x.axes:
        order = (*(a for a in x.axes if a in wider(x.shape)), axis)
        x = Value(x.shape, order, make.place(x, order))
    at = x.at(axis)
    last = at == len(x.axes)
    if node.kind == "LogSoftmax":
        return unary(x, make.op("LogSoftmax", x.tensor, axis=-1 if last else at))
    if last:
        return unary(x, make.layer("Activation", x.tensor, activation="softmax"))
    return unary(x, make.layer("Softmax", x.tensor, axis=at))
