"""Sums, products and the like of two tensors, or of one and numbers of the file."""

from __future__ import annotations

import numpy as np

from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import IMAGE, Numbers, Tensor, Value, broadcast, relabelled

__all__ = ["along", "as_number", "binary", "scaled_along"]

_LAYERS = frozenset({"Add", "Subtract", "Multiply", "Maximum", "Minimum"})
_LARGEST = 2.0**30
_MOST = 2**24


@operator("Add", "Subtract", "Multiply", "Divide")
def arithmetic(node: Node, make: Maker) -> Value:
    """Rebuild arithmetic; with numbers along the channels it joins the layer before."""
    for i in (0, 1):
        x, other = node.given[i], node.given[1 - i]
        if isinstance(x, Value) and not isinstance(other, Value):
            as_scale = _as_scale(node.kind, np.asarray(other, np.float64), swapped=i == 1)
            if as_scale is None:
                break
            made = scaled_along(make, x, *as_scale, sole=node.sole[i], shape=node.shapes[0])
            if made is not None:
                return made
    return binary(make, node.kind, node.given[0], node.given[1])


def _as_scale(kind: str, numbers: Numbers, *, swapped: bool) -> tuple[Numbers, Numbers] | None:
    """Return what ``x · numbers`` scales by and adds; ``None`` of ``numbers / x``."""
    if kind == "Add":
        return np.ones(1), numbers
    if kind == "Subtract":
        return (-np.ones(1), numbers) if swapped else (np.ones(1), -numbers)
    if kind == "Multiply":
        return numbers, np.zeros(1)
    if swapped or not numbers.all():
        return None
    return 1.0 / numbers, np.zeros(1)


def scaled_along(
    make: Maker, x: Value, scale: Numbers, offset: Numbers, *, sole: bool, shape: tuple[int, ...]
) -> Value | None:
    """Return ``x * scale + offset`` if both vary along one axis at most that lies last."""
    x = relabelled(x, len(shape))
    if x.shape != shape:
        return None
    found = [along(x, each) for each in (scale, offset)]
    if found[0] is None or found[1] is None:
        return None
    axes = {axis for axis, numbers in found if numbers.size > 1}  # type: ignore[misc]
    if len(axes) > 1:
        return None
    if axes and x.axes[-1] not in axes:
        if axes != {1} or x.rank != 4:
            return None
        x = Value(x.shape, IMAGE, make.place(x, IMAGE))
    return make.scaled(x, found[0][1], found[1][1], sole=sole)


def along(x: Value, numbers: Numbers) -> tuple[int, Numbers] | None:
    """Return the one axis along which numbers vary, and what they are there.

    ``None`` where they vary along several, or there are more of them than ``x`` has.
    """
    if numbers.ndim > x.rank or numbers.size > _MOST:
        return None
    numbers = numbers.reshape((*([1] * (x.rank - numbers.ndim)), *numbers.shape))
    if broadcast(numbers.shape, x.shape) != x.shape:
        return None
    for axis, side in enumerate(numbers.shape):
        first = numbers.take([0], axis)
        if side > 1 and (numbers == first).all():
            numbers = first
    wide = [axis for axis, side in enumerate(numbers.shape) if side > 1]
    if len(wide) > 1:
        return None
    return (wide or [0])[0], numbers.reshape(-1)


def as_number(given: Value | Numbers) -> float | None:
    """Return the one number that the file has, of all places alike; ``None`` of anything else."""
    if isinstance(given, Value) or not given.size or (given != given.flat[0]).any():
        return None
    return float(np.clip(float(given.flat[0]), -_LARGEST, _LARGEST))


def binary(make: Maker, kind: str, a: Value | Numbers, b: Value | Numbers) -> Value:
    """Return an operation of two, each a tensor or numbers."""
    shape = broadcast(a.shape, b.shape)
    for i, (x, other) in enumerate(((a, b), (b, a))):
        number = as_number(other)
        if isinstance(x, Value) and number is not None and broadcast(x.shape) == shape[-x.rank :]:
            x = relabelled(x, len(shape))
            pair = (number, x.tensor) if i else (x.tensor, number)
            return Value(shape, x.axes, make.op(kind, *pair))
    values = [make.value(a), make.value(b)]
    tensors, axes = make.together(values)
    if kind in _LAYERS:
        return Value(shape, axes, make.layer(kind, tensors))
    return Value(shape, axes, make.op(kind, *tensors))


@operator("Maximum", "Minimum")
def bound(node: Node, make: Maker) -> Value:
    """Rebuild the larger or the smaller of two."""
    a, b = node.given[:2]
    for x, other in ((a, b), (b, a)):
        if isinstance(x, Value) and as_number(other) == 0 and node.kind == "Maximum":
            return unary(x, make.layer("ReLU", x.tensor))
    return binary(make, node.kind, a, b)


@operator("Power")
def power(node: Node, make: Maker) -> Value:
    """Rebuild a power; the usual ones by operations of their own."""
    exponent = as_number(node.given[1])
    kind = _POWERS.get(exponent) if exponent is not None else None
    if kind and isinstance(node.given[0], Value):
        return unary(node.value(), make.op(kind, node.value().tensor))
    return binary(make, "Power", node.given[0], node.given[1])


_POWERS = {2.0: "Square", 0.5: "Sqrt", -0.5: "Rsqrt", -1.0: "Reciprocal"}


@operator("SquaredDifference")
def squared_difference(node: Node, make: Maker) -> Value:
    """Rebuild ``(a - b)²``."""
    less = binary(make, "Subtract", node.given[0], node.given[1])
    return unary(less, make.op("Square", less.tensor))


def unary(x: Value, tensor: Tensor) -> Value:
    """Return a tensor in place of that of ``x``."""
    return Value(x.shape, x.axes, tensor)


def _register(kind: str, operation: str) -> None:
    def rebuild(node: Node, make: Maker) -> Value:
        return unary(node.value(), make.op(operation, node.value().tensor))

    operator(kind)(rebuild)


for _kind, _operation in {
    "Sqrt": "Sqrt", "Exp": "Exp", "Log": "Log", "Abs": "Absolute", "Negative": "Negative",
    "Erf": "Erf", "Sign": "Sign", "Sin": "Sin", "Cos": "Cos",
}.items():  # fmt: skip
    _register(_kind, _operation)


@operator("Convert", "ConvertLike")
def convert(node: Node, make: Maker) -> Value:
    """Pass a tensor on: all is computed in float32. Cutting fractions off has no gradient."""
    del make
    if node.real[0] and not node.real[-1]:
        raise node.unknown("it cuts fractions off")
    return node.value()
