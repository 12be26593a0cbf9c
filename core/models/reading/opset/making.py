"""Layers and operations of Keras, made one by one under names from the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.models.reading.nodes import name_of
from core.models.reading.opset.values import (
    Numbers,
    Pending,
    Tensor,
    Value,
    relabelled,
    wider,
)
from core.models.reading.rebuild import operation_class
from core.models.tensorflow import keras

__all__ = ["Maker"]

_LARGEST = 2.0**30
"""Beyond it stands for infinity: descriptions hold no larger numbers."""


class Maker:
    """Makes the layers of one graph.

    Parameters
    ----------
    inputs : KerasTensor, shape (N, H, W, C)

    Attributes
    ----------
    name : str
        Of the node that is being rebuilt.
    weighted : bool
        Whether a layer with weights was made; before, the picture is only prepared.
    """

    def __init__(self, inputs: Tensor) -> None:
        self.name = ""
        self.weighted = False
        self._inputs = inputs
        self._taken = {inputs._keras_history.operation.name}
        self._zero: Tensor | None = None

    # ---- one layer

    def layer(
        self, kind: str, given: Any, *, weights: Sequence[Numbers] = (), part: str = "",
        name: str = "", **config: Any,
    ) -> Tensor:  # fmt: skip
        """Call a new layer of Keras and fill in its weights.

        Parameters
        ----------
        given : KerasTensor or list of KerasTensor
        part : str
            What it does for the node, where that takes several layers.
        name : str
            Of the node, where it is another than the one at hand.
        """
        cls = getattr(keras.layers, kind)
        if weights:
            config |= dict.fromkeys(_BEGINNINGS.get(kind, ()), "zeros")
        made = cls(name=self._unique(name or self.name, part), **config)
        out = made(given)
        if weights:
            made.set_weights([np.asarray(each, np.float32) for each in weights])
            self.weighted = True
        return out

    def op(self, kind: str, *given: Any, part: str = "", **config: Any) -> Tensor:
        """Call an operation of Keras."""
        made = operation_class(kind)(name=self._unique(self.name, part), **config)
        return made(*given)

    def _unique(self, name: str, part: str) -> str:
        wanted = name_of({"name": name.strip("/")}, "node") + (f"_{part}" if part else "")
        unique, i = wanted, 1
        while unique in self._taken:
            unique, i = f"{wanted}_{i}", i + 1
        self._taken.add(unique)
        return unique

    # ---- order of axes

    def place(self, value: Value, axes: Sequence[int]) -> Tensor:
        """Return a value's tensor with just these axes, in this order.

        Axes of one element come and go; all others have to be among ``axes``.
        """
        axes = tuple(axes)
        if value.axes == axes:
            return value.tensor
        if axes not in value.placed:
            value.placed[axes] = self._placed(value, axes)
        return value.placed[axes]

    def _placed(self, value: Value, axes: tuple[int, ...]) -> Tensor:
        shape, tensor = value.shape, value.tensor
        if set(axes) == set(value.axes) and _order(axes, shape) != _order(value.axes, shape):
            return self.op("Transpose", tensor, axes=_moves(value.axes, axes), part="transpose")
        if _order(axes, shape) != _order(value.axes, shape):
            narrow = tuple(axis for axis in value.axes if shape[axis] > 1)
            tensor = self._reshape(tensor, shape, value.axes, narrow)
            order = tuple(axis for axis in axes if shape[axis] > 1)
            tensor = self.op("Transpose", tensor, axes=_moves(narrow, order), part="transpose")
            return self._reshape(tensor, shape, order, axes)
        return self._reshape(tensor, shape, value.axes, axes)

    def _reshape(
        self, tensor: Tensor, shape: Sequence[int], have: Sequence[int], want: Sequence[int]
    ) -> Tensor:
        if tuple(have) == tuple(want):
            return tensor
        return self.reshape(tensor, [shape[axis] for axis in want])

    def reshape(self, tensor: Tensor, sides: Sequence[int]) -> Tensor:
        """Return a tensor ``(N, *sides)``."""
        return self.layer("Reshape", tensor, target_shape=tuple(sides), part="reshape")

    def together(self, values: Sequence[Value], *, also: Sequence[int] = ()) -> tuple[
        list[Tensor], tuple[int, ...]
    ]:  # fmt: skip
        """Return the tensors of values of one rank in one order of axes, and that order.

        Parameters
        ----------
        also : sequence of int
            Axes to have among them whatever their size.
        """
        rank = max(value.rank for value in values)
        values = [relabelled(value, rank) for value in values]
        most = max(values, key=lambda value: int(np.prod(value.shape, dtype=object)))
        needed = {axis for value in values for axis in wider(value.shape)} | set(also)
        axes = most.axes
        if not needed <= set(axes):
            axes = tuple(sorted(needed | set(axes)))
        return [self.place(value, axes) for value in values], axes

    # ---- numbers

    def constant(self, numbers: Numbers) -> Value:
        """Return numbers of the file as a tensor: weights of a layer, one row for every picture."""
        axes = wider(numbers.shape)
        flat = np.clip(np.asarray(numbers, np.float32).reshape(1, -1), -_LARGEST, _LARGEST)
        row = self.layer(
            "Embedding", self._row(), weights=[flat], input_dim=1, output_dim=flat.size,
            part="numbers",
        )  # fmt: skip
        sides = [numbers.shape[axis] for axis in axes]
        return Value(numbers.shape, axes, self.reshape(row, sides or [1]) if sides else row)

    def value(self, given: Value | Numbers) -> Value:
        """Return a value, of numbers too."""
        return given if isinstance(given, Value) else self.constant(given)

    def _row(self) -> Tensor:
        """Return 0 for every picture, ``(N, 1)``, where numbers are looked up."""
        if self._zero is None:
            first = self.op("GetItem", self._inputs, (slice(None), 0, 0, slice(0, 1)), part="row")
            none = self.op("Multiply", first, 0.0, part="row")
            self._zero = self.op("Cast", none, dtype="int32", part="row")
        return self._zero

    # ---- y = x * scale + offset

    def scaled(self, x: Value, scale: Numbers, offset: Numbers, *, sole: bool) -> Value:
        """Return ``x * scale + offset`` along the last axis of its tensor.

        Parameters
        ----------
        scale, offset : ndarray, shape (1,) or (K,)
        sole : bool
            Whether nothing else reads ``x``: then it joins the layer that ``x`` comes from.
        """
        scale, offset = np.asarray(scale, np.float64), np.asarray(offset, np.float64)
        if x.pending is not None and sole and not x.shared:
            return Value(x.shape, x.axes, pending=x.pending.then(scale, offset))
        name = self.name

        def build(scale: Numbers, offset: Numbers) -> Tensor:
            return self._affine(x.tensor, scale, offset, name)

        return Value(x.shape, x.axes, pending=Pending(scale, offset, build))

    def _affine(self, x: Tensor, scale: Numbers, offset: Numbers, name: str) -> Tensor:
        one = np.ptp(scale) == 0 and np.ptp(offset) == 0
        if one or not self.weighted:
            both = [(float(v[0]) if np.ptp(v) == 0 else v.astype(np.float32).tolist())
                    for v in (scale, offset)]  # fmt: skip
            return self.layer("Rescaling", x, scale=both[0], offset=both[1], name=name)
        ones = np.ones(int(x.shape[-1]))
        weights = [scale * ones, offset * ones, 0 * ones, ones]
        return self.layer("BatchNormalization", x, weights=weights, epsilon=0.0, axis=-1, name=name)


_BEGINNINGS = {
    "Dense": ("kernel_initializer",),
    "Conv2D": ("kernel_initializer",),
    "Conv2DTranspose": ("kernel_initializer",),
    "DepthwiseConv2D": ("depthwise_initializer",),
    "EinsumDense": ("kernel_initializer",),
    "Embedding": ("embeddings_initializer",),
}
"""Of layers with kernels: what would draw first weights that are written over."""


def _order(axes: Sequence[int], shape: Sequence[int]) -> list[int]:
    return [axis for axis in axes if shape[axis] > 1]


def _moves(have: Sequence[int], want: Sequence[int]) -> list[int]:
    return [0, *(1 + list(have).index(axis) for axis in want)]
