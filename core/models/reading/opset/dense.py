"""Products of matrices: with weights a ``Dense`` layer, of two tensors a product; attention."""

from __future__ import annotations

import numpy as np

from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import (
    Numbers,
    Pending,
    Tensor,
    Value,
    broadcast,
    relabelled,
    wider,
)

__all__ = ["linear", "matmul"]


@operator("MatMul")
def mat_mul(node: Node, make: Maker) -> Value:
    """Rebuild ``a @ b``."""
    a, b = node.given[:2]
    turned = bool(node.attributes["transpose_a"]), bool(node.attributes["transpose_b"])
    if min(len(each.shape) for each in (a, b)) < 2:
        raise node.unknown("products with vectors are not known")
    if isinstance(a, Value) and isinstance(b, Value):
        return matmul(make, a, b, turned=turned)
    weights, x = (b, a) if isinstance(a, Value) else (a, b)
    if not isinstance(x, Value) or isinstance(weights, Value):  # both are of the file: folded
        raise node.unknown("a product of the file's own numbers was not computed")
    if int(np.prod(weights.shape[:-2])) > 1:
        return matmul(make, make.value(a), make.value(b), turned=turned)
    matrix = weights.reshape(weights.shape[-2:])
    rank = len(node.shapes[0])
    x = relabelled(x, rank)
    first = isinstance(a, Value)
    matrix = matrix.T if turned[first] else matrix
    swapped = turned[not first]
    if first:  # x @ W
        contracted, label = (rank - 2 if swapped else rank - 1), rank - 1
        return linear(make, x, contracted, matrix, label, node.shapes[0])
    contracted, label = (rank - 1 if swapped else rank - 2), rank - 2  # W @ x
    return linear(make, x, contracted, matrix.T, label, node.shapes[0])


def linear(
    make: Maker, x: Value, axis: int, matrix: Numbers, label: int, shape: tuple[int, ...]
) -> Value:
    """Return ``x`` with one axis multiplied by a matrix.

    Parameters
    ----------
    axis : int
        Of ``x``, which goes into the product.
    matrix : ndarray, shape (K, U)
    label : int
        Which axis of the result the product is; the other of the two takes the place of it.
    shape : tuple of int
        Of the result.
    """
    others = [each for each in x.axes if each != axis and (x.shape[each] > 1)]
    renamed = {label: axis}  # where a transposed operand swaps the last two
    name, axes = make.name, [renamed.get(each, each) for each in others]

    def build(scale: Numbers, offset: Numbers) -> Tensor:
        units = matrix.shape[1]
        scale, offset = (np.broadcast_to(each, (units,)) for each in (scale, offset))
        bias = [offset] if offset.any() else []
        placed = make.place(x, (*others, axis))
        return make.layer(
            "Dense", placed, weights=[matrix * scale, *bias], units=units, use_bias=bool(bias),
            name=name,
        )  # fmt: skip

    return Value(shape, (*axes, label), pending=Pending(np.ones(1), np.zeros(1), build))


def matmul(make: Maker, a: Value, b: Value, *, turned: tuple[bool, bool] = (False, False)) -> Value:
    """Return the product of two tensors' last two axes.

    Parameters
    ----------
    turned : tuple of bool
        Whether the last two axes of each are taken the other way round.
    """
    rank = max(a.rank, b.rank)
    a, b = relabelled(a, rank), relabelled(b, rank)
    rows, columns = rank - 2, rank - 1
    outer = broadcast(a.shape[:-2], b.shape[:-2])
    batch = wider(outer)
    ends = [(columns, rows) if each else (rows, columns) for each in turned]
    left, right = (make.place(x, (*batch, *end)) for x, end in zip((a, b), ends, strict=True))
    made = make.op("Matmul", left, right)
    shape = (*outer, a.shape[ends[0][0]], b.shape[ends[1][1]])
    return Value(shape, (*batch, rows, columns), made)


@operator("ScaledDotProductAttention")
def attention(node: Node, make: Maker) -> Value:
    """Rebuild ``softmax(q kᵀ · scale + mask) v``."""
    q, k, v = (make.value(each) for each in node.given[:3])
    scale = float(q.shape[-1]) ** -0.5
    if len(node.given) > 4:
        scale = float(node.numbers(4, "scale").reshape(-1)[0])
    scores = make.scaled(
        matmul(make, q, k, turned=(False, True)), np.array([scale]), np.zeros(1), sole=True
    )
    mask = _mask(node, scores)
    if mask is not None:
        values = [scores, make.value(mask)]
        tensors, axes = make.together(values)
        shape = broadcast(*(each.shape for each in values))
        scores = Value(shape, axes, make.layer("Add", tensors, part="mask"))
    last = scores.at(-1)
    shares = make.layer("Softmax", scores.tensor, axis=last, part="softmax")
    return matmul(make, Value(scores.shape, scores.axes, shares), v)


def _mask(node: Node, scores: Value) -> Value | Numbers | None:
    if node.attributes.get("causal"):
        rows, columns = scores.shape[-2:]
        return np.triu(np.full((rows, columns), -1e9, np.float32), 1)
    if len(node.given) < 4:
        return None
    mask = node.given[3]
    if isinstance(mask, Value):
        return mask
    if mask.dtype == bool:
        return np.where(mask, 0.0, -1e9).astype(np.float32)
    return mask if mask.any() else None
