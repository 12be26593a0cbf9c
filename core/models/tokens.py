"""Where a transformer's tokens are: the grid that a picture was cut into, and tokens of its own.

Read off a graph of Keras: patches have a height and a width before they become a sequence, and a
class token is joined to them. A sequence of as many rows that was never a grid is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = [
    "MOST_BEFORE",
    "TOKENS",
    "TokenGrid",
    "calls",
    "grid_of",
    "grid_sides",
    "token_grid",
]

TOKENS = "tokens"
"""Behind a layer's name: that its tokens are meant as a grid."""

MOST_BEFORE = 8
"""A class token, one of distillation, and registers (arXiv:2309.16588)."""


@dataclass(frozen=True, slots=True)
class TokenGrid:
    """A sequence of tokens, row by row, behind ``before`` tokens that stand for no place."""

    height: int
    width: int
    before: int = 0

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def n(self) -> int:
        """How many tokens there are, those before the grid among them."""
        return self.before + self.height * self.width


def calls(model: Any) -> Iterator[Any]:
    """Yield the calls of a model's layers, those that others depend on first."""
    for nodes in sorted(model._nodes_by_depth.items(), reverse=True):
        yield from nodes[1]


def grid_of(model: Any, shape: tuple[int | None, ...]) -> TokenGrid | None:
    """Return what grid a tensor ``(N, tokens, channels)`` of a layer is declared to hold.

    Parameters
    ----------
    model : keras.Model
        From pictures.
    shape : tuple of int
        Without the batch.
    """
    if len(shape) != 2 or shape[0] is None:
        return None
    sides = grid_sides(shape[0], *model.input.shape[1:3])
    return TokenGrid(*sides) if sides else token_grid(model, shape[0])


def token_grid(model: Any, n_tokens: int) -> TokenGrid | None:
    """Return the grid that ``n_tokens`` of a model come from; ``None`` where none is found.

    The grid is the last tensor with a height and a width before a sequence of as many tokens first
    appears. Tokens before it are found where they are joined to it.
    """
    nodes = list(calls(model))
    grids: list[tuple[int, int]] = []
    for node in nodes:
        for out in node.outputs:
            shape = tuple(out.shape[1:])
            if None in shape:
                continue
            if len(shape) == 3 and min(shape[:2]) > 1:
                grids.append((int(shape[0]), int(shape[1])))
            before = n_tokens - shape[0] if len(shape) == 2 else -1
            if not 0 <= before <= MOST_BEFORE:
                continue
            sides = next((g for g in reversed(grids) if math.prod(g) == shape[0]), None)
            if sides and (not before or any(_joins(n, shape[0], before) for n in nodes)):
                return TokenGrid(*sides, before)
    return None


def _joins(node: Any, n_patches: int, before: int) -> bool:
    """Whether a call puts ``before`` tokens before ``n_patches``, and none behind them."""
    operation, outputs = node.operation, node.outputs
    if len(outputs) != 1 or tuple(outputs[0].shape[1:2]) != (n_patches + before,):
        return False
    if len(outputs[0].shape) != 3:
        return False
    kind = type(operation).__name__
    if kind == "Concatenate":
        sizes = [tensor.shape[1] for tensor in node.input_tensors]
        return operation.axis in (1, -2) and sizes[-1] == n_patches
    if kind == "ZeroPadding1D":
        return tuple(operation.padding) == (before, 0)
    return False


def grid_sides(n_tokens: int, height: int, width: int) -> tuple[int, int] | None:
    """Return the sides of the grid of ``n_tokens`` that square patches cut a picture into.

    >>> grid_sides(196, 224, 224), grid_sides(24, 96, 64), grid_sides(197, 224, 224)
    ((14, 14), (6, 4), None)
    """
    rows = round((n_tokens * height / width) ** 0.5)
    fits = rows > 0 and n_tokens % rows == 0 and rows * width == n_tokens // rows * height
    return (rows, n_tokens // rows) if fits and n_tokens > 1 else None
