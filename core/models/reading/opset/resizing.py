"""Another size of an image. What each new place takes of the old ones is one matrix an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.models.reading.opset.dense import linear
from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import IMAGE, Numbers, Tensor, Value

__all__ = ["shares"]

_MODES = frozenset({"nearest", "linear", "linear_onnx", "cubic"})


@operator("Interpolate")
def interpolate(node: Node, make: Maker) -> Value:
    """Rebuild a resize: the usual ones as layers, any other as a product along each axis."""
    x, said, shape = node.value(), node.attributes, node.shapes[0]
    mode = str(said["mode"]).lower()
    if mode not in _MODES or "shape_calculation_mode" not in said:
        raise node.unknown(f"the mode {mode!r} is not known")
    if any(said.get("pads_begin") or []) or any(said.get("pads_end") or []):
        raise node.unknown("padding before a resize is not known")
    matrices = {}
    for axis, scale in _scales(node, x).items():
        matrix = shares(x.shape[axis], shape[axis], scale, said)
        if not (matrix.shape[0] == matrix.shape[1] and np.array_equal(matrix, np.eye(len(matrix)))):
            matrices[axis] = matrix
    if set(matrices) <= {2, 3} and x.rank == 4 and x.shape[0] == 1:
        image = make.place(x, IMAGE)
        if (made := _layer(make, image, x, matrices, shape)) is not None:
            return Value(shape, IMAGE, made)
    for axis, matrix in matrices.items():
        after = (*x.shape[:axis], shape[axis], *x.shape[axis + 1 :])
        x = linear(make, x, axis, matrix, axis, after)
    return x


def _layer(
    make: Maker, image: Tensor, x: Value, matrices: Mapping[int, Numbers], shape: tuple[int, ...]
) -> Tensor | None:
    """Return the image resized by a layer that does the same; ``None`` where none does."""
    factors = [shape[axis] // x.shape[axis] for axis in (2, 3)]
    if all(f * x.shape[a] == shape[a] for f, a in zip(factors, (2, 3), strict=True)):
        repeated = [np.repeat(np.eye(x.shape[a]), f, 1) for f, a in zip(factors, (2, 3))]
        if all(np.array_equal(matrices.get(a, r), r) for a, r in zip((2, 3), repeated)):
            return make.layer("UpSampling2D", image, size=tuple(factors), interpolation="nearest")
    usual = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    for matrix in matrices.values():
        n, m = matrix.shape
        if not np.allclose(matrix, shares(n, m, m / n, usual), atol=1e-6):
            return None
    return make.layer("Resizing", image, height=shape[2], width=shape[3], interpolation="bilinear")


def _scales(node: Node, x: Value) -> dict[int, float]:
    """Return the factor along each axis."""
    said, shape = node.attributes, node.shapes[0]
    later = said.get("version") == "opset11"
    index = 2 if later else 3
    axes = list(range(x.rank))
    if len(node.given) > index:
        axes = [int(a) % x.rank for a in node.numbers(index, "axes").reshape(-1)]
    if str(said["shape_calculation_mode"]).lower() == "sizes":
        return {axis: shape[axis] / x.shape[axis] for axis in axes}
    factors = node.numbers(1 if later else 2, "factors").reshape(-1)
    return {axis: float(factor) for axis, factor in zip(axes, factors, strict=True)}


def shares(n: int, m: int, scale: float, said: Mapping[str, Any]) -> Numbers:
    """Return how much each of ``m`` new places takes of each of ``n`` old ones.

    Parameters
    ----------
    scale : float
        New places to an old one.
    said : mapping
        The operator's attributes.

    Returns
    -------
    ndarray of float64, shape (n, m)
        Columns add up to 1.
    """
    mode = str(said["mode"]).lower()
    how = str(said.get("coordinate_transformation_mode", "half_pixel")).lower()
    at = _coordinates(n, m, np.float32(scale), how)
    matrix = np.zeros((n, m))
    if mode == "nearest":
        places = _nearest(at, str(said.get("nearest_mode", "round_prefer_floor")).lower(), scale)
        matrix[np.clip(places, 0, n - 1).astype(int), np.arange(m)] = 1
        return matrix
    if mode == "cubic":
        return _cubic(matrix, at, float(said.get("cube_coeff", -0.75)))
    narrow = scale if said.get("antialias") and scale < 1 and mode == "linear" else 1.0
    if mode == "linear_onnx":
        at = np.clip(at, 0, n - 1)
    near = np.maximum(0, 1 - np.abs(at[None] - np.arange(n)[:, None]) * narrow)
    return near / near.sum(0)


def _coordinates(n: int, m: int, scale: np.float32, how: str) -> Numbers:
    new = np.arange(m, dtype=np.float32)
    if scale == 1 or n == m:  # as OpenVINO does, whatever the transformation
        return new
    if how == "align_corners":
        return new * np.float32(n - 1) / np.float32(m - 1) if m > 1 else new * 0
    if how == "asymmetric":
        return new / scale
    if how == "tf_half_pixel_for_nn":
        return (new + np.float32(0.5)) / scale
    if how == "pytorch_half_pixel" and m == 1:
        return new * 0
    return (new + np.float32(0.5)) / scale - np.float32(0.5)


def _nearest(at: Numbers, how: str, scale: float) -> Numbers:
    if how == "round_prefer_floor":
        return np.ceil(at - np.float32(0.5))
    if how == "round_prefer_ceil":
        return np.floor(at + np.float32(0.5))
    if how == "floor":
        return np.floor(at)
    if how == "ceil":
        return np.ceil(at)
    return np.ceil(at) if scale < 1 else np.trunc(at)


def _cubic(matrix: Numbers, at: Numbers, a: float) -> Numbers:
    n, m = matrix.shape
    base = np.floor(at)
    t = at - base
    weights = [
        ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a,
        ((a + 2) * t - (a + 3)) * t * t + 1,
        ((a + 2) * (1 - t) - (a + 3)) * (1 - t) ** 2 + 1,
        ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a,
    ]
    for i, weight in enumerate(weights):
        places = np.clip(base + i - 1, 0, n - 1).astype(int)
        np.add.at(matrix, (places, np.arange(m)), weight)
    return matrix
