"""Attention between a picture's tokens: found in a graph, and run so that it can be read.

Found are the attention layers of Keras, and softmaxes of a product that weigh another product, as
graphs from other frameworks have them. It counts as attention over the picture where every one of
them is over the same grid of tokens, with tokens of its own before it or not, row by row, and each
depends on all that came before: one after the other. Windows, grids of several sizes and branches
are none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.contracts import Array
from core.models.tensorflow import keras, tf
from core.models.tokens import TokenGrid, calls, token_grid

__all__ = ["Attention", "attention_of"]

_LAYERS = (
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
    keras.layers.Attention,
    keras.layers.AdditiveAttention,
)
_PRODUCTS = frozenset({"Matmul", "Einsum", "Dot"})
_SUM = 1e-3
_CLEAR = 0.1
"""Of the change among other tokens: below it one token alone has changed, as of patches."""
_SMALLEST = 1e-6
"""Of the largest gradient of a row of attention: below it the logits do not read the row."""


@dataclass(frozen=True)
class Attention:
    """The attention of one model, layer after layer.

    Parameters
    ----------
    model : keras.Model
        From pictures to logits.
    steps : tuple of operation
        Attention layers, and softmaxes; whichever of them is called more than once counts so often.
    grid : TokenGrid
    """

    model: Any
    steps: tuple[Any, ...]
    grid: TokenGrid

    def run(self, pictures: Any) -> tuple[Any, list[Any]]:
        """Return logits, and what each token pays to each in each layer and head.

        Parameters
        ----------
        pictures : tensor, shape (N, H, W, C)

        Returns
        -------
        logits : tensor, shape (N, n_classes)
        attention : list of tensor, shape (N, heads, T, T) or (N, T, T)
            The very tensors that the logits are computed from.
        """
        n = self.grid.n
        known = {id(step) for step in self.steps}
        seen: list[Any] = []

        def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
            if id(operation) not in known:
                return operation(*args, **kwargs)
            if not isinstance(operation, _LAYERS):
                out = operation(*args, **kwargs)
                if tuple(out.shape[-2:]) == (n, n):
                    seen.append(out)
                return out
            asked = kwargs.pop("return_attention_scores", False)
            out, attention = operation(*args, return_attention_scores=True, **kwargs)
            seen.append(attention)
            return (out, attention) if asked else out

        return self.model._run_through_graph(pictures, call_fn=call), seen

    def gradients(self, pictures: Any, directions: Any) -> tuple[Any, list[Any], list[Any]]:
        """Return logits, attention, and d(directions · logits)/d(attention)."""
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            logits, seen = self.run(pictures)
            score = tf.reduce_sum(logits * directions)
        return logits, seen, tape.gradient(score, seen, unconnected_gradients="zero")

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Which tokens the logits read behind the last attention: a class token, or all of them.

        Told by the gradients of the last attention at a drawn picture and direction; behind it no
        token learns of another. Of a head that reads nothing yet: the first token of its own, or
        all of the grid.
        """
        rng = np.random.default_rng(0)
        picture = tf.constant(rng.random((1, *self.model.input.shape[1:])), tf.float32)
        direction = tf.constant(rng.normal(size=(1, self.model.output.shape[-1])), tf.float32)
        last = np.asarray(self.gradients(picture, direction)[2][-1])
        size = np.abs(last).reshape(-1, *last.shape[-2:]).max(axis=(0, 2))
        if not np.isfinite(size).all() or not size.any():
            grid = self.grid
            return (0,) if grid.before else tuple(range(grid.height * grid.width))
        return tuple(int(i) for i in np.flatnonzero(size > _SMALLEST * size.max()))

    @cached_property
    def heard(self) -> frozenset[str]:
        """Names of the operations that the last attention reads, directly or not."""
        last = [node for node in calls(self.model) if node.operation is self.steps[-1]][-1]
        above = keras.Model(self.model.input, list(last.input_tensors))
        return frozenset(operation.name for operation in above.operations)


def attention_of(model: Any) -> Attention | None:
    """Return the attention over the tokens of a picture; ``None`` where a model has none.

    Parameters
    ----------
    model : keras.Model
        Functional, from pictures; what lies in models inside it is not looked at.
    """
    nodes = list(calls(model))
    readers: dict[int, list[Any]] = defaultdict(list)
    for node in nodes:
        for tensor in node.input_tensors:
            readers[id(tensor)].append(node)
    sizes = [_tokens(node, readers) for node in nodes]
    found = [node for node, n in zip(nodes, sizes, strict=True) if n]
    if len(set(filter(None, sizes))) != 1 or not _one_after_another(nodes, found):
        return None
    grid = token_grid(model, next(filter(None, sizes)))
    if grid is None:
        return None
    steps = tuple(dict.fromkeys(node.operation for node in found))
    attention = Attention(model, steps, grid)
    return attention if _as_found(attention, len(found)) else None


def _tokens(node: Any, readers: dict[int, list[Any]]) -> int:
    """Return over how many tokens a call is attention of each to each; 0 if it is none."""
    operation = node.operation
    if isinstance(operation, _LAYERS):
        query, value = node.input_tensors[:2]
        ranks = {len(query.shape), len(value.shape)}
        n = query.shape[1]
        return int(n) if ranks == {3} and n is not None and value.shape[1] == n else 0
    out = node.outputs[0]
    if not _is_softmax(operation, len(out.shape)):
        return 0
    n = out.shape[-1]
    if len(out.shape) not in (3, 4) or n is None or out.shape[-2] != n or n < 2:
        return 0
    return int(n) if _of_a_product(node.input_tensors[0], n) and _weighs(out, readers, n) else 0


def _is_softmax(operation: Any, rank: int) -> bool:
    kind = type(operation).__name__
    if kind == "Softmax":  # a layer, or an operation
        return operation.axis in (-1, rank - 1)
    return kind == "Activation" and operation.activation is keras.activations.softmax


def _of_a_product(tensor: Any, n: int) -> bool:
    """Whether scores come from a product, scaled or shifted."""
    while tuple(tensor.shape[-2:]) == (n, n):
        history = tensor._keras_history
        if type(history.operation).__name__ in _PRODUCTS:
            return True
        node = history.operation._inbound_nodes[history.node_index]
        same = [each for each in node.input_tensors if tuple(each.shape[-2:]) == (n, n)]
        if not same:
            return False
        tensor = same[0]
    return False


def _weighs(tensor: Any, readers: dict[int, list[Any]], n: int) -> bool:
    """Whether all that reads a tensor, through whatever keeps its shape, are products."""
    nodes = readers[id(tensor)]
    for node in nodes:
        if type(node.operation).__name__ in _PRODUCTS:
            continue
        out = node.outputs[0]
        if tuple(out.shape) != tuple(tensor.shape) or not _weighs(out, readers, n):
            return False
    return bool(nodes)


def _one_after_another(nodes: Sequence[Any], found: Sequence[Any]) -> bool:
    """Whether each call that was found depends on all of those before it."""
    place = {id(node): i for i, node in enumerate(found)}
    above: dict[int, frozenset[int]] = {}
    for node in nodes:
        given = frozenset[int]().union(*(above.get(id(t), ()) for t in node.input_tensors))
        i = place.get(id(node))
        if i is not None:
            if len(given) != i:
                return False
            given |= {i}
        above |= dict.fromkeys(map(id, node.outputs), given)
    return True


def _as_found(attention: Attention, n_steps: int) -> bool:
    """Whether a drawn batch has attention as the graph says: a row of shares for each picture.

    Windows are told by it: they lie in the batch. The two pictures differ in their upper right
    corner alone: where the token has changed that it would be by columns, they go so.
    """
    grid, rng = attention.grid, np.random.default_rng(0)
    height, width, _ = attention.model.input.shape[1:]
    picture = rng.random(attention.model.input.shape[1:], dtype=np.float32)
    other = picture.copy()
    most = max(grid.sides)  # within one patch, whichever side is which
    other[: height // most, width - width // most :] **= 4
    _, seen = attention.run(tf.constant(np.stack([picture, other])))
    if len(seen) != n_steps:
        return False
    for each in map(np.asarray, seen):
        of_all = each.ndim in (3, 4) and each.shape[0] == 2 and each.shape[-2:] == (grid.n, grid.n)
        if not of_all or not np.abs(each.sum(axis=-1) - 1).max() <= _SUM or each.min() < 0:
            return False
    first, second = (each.reshape(-1, grid.n, grid.n) for each in np.asarray(seen[0]))
    by_rows, *by_columns = (
        _changed_without(first, second, token)
        for token in (grid.before + grid.width - 1, grid.n - grid.height, grid.n - grid.width)
    )
    return not min(by_columns) < _CLEAR * by_rows


def _changed_without(first: Array, second: Array, token: int) -> float:
    """Return how much attention ``(heads, T, T)`` changes among all tokens but one.

    Where nothing but that token has changed, the others share what they leave it as before.
    """
    kept = np.arange(first.shape[-1]) != token
    left = [each[:, kept][:, :, kept].astype(np.float64) for each in (first, second)]
    sums = [each.sum(axis=-1, keepdims=True) for each in left]
    shares = [each / np.maximum(total, _SMALLEST) for each, total in zip(left, sums, strict=True)]
    return float((np.abs(shares[0] - shares[1]) * np.minimum(*sums)).max())
