"""Largest and mean values of windows."""

from __future__ import annotations

import numpy as np

from core.models.reading.opset.convolution import (
    Pads,
    explicit_pads,
    is_same,
    one_image,
    padded,
)
from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import IMAGE, Numbers, Value

__all__: list[str] = []

_LEAST = -(2.0**31)
"""Stands for minus infinity around an image: no unit is below it."""


@operator("MaxPool")
def max_pool(node: Node, make: Maker) -> Value:
    """Rebuild the largest value of windows."""
    if any(node.read[1:]):
        raise node.unknown("the places of largest values are not known")
    if max(node.attributes.get("dilations") or [1]) > 1:
        raise node.unknown("windows with gaps are not known")
    x, kernel, strides, pads = _windows(node)
    image = make.place(x, IMAGE)
    same = is_same(pads, x.shape[2:], kernel, strides)
    if not same and any(map(any, pads)):
        around = [[0, 0], *map(list, pads), [0, 0]]
        image = make.op("Pad", image, _LEAST, pad_width=around, mode="constant", part="pad")
    made = make.layer(
        "MaxPooling2D", image, pool_size=kernel, strides=strides,
        padding="same" if same else "valid",
    )  # fmt: skip
    return Value(node.shapes[0], IMAGE, made)


@operator("AvgPool")
def avg_pool(node: Node, make: Maker) -> Value:
    """Rebuild the mean of windows, with or without the padding counted."""
    x, kernel, strides, pads = _windows(node)
    image = make.place(x, IMAGE)
    sides, out = x.shape[2:], node.shapes[0]
    excluded = bool(node.attributes["exclude-pad"])
    if excluded and is_same(pads, sides, kernel, strides):
        made = make.layer(
            "AveragePooling2D", image, pool_size=kernel, strides=strides, padding="same"
        )
        return Value(out, IMAGE, made)
    given = explicit_pads(node, sides, out[2:], kernel, strides)
    if not excluded and any(e > g for (_, e), (_, g) in zip(pads, given, strict=True)):
        raise node.unknown("windows rounded up, with their padding counted, are not known")
    counts = _counts(node, x, kernel, strides, excluded=excluded)
    whole = counts.min() == counts.max() == kernel[0] * kernel[1]
    made = make.layer(
        "AveragePooling2D", padded(make, image, pads), pool_size=kernel, strides=strides,
        padding="valid", part="" if whole else "sum",
    )  # fmt: skip
    if not whole:
        share = make.constant(kernel[0] * kernel[1] / counts[None, None])
        made = make.layer("Multiply", [made, make.place(share, IMAGE)])
    return Value(out, IMAGE, made)


def _windows(node: Node) -> tuple[Value, tuple[int, int], tuple[int, int], Pads]:
    """Return the image, the windows' size and steps, and the padding that they all need."""
    x = node.value()
    one_image(node, x)
    height, width = (int(k) for k in node.attributes["kernel"])
    down, across = (int(s) for s in node.attributes["strides"])
    kernel, strides = (height, width), (down, across)
    sides, out = x.shape[2:], node.shapes[0][2:]
    pads = explicit_pads(node, sides, out, kernel, strides)
    if any(
        (o - 1) * s - begin >= n
        for o, s, n, (begin, _) in zip(out, strides, sides, pads, strict=True)
    ):
        raise node.unknown("its last windows lie beyond the image")
    reach = [  # windows rounded up reach beyond the padding, rounded down not to its end
        max((o - 1) * s + k - n - begin, 0)
        for o, s, k, n, (begin, _) in zip(out, strides, kernel, sides, pads, strict=True)
    ]
    return x, kernel, strides, [(begin, end) for (begin, _), end in zip(pads, reach, strict=True)]


def _counts(
    node: Node, x: Value, kernel: tuple[int, int], strides: tuple[int, int], *, excluded: bool
) -> Numbers:
    """Return how many places each window counts, ``(h, w)``."""
    sides, out = x.shape[2:], node.shapes[0][2:]
    given = explicit_pads(node, sides, out, kernel, strides)
    along = []
    for n, o, k, s, (begin, end) in zip(sides, out, kernel, strides, given, strict=True):
        starts = np.arange(o) * s - begin
        low, high = (0, n) if excluded else (-begin, n + end)
        along.append(np.minimum(starts + k, high) - np.maximum(starts, low))
    return np.outer(along[0], along[1]).astype(np.float64)
