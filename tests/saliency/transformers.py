"""Small vision transformers with known weights: in Keras, in plain NumPy, and as ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from tests.models.reading.onnx_writer import graph, model, node, tensor, value

__all__ = ["Small", "as_onnx", "draw", "in_keras", "in_numpy"]

Numbers = npt.NDArray[np.float64]
_EPSILON = 1e-6


@dataclass(frozen=True)
class Small:
    """A transformer of 32 × 32 pixels in patches of 8.

    Parameters
    ----------
    own : int
        Tokens that stand before the grid.
    depth, channels, heads, n_classes : int
    """

    own: int = 1
    depth: int = 2
    channels: int = 16
    heads: int = 2
    n_classes: int = 3
    side: int = 32
    patch: int = 8

    @property
    def n_patches(self) -> int:
        """Of the grid."""
        return (self.side // self.patch) ** 2


def draw(small: Small, seed: int = 0) -> dict[str, Numbers]:
    """Return weights by name, float64."""
    rng = np.random.default_rng(seed)
    c, n = small.channels, small.n_patches + small.own
    shapes: dict[str, tuple[int, ...]] = {
        "patches": (small.patch, small.patch, 3, c), "own": (small.own, c), "places": (n, c),
        "norm": (2, c), "logits": (c, small.n_classes),
    }  # fmt: skip
    for i in range(small.depth):
        shapes |= {f"q{i}": (c, c), f"k{i}": (c, c), f"v{i}": (c, c), f"o{i}": (c, c),
                   f"norm1_{i}": (2, c), f"norm2_{i}": (2, c), f"up{i}": (c, 2 * c),
                   f"down{i}": (2 * c, c)}  # fmt: skip
    drawn = {}
    for name, shape in shapes.items():
        scale = 0.3 if "norm" in name else 1.6 / np.sqrt(max(1, np.prod(shape[:-1])))
        drawn[name] = rng.normal(0, scale, shape).astype(np.float32).astype(np.float64)
        if "norm" in name:
            drawn[name][0] += 1
    return drawn


def in_keras(inputs: Any, small: Small, weights: Mapping[str, Numbers]) -> Any:
    """Build it of Keras' own layers behind ``inputs``, ``(N, 32, 32, 3)``."""
    from core.models.tensorflow import keras

    layers, c, width = keras.layers, small.channels, small.side // small.patch
    given: list[tuple[Any, list[Numbers]]] = []

    def put(layer: Any, *held: Numbers) -> Any:
        given.append((layer, list(held)))
        return layer

    def norm(x: Any, name: str) -> Any:
        return put(layers.LayerNormalization(epsilon=_EPSILON), *weights[name])(x)

    def dense(x: Any, name: str, activation: str | None = None, label: str | None = None) -> Any:
        kernel = weights[name]
        units = kernel.shape[-1]
        return put(layers.Dense(units, activation, use_bias=False, name=label), kernel)(x)

    x = put(layers.Conv2D(c, small.patch, strides=small.patch, use_bias=False), weights["patches"])(
        inputs
    )
    x = layers.Reshape((width * width, c))(x)
    if small.own:
        flat = layers.GlobalAveragePooling1D()(x)
        row = put(
            layers.Dense(small.own * c), np.zeros((c, small.own * c)), weights["own"].ravel()
        )(flat)
        x = layers.Concatenate(axis=1)([layers.Reshape((small.own, c))(row), x])
    x = x + keras.ops.convert_to_tensor(weights["places"][None], "float32")
    for i in range(small.depth):
        y = norm(x, f"norm1_{i}")
        split = [weights[f"{each}{i}"].reshape(c, small.heads, -1) for each in "qkv"]
        joined = weights[f"o{i}"].reshape(small.heads, -1, c)
        attention = put(
            layers.MultiHeadAttention(small.heads, c // small.heads, use_bias=False), *split, joined
        )
        x = layers.Add()([x, attention(y, y)])
        y = dense(norm(x, f"norm2_{i}"), f"up{i}", "gelu")
        x = layers.Add(name=f"block{i + 1}")([x, dense(y, f"down{i}")])
    x = norm(x, "norm")
    read = x[:, 0] if small.own else layers.GlobalAveragePooling1D()(x)
    logits = dense(read, "logits", label="logits")
    built = keras.Model(keras.utils.get_source_inputs(inputs), logits)
    for layer, held in given:
        layer.set_weights([each.astype(np.float32) for each in held])
    return built


def in_numpy(
    pixels: Numbers, small: Small, weights: Mapping[str, Numbers],
    change: tuple[int, ...] | None = None, *, step: float = 0.0,
    tokens: Numbers | None = None, first: int = 0,
) -> tuple[Numbers, list[Numbers], list[Numbers]]:  # fmt: skip
    """Run it on one picture, as its papers write it.

    Parameters
    ----------
    pixels : ndarray of float64, shape (32, 32, 3)
    change : tuple of int, optional
        The attention ``(layer, head, row, column)`` that ``step`` is added to after its softmax.
    tokens : ndarray, optional
        What enters the block ``first``, in place of what the picture gives.

    Returns
    -------
    logits : ndarray of float64
    attention : list of ndarray, shape (heads, T, T)
    entering : list of ndarray, shape (T, channels)
        What enters each block.
    """
    c, p, heads, width = small.channels, small.patch, small.heads, small.side // small.patch

    def norm(x: Numbers, name: str) -> Numbers:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + _EPSILON)
        return np.asarray(centred / spread * weights[name][0] + weights[name][1])

    patches = pixels.reshape(width, p, width, p, 3).transpose(0, 2, 1, 3, 4)
    x = patches.reshape(width * width, -1) @ weights["patches"].reshape(-1, c)
    x = np.concatenate([weights["own"], x]) + weights["places"] if tokens is None else tokens
    seen, entering = [], []
    for i in range(first, small.depth):
        entering.append(x)
        y = norm(x, f"norm1_{i}")
        q, k, v = (
            (y @ weights[f"{each}{i}"]).reshape(len(y), heads, -1).swapaxes(0, 1) for each in "qkv"
        )
        scores = np.exp(q @ k.swapaxes(1, 2) / np.sqrt(c / heads))
        shares = scores / scores.sum(axis=-1, keepdims=True)
        seen.append(shares.copy())
        if change and change[0] == i:
            shares[change[1:]] += step
        x = x + (shares @ v).swapaxes(0, 1).reshape(len(x), c) @ weights[f"o{i}"]
        y = norm(x, f"norm2_{i}") @ weights[f"up{i}"]
        x = x + (y * (1 + erf(y / np.sqrt(2))) / 2) @ weights[f"down{i}"]
    x = norm(x, "norm")
    return (x[0] if small.own else x.mean(axis=0)) @ weights["logits"], seen, entering


def as_onnx(small: Small, weights: Mapping[str, Numbers], *, folded: bool = False) -> bytes:
    """Write it as exporters of PyTorch do: channels first, one product of q, k and v, heads.

    Parameters
    ----------
    folded : bool
        Whether heads lie in the batch, tokens come first and q is scaled, as PyTorch's own
        ``MultiheadAttention`` has it; else as timm's does.
    """
    c, heads, n = small.channels, small.heads, small.n_patches + small.own
    nodes: list[bytes] = []
    held: list[bytes] = []

    def put(name: str, values: Any, kind: type = np.float32) -> str:
        held.append(tensor(name, np.asarray(values, kind)))
        return name

    def run(kind: str, given: Sequence[str], name: str, **attributes: Any) -> str:
        nodes.append(node(kind, given, [name], **attributes))
        return name

    def norm(x: str, name: str) -> str:
        scale, offset = (put(f"{name}_{i}", each) for i, each in enumerate(weights[name]))
        return run(
            "LayerNormalization", [x, scale, offset], f"{name}_out", axis=-1, epsilon=_EPSILON
        )

    x = run(
        "Conv", ["pixels", put("patches", weights["patches"].transpose(3, 2, 0, 1))], "conv",
        kernel_shape=[small.patch] * 2, strides=[small.patch] * 2,
    )  # fmt: skip
    x = run("Reshape", [x, put("flat", [1, c, -1], np.int64)], "flat_out")
    x = run("Transpose", [x], "tokens", perm=[0, 2, 1])
    if small.own:
        x = run("Concat", [put("own", weights["own"][None]), x], "with_own", axis=1)
    x = run("Add", [x, put("places", weights["places"][None])], "placed")
    split = put("split", [1, n, 3, heads, c // heads], np.int64)
    joined = put("joined", [1, n, c], np.int64)
    for i in range(small.depth):
        y = norm(x, f"norm1_{i}")
        kernel = np.concatenate([weights[f"{each}{i}"] for each in "qkv"], axis=1)
        y = run("MatMul", [y, put(f"qkv{i}", kernel)], f"qkv{i}_out")
        y = run("Reshape", [y, split], f"split{i}")
        if folded:
            y = run("Transpose", [y], f"heads{i}", perm=[2, 1, 0, 3, 4])
            y = run("Reshape", [y, put(f"fold{i}", [3, n, heads, c // heads], np.int64)], f"f{i}")
            y = run("Transpose", [y], f"first{i}", perm=[0, 2, 1, 3])
        else:
            y = run("Transpose", [y], f"heads{i}", perm=[2, 0, 3, 1, 4])
        q, k, v = (
            run("Gather", [y, put(f"at{i}{at}", at, np.int64)], f"{each}{i}", axis=0)
            for at, each in enumerate("qkv")
        )
        k = run("Transpose", [k], f"turned{i}", perm=[0, 2, 1] if folded else [0, 1, 3, 2])
        scale = put(f"scale{i}", (c / heads) ** -0.5)
        q = run("Mul", [q, scale], f"scaled{i}") if folded else q
        y = run("MatMul", [q, k], f"scores{i}")
        y = y if folded else run("Mul", [y, scale], f"scaled{i}")
        y = run("Softmax", [y], f"shares{i}", axis=-1)
        y = run("MatMul", [y, v], f"weighed{i}")
        y = run("Transpose", [y], f"back{i}", perm=[1, 0, 2] if folded else [0, 2, 1, 3])
        y = run("Reshape", [y, joined], f"joined{i}")
        y = run("MatMul", [y, put(f"o{i}", weights[f"o{i}"])], f"attended{i}")
        x = run("Add", [x, y], f"middle{i}")
        y = run("MatMul", [norm(x, f"norm2_{i}"), put(f"up{i}", weights[f"up{i}"])], f"wide{i}")
        half = run("Div", [y, put(f"root{i}", np.sqrt(2))], f"half{i}")
        bent = run("Add", [run("Erf", [half], f"erf{i}"), put(f"one{i}", 1)], f"bent{i}")
        y = run("Mul", [run("Mul", [y, bent], f"double{i}"), put(f"by{i}", 0.5)], f"gelu{i}")
        y = run("MatMul", [y, put(f"down{i}", weights[f"down{i}"])], f"narrow{i}")
        x = run("Add", [x, y], f"block{i + 1}")
    x = norm(x, "norm")
    if small.own:
        x = run("Gather", [x, put("first", 0, np.int64)], "read", axis=1)
    else:
        x = run("ReduceMean", [x], "read", axes=[1], keepdims=0)
    run("MatMul", [x, put("logits_kernel", weights["logits"])], "logits")
    return model(
        graph(
            nodes, [value("pixels", [1, 3, small.side, small.side])],
            [value("logits", [1, small.n_classes])], held,
        )
    )  # fmt: skip
