"""What flows through a graph while it is rebuilt: tensors of one picture, in whatever order.

A graph of OpenVINO is read as it is for one picture, all its sizes known; the batch of Keras
stands before them. A :class:`Value` tells which axis of the graph lies where, so that a transpose
moves no number: channels that come first in the graph lie last in Keras from its input on, where
TensorFlow's kernels want them. Only an operator that needs another order moves them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["IMAGE", "Numbers", "Pending", "Tensor", "Value", "broadcast", "relabelled", "wider"]

Numbers = npt.NDArray[Any]
Tensor = Any
"""A symbolic tensor of Keras."""
IMAGE = (2, 3, 1)
"""Height, width and channels of the graph's ``(1, C, H, W)``."""


@dataclass(frozen=True)
class Pending:
    """A layer that is still open to ``y * scale + offset`` along its last axis.

    Parameters
    ----------
    scale, offset : ndarray of float64, shape (1,) or (K,)
    build : callable
        Makes the layer's output with both in it.
    """

    scale: Numbers
    offset: Numbers
    build: Callable[[Numbers, Numbers], Tensor]

    def then(self, scale: Numbers, offset: Numbers) -> Pending:
        """Return the same layer, scaled and shifted once more."""
        return Pending(self.scale * scale, self.offset * scale + offset, self.build)


class _Cell:
    """A tensor that is made when it is first needed."""

    def __init__(self, tensor: Tensor | None, pending: Pending | None) -> None:
        self.tensor, self.pending = tensor, pending

    def get(self) -> Tensor:
        if self.tensor is None and self.pending is not None:
            self.tensor = self.pending.build(self.pending.scale, self.pending.offset)
        return self.tensor


class Value:
    """A tensor of the graph as it lies in Keras.

    Parameters
    ----------
    shape : tuple of int
        Of one picture in the graph, its batch of 1 included.
    axes : tuple of int
        Which axis of the graph each axis of the tensor is, behind the batch; axes of one element
        may be missing.
    tensor : KerasTensor, optional
    pending : Pending, optional
        In place of the tensor.

    Attributes
    ----------
    shared : bool
        Whether others read the same layer under another order of axes.
    """

    def __init__(
        self, shape: Sequence[int], axes: Sequence[int], tensor: Tensor | None = None,
        *, pending: Pending | None = None,
    ) -> None:  # fmt: skip
        self.shape, self.axes = tuple(shape), tuple(axes)
        self._cell = _Cell(tensor, pending)
        self.shared = False
        self.placed: dict[tuple[int, ...], Tensor] = {}

    @property
    def tensor(self) -> Tensor:
        """The tensor, ``(N, *(shape[a] for a in axes))``."""
        return self._cell.get()

    @property
    def pending(self) -> Pending | None:
        """The layer it comes from, while that is open."""
        return self._cell.pending if self._cell.tensor is None else None

    @property
    def rank(self) -> int:
        """How many axes it has in the graph."""
        return len(self.shape)

    def at(self, axis: int) -> int:
        """Return where an axis of the graph lies in the tensor."""
        return 1 + self.axes.index(axis % self.rank)

    def relabelled(self, shape: Sequence[int], axes: Sequence[int], *, sole: bool) -> Value:
        """Return the same tensor under another shape of the graph."""
        made = Value(shape, axes)
        made._cell = self._cell
        made.shared = self.shared or not sole
        return made


def wider(shape: Iterable[int]) -> tuple[int, ...]:
    """Return the axes with more than one element."""
    return tuple(axis for axis, side in enumerate(shape) if side > 1)


def broadcast(*shapes: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that shapes have together, by NumPy's rule."""
    return tuple(int(side) for side in np.broadcast_shapes(*map(tuple, shapes)))


def relabelled(value: Value, rank: int) -> Value:
    """Return ``value`` with axes of one element before its own, ``rank`` in all."""
    more = rank - value.rank
    if not more:
        return value
    axes = [axis + more for axis in value.axes]
    return value.relabelled((*([1] * more), *value.shape), axes, sole=True)
