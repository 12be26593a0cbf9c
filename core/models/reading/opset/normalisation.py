"""Normalisations: by statistics of the file, of a layer, of neighbouring channels, by length."""

from __future__ import annotations

import numpy as np

from core.models.reading.opset.dense import linear
from core.models.reading.opset.elementwise import binary, scaled_along, unary
from core.models.reading.opset.making import Maker
from core.models.reading.opset.reductions import reduced
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import IMAGE, Numbers, Pending, Tensor, Value

__all__: list[str] = []


@operator("BatchNormInference")
def batch_norm(node: Node, make: Maker) -> Value:
    """Rebuild a batch normalisation; it joins a convolution before it."""
    x = node.value()
    gamma, beta, mean, variance = (
        node.numbers(i, "statistics").astype(np.float64).reshape(-1) for i in (1, 2, 3, 4)
    )
    scale = gamma / np.sqrt(variance + float(node.attributes["epsilon"]))
    along = [1] * x.rank
    along[1] = -1
    made = scaled_along(
        make, x, scale.reshape(along), (beta - mean * scale).reshape(along), sole=node.sole[0],
        shape=node.shapes[0],
    )  # fmt: skip
    if made is None:
        raise node.unknown(f"channels that do not lie last are not known. Received: {x.shape}")
    return made


@operator("MVN")
def mean_variance(node: Node, make: Maker) -> Value:
    """Rebuild ``(x - mean) / sqrt(variance + ε)``; along the last axis, a layer normalisation."""
    x = node.value()
    if len(node.given) < 2:
        raise node.unknown("its first version is not known")
    axes = sorted({int(a) % x.rank for a in node.numbers(1, "axes").reshape(-1)})
    epsilon = float(node.attributes["eps"])
    scaled = bool(node.attributes["normalize_variance"])
    inside = "inside" in str(node.attributes["eps_mode"]).lower()
    wide = [axis for axis in axes if x.shape[axis] > 1]
    if len(wide) == 1 and x.axes[-1] == wide[0] and scaled and inside:
        return _layer_norm(make, x, epsilon, node.name)
    mean = reduced(make, "Mean", x, wide, keepdims=True)
    less = make.op("Subtract", x.tensor, mean, part="centred")
    if not scaled:
        return unary(x, less)
    square = make.op("Square", less, part="square")
    variance = reduced(make, "Mean", Value(x.shape, x.axes, square), wide, keepdims=True)
    return unary(x, make.op("Divide", less, _deviation(make, variance, epsilon, inside=inside)))


def _deviation(make: Maker, variance: Tensor, epsilon: float, *, inside: bool) -> Tensor:
    if inside:
        return make.op("Sqrt", make.op("Add", variance, epsilon, part="epsilon"), part="deviation")
    return make.op("Add", make.op("Sqrt", variance, part="deviation"), epsilon, part="epsilon")


def _layer_norm(make: Maker, x: Value, epsilon: float, name: str) -> Value:
    k = x.shape[x.axes[-1]]

    def build(scale: Numbers, offset: Numbers) -> Tensor:
        weights = [np.broadcast_to(each, (k,)) for each in (scale, offset)]
        return make.layer(
            "LayerNormalization", x.tensor, weights=weights, axis=-1, epsilon=epsilon, name=name
        )

    return Value(x.shape, x.axes, pending=Pending(np.ones(1), np.zeros(1), build))


@operator("GroupNormalization")
def group_norm(node: Node, make: Maker) -> Value:
    """Rebuild a group normalisation."""
    x = node.value()
    if x.rank != 4 or x.shape[0] != 1:
        raise node.unknown(f"only images (1, C, H, W) are known here. Received: {x.shape}")
    made = make.layer(
        "GroupNormalization", make.place(x, IMAGE),
        weights=[node.numbers(i, "scale").astype(np.float32).reshape(-1) for i in (1, 2)],
        groups=int(node.attributes["num_groups"]), epsilon=float(node.attributes["epsilon"]),
        axis=-1,
    )  # fmt: skip
    return Value(x.shape, IMAGE, made)


@operator("NormalizeL2")
def length(node: Node, make: Maker) -> Value:
    """Rebuild ``x`` divided by its length along axes."""
    x = node.value()
    axes = sorted({int(a) % x.rank for a in node.numbers(1, "axes").reshape(-1)})
    epsilon, most = float(node.attributes["eps"]), str(node.attributes["eps_mode"]).lower()
    squares = Value(x.shape, x.axes, make.op("Square", x.tensor, part="square"))
    total = reduced(make, "Sum", squares, [a for a in axes if x.shape[a] > 1], keepdims=True)
    total = make.op("Maximum" if most == "max" else "Add", total, epsilon, part="epsilon")
    return unary(x, make.op("Divide", x.tensor, make.op("Sqrt", total, part="length")))


@operator("LRN")
def neighbours(node: Node, make: Maker) -> Value:
    """Rebuild a local response normalisation: the window over channels is a band of a matrix."""
    x = node.value()
    axes = [int(a) % x.rank for a in node.numbers(1, "axes").reshape(-1)]
    if axes != [1] or x.rank != 4:
        raise node.unknown("windows over places are not known")
    alpha, beta, bias = (float(node.attributes[key]) for key in ("alpha", "beta", "bias"))
    if bias != 1:
        raise node.unknown("a bias other than 1 is left out by OpenVINO's own passes")
    size, k = int(node.attributes["size"]), x.shape[1]
    if size % 2 == 0:
        raise node.unknown("windows of an even number of channels lie differently in runtimes")
    apart = np.arange(k)[:, None] - np.arange(k)[None]  # channel in, channel out
    band = np.abs(apart) <= size // 2
    image = Value(x.shape, IMAGE, make.place(x, IMAGE))
    squares = unary(image, make.op("Square", image.tensor, part="square"))
    total = linear(make, squares, 1, band * (alpha / size), 1, x.shape)
    total = make.scaled(total, np.ones(1), np.ones(1), sole=True)
    below = make.op("Power", total.tensor, beta, part="power")
    return binary(make, "Divide", image, unary(total, below))
