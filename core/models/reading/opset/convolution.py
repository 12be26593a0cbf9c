"""Convolutions, with groups and transposed; what scales or shifts their channels joins them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import IMAGE, Numbers, Pending, Tensor, Value

__all__ = ["Pads", "explicit_pads", "is_same", "one_image", "padded"]

Pads = list[tuple[int, int]]
_MOST_DENSE = 2**26
"""Numbers of a kernel that stands for one of groups."""


def one_image(node: Node, x: Value) -> None:
    """Check that a value is one image ``(1, C, H, W)``.

    Raises
    ------
    UnknownOperatorError
        If it is not.
    """
    if x.rank != 4 or x.shape[0] != 1:
        raise node.unknown(f"only images (1, C, H, W) are known here. Received: {x.shape}")


def explicit_pads(
    node: Node, sides: Sequence[int], out: Sequence[int], kernel: Sequence[int],
    strides: Sequence[int],
) -> Pads:  # fmt: skip
    """Return the padding before and behind each of height and width."""
    auto = str(node.attributes.get("auto_pad", "explicit"))
    if auto == "valid":
        return [(0, 0)] * len(sides)
    if auto.startswith("same"):
        totals = [
            max((o - 1) * s + k - n, 0)
            for o, s, k, n in zip(out, strides, kernel, sides, strict=True)
        ]
        less = [total // 2 for total in totals]
        begins = less if auto == "same_upper" else [t - b for t, b in zip(totals, less)]
        return [(b, t - b) for b, t in zip(begins, totals)]
    pads = list(zip(node.attributes["pads_begin"], node.attributes["pads_end"], strict=True))
    return [(int(b), int(e)) for b, e in pads]


def is_same(
    pads: Pads, sides: Sequence[int], kernel: Sequence[int], strides: Sequence[int]
) -> bool:
    """Return whether this padding is what Keras calls ``"same"``."""
    for (begin, end), n, k, s in zip(pads, sides, kernel, strides, strict=True):
        total = max((ceil(n / s) - 1) * s + k - n, 0)
        if (begin, end) != (total // 2, total - total // 2):
            return False
    return True


def padded(make: Maker, x: Tensor, pads: Pads) -> Tensor:
    """Return an image with zeros around it."""
    if not any(map(any, pads)):
        return x
    return make.layer("ZeroPadding2D", x, padding=tuple(pads), part="pad")


@operator("Convolution", "GroupConvolution")
def convolution(node: Node, make: Maker) -> Value:
    """Rebuild a convolution as ``Conv2D`` or ``DepthwiseConv2D``."""
    x, kernel = node.value(), node.numbers(1, "kernel").astype(np.float32)
    one_image(node, x)
    if node.kind == "Convolution":
        kernel = kernel[None]
    groups, of_group, into, *_ = kernel.shape  # (G, O / G, I / G, kh, kw)
    strides = [int(s) for s in node.attributes["strides"]]
    dilations = [int(d) for d in node.attributes["dilations"]]
    depthwise = into == 1 and groups > 1
    if max(dilations) > 1 and max(strides) > 1:
        kernel, dilations = _spread(kernel, dilations), [1, 1]
    if depthwise and len(set(strides)) > 1:
        kernel, depthwise, groups = _dense(node, kernel), False, 1
    spans = [(k - 1) * d + 1 for k, d in zip(kernel.shape[-2:], dilations, strict=True)]
    sides, out = x.shape[2:], node.shapes[0]
    pads = explicit_pads(node, sides, out[2:], spans, strides)
    if min(map(min, pads)) < 0:
        raise node.unknown("negative padding is not known")
    same = is_same(pads, sides, spans, strides)
    name = node.name

    def build(scale: Numbers, offset: Numbers) -> Tensor:
        image = make.place(x, IMAGE)
        channels = groups * of_group if depthwise else kernel.shape[0] * kernel.shape[1]
        scale, offset = (np.broadcast_to(each, (channels,)) for each in (scale, offset))
        scaled = kernel * scale.reshape(*kernel.shape[:2], 1, 1, 1)
        if depthwise:
            laid, kind = scaled[:, :, 0].transpose(2, 3, 0, 1), "DepthwiseConv2D"
            config = {"depth_multiplier": of_group}
        else:
            flat = scaled.reshape(-1, *kernel.shape[2:])
            laid, kind = flat.transpose(2, 3, 1, 0), "Conv2D"
            config = {"filters": channels, "groups": groups}
        bias = [offset] if offset.any() else []
        return make.layer(
            kind, image if same else padded(make, image, pads), weights=[laid, *bias], name=name,
            kernel_size=laid.shape[:2], strides=tuple(strides), dilation_rate=tuple(dilations),
            padding="same" if same else "valid", use_bias=bool(bias), **config,
        )  # fmt: skip

    return Value(out, IMAGE, pending=Pending(np.ones(1), np.zeros(1), build))


@operator("ConvolutionBackpropData", "GroupConvolutionBackpropData")
def transposed(node: Node, make: Maker) -> Value:
    """Rebuild a transposed convolution: whole, then cut to what the graph keeps of it."""
    x, kernel = node.value(), node.numbers(1, "kernel").astype(np.float32)
    one_image(node, x)
    if node.kind.startswith("Group"):  # (G, I / G, O / G, kh, kw)
        swapped = _dense(node, kernel.swapaxes(1, 2))[0]
        kernel = swapped.swapaxes(0, 1)
    kernel = _spread(kernel, [int(d) for d in node.attributes["dilations"]])
    strides = [int(s) for s in node.attributes["strides"]]
    out, sides, spans = node.shapes[0], x.shape[2:], kernel.shape[-2:]
    crop, extra = [], []
    for i in range(2):
        begin = int(node.attributes["pads_begin"][i])  # of "same" too: OpenVINO works it out
        whole = sides[i] * strides[i] + max(spans[i] - strides[i], 0)
        left = whole - begin - out[2 + i]
        crop.append((begin, max(left, 0)))
        extra.append((0, max(-left, 0)))
    if min(map(min, crop)) < 0:
        raise node.unknown("its output is larger than it computes, at its beginning")
    name = node.name

    def build(scale: Numbers, offset: Numbers) -> Tensor:
        image = make.place(x, IMAGE)
        scale, offset = (np.broadcast_to(each, (kernel.shape[1],)) for each in (scale, offset))
        laid = (kernel * scale[:, None, None]).transpose(2, 3, 1, 0)
        inside = not any(map(any, extra))
        bias = [offset] if offset.any() and inside else []
        made = make.layer(
            "Conv2DTranspose", image, weights=[laid, *bias], filters=kernel.shape[1], name=name,
            kernel_size=spans, strides=tuple(strides), padding="valid", use_bias=bool(bias),
            part="whole" if any(map(any, crop)) else "",
        )  # fmt: skip
        if any(map(any, crop)):
            made = make.layer("Cropping2D", made, cropping=tuple(crop), name=name)
        made = padded(make, made, extra)
        if offset.any() and not inside:
            made = make.layer(
                "Add", [made, make.place(make.constant(offset[None, :, None, None]), IMAGE)]
            )
        return made

    return Value(out, IMAGE, pending=Pending(np.ones(1), np.zeros(1), build))


def _spread(kernel: Numbers, dilations: Sequence[int]) -> Numbers:
    """Return a kernel with the zeros of its dilation written out."""
    if max(dilations) == 1:
        return kernel
    *outer, height, width = kernel.shape
    wide = [(n - 1) * d + 1 for n, d in zip((height, width), dilations, strict=True)]
    made = np.zeros((*outer, *wide), np.float32)
    made[..., :: dilations[0], :: dilations[1]] = kernel
    return made


def _dense(node: Node, kernel: Numbers) -> Numbers:
    """Return the kernel ``(1, O, I, kh, kw)`` without groups that does what one of groups does."""
    groups, out, into, height, width = kernel.shape
    if groups * groups * out * into * height * width > _MOST_DENSE:
        raise node.unknown(f"{groups} groups of its kind are too many")
    made = np.zeros((groups, out, groups, into, height, width), np.float32)
    for group in range(groups):
        made[group, :, group] = kernel[group]
    return made.reshape(1, groups * out, groups * into, height, width)
