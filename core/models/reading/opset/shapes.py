"""Shapes and order: what moves numbers, or only says that they lie elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import Value, wider

__all__ = ["reshaped", "transposed"]


@operator("Reshape", "Squeeze", "Unsqueeze")
def reshape(node: Node, make: Maker) -> Value:
    """Rebuild another shape of the same numbers."""
    return reshaped(make, node.value(), node.shapes[0], sole=node.sole[0])


def reshaped(make: Maker, x: Value, shape: tuple[int, ...], *, sole: bool) -> Value:
    """Return ``x`` in another shape.

    Axes that stay whole, are split or are merged with their neighbours do so where they lie; only
    those that lie in another order than they are merged in are moved first.
    """
    groups = _groups(x.shape, shape)
    lie = [axis for axis in x.axes if x.shape[axis] > 1]
    groups.sort(key=lambda group: min((lie.index(axis) for axis in group[0]), default=-1))
    new = tuple(axis for _, after in groups for axis in after)
    if all(len(before) == len(after) == 1 for before, after in groups):
        narrow = Value(x.shape, lie, make.place(x, lie)) if len(lie) < len(x.axes) else x
        return narrow.relabelled(shape, new, sole=sole)
    order = [axis for before, _ in groups for axis in before]
    return Value(shape, new, make.reshape(make.place(x, order), [shape[axis] for axis in new]))


def _groups(
    before: Sequence[int], after: Sequence[int]
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return which axes become which, as few at a time as can be."""
    old, new = list(wider(before)), list(wider(after))
    groups = []
    while old or new:
        a, b = [old.pop(0)], [new.pop(0)]
        left, right = before[a[0]], after[b[0]]
        while left != right:
            if left < right:
                a.append(old.pop(0))
                left *= before[a[-1]]
            else:
                b.append(new.pop(0))
                right *= after[b[-1]]
        groups.append((tuple(a), tuple(b)))
    return groups


@operator("Transpose")
def transpose(node: Node, make: Maker) -> Value:
    """Note another order of axes."""
    del make
    x = node.value()
    order = [int(axis) for axis in node.numbers(1, "order").reshape(-1)]
    return transposed(x, order or list(range(x.rank))[::-1], sole=node.sole[0])


def transposed(x: Value, order: Sequence[int], *, sole: bool) -> Value:
    """Return ``x`` with its axes in another order; nothing is moved."""
    shape = [x.shape[axis] for axis in order]
    return x.relabelled(shape, [list(order).index(axis) for axis in x.axes], sole=sole)


@operator("Concat")
def concat(node: Node, make: Maker) -> Value:
    """Rebuild a concatenation."""
    shape = node.shapes[0]
    axis = int(node.attributes["axis"]) % len(shape)
    given = [each for each in node.given if 0 not in each.shape]
    if len(given) == 1:
        return make.value(given[0])
    tensors, axes = make.together([make.value(each) for each in given], also=[axis])
    joined = make.layer("Concatenate", tensors, axis=1 + axes.index(axis))
    return Value(shape, axes, joined)


@operator("Pad")
def pad(node: Node, make: Maker) -> Value:
    """Rebuild margins of a number, or of the tensor mirrored."""
    x, mode = node.value(), str(node.attributes["pad_mode"]).lower()
    pads = [
        (int(b), int(e))
        for b, e in zip(node.numbers(1, "padding"), node.numbers(2, "padding"), strict=True)
    ]
    number = 0.0
    if mode == "constant" and len(node.given) > 3:
        number = float(np.clip(node.numbers(3, "value").reshape(-1)[0], -(2.0**31), 2.0**31))
    if mode == "edge":
        return _edges(node, make, x, pads)
    wide = {axis for axis, both in enumerate(pads) if any(both)}
    if not wide:
        return x
    if min(map(min, pads)) < 0:
        raise node.unknown("negative padding is not known")
    axes = _with(x, wide)
    tensor = make.place(x, axes)
    placed = [pads[axis] for axis in axes]
    if mode == "constant" and number == 0 and len(axes) == 3 and not any(placed[2]):
        made = make.layer("ZeroPadding2D", tensor, padding=tuple(placed[:2]))
    elif mode == "constant":
        around = [[0, 0], *map(list, placed)]
        made = make.op("Pad", tensor, number, pad_width=around, mode="constant")
    else:
        made = make.op("Pad", tensor, pad_width=[[0, 0], *map(list, placed)], mode=mode)
    return Value(node.shapes[0], axes, made)


def _edges(node: Node, make: Maker, x: Value, pads: Sequence[tuple[int, int]]) -> Value:
    for axis, (begin, end) in enumerate(pads):
        if begin or end:
            places = np.clip(np.arange(-begin, x.shape[axis] + end), 0, x.shape[axis] - 1)
            x = taken(make, x, axis, places)
    if x.shape != node.shapes[0]:
        raise node.unknown("its margins are of another size than they are said to be")
    return x


def _with(x: Value, axes: set[int]) -> tuple[int, ...]:
    """Return the order of axes of ``x`` with ``axes`` among them."""
    return x.axes if axes <= set(x.axes) else tuple(sorted({*wider(x.shape), *axes}))


def taken(make: Maker, x: Value, axis: int, places: np.ndarray) -> Value:
    """Return the given places along an axis, in their order."""
    axes = _with(x, {axis})
    shape = (*x.shape[:axis], len(places), *x.shape[axis + 1 :])
    step = int(places[1] - places[0]) if len(places) > 1 else 1
    if step > 0 and (np.diff(places) == step).all():
        start, stop = int(places[0]), int(places[-1]) + 1
        return cut(make, x, {axis: slice(start, stop, step)}, shape)
    made = make.op("Take", make.place(x, axes), places.tolist(), axis=1 + axes.index(axis))
    return Value(shape, axes, made)


def cut(
    make: Maker, x: Value, slices: dict[int, slice], shape: Sequence[int], *, part: str = ""
) -> Value:
    """Return a part of ``x``, steps forward along some axes; ``shape`` is what it then has."""
    whole = [axis for axis, each in slices.items() if _is_whole(each, x.shape[axis])]
    slices = {axis: each for axis, each in slices.items() if axis not in whole}
    if not slices:
        return x
    axes = _with(x, set(slices))
    key = (slice(None), *(slices.get(axis, slice(None)) for axis in axes))
    return Value(shape, axes, make.op("GetItem", make.place(x, axes), key, part=part))


def _is_whole(each: slice, side: int) -> bool:
    return each.indices(side) == (0, side, 1)


@operator("Slice", "StridedSlice")
def sliced(node: Node, make: Maker) -> Value:
    """Rebuild parts along axes; what it does is read off what it does to numbered places."""
    x = node.value()
    places = _slice(node, x) if node.kind == "Slice" else _strided(node, x)
    for axis, along in places.items():
        if not (len(along) == x.shape[axis] and (along == np.arange(len(along))).all()):
            x = taken(make, x, axis, along)
    return reshaped(make, x, node.shapes[0], sole=False)


def _slice(node: Node, x: Value) -> dict[int, np.ndarray]:
    start, stop, step = (
        [int(each) for each in node.numbers(i, "range").reshape(-1)] for i in (1, 2, 3)
    )
    axes = list(range(len(start)))
    if len(node.given) > 4:
        axes = [int(each) for each in node.numbers(4, "axes").reshape(-1)]
    return {
        axis % x.rank: _places(x.shape[axis % x.rank], a, b, s)
        for axis, a, b, s in zip(axes, start, stop, step, strict=True)
    }


def _strided(node: Node, x: Value) -> dict[int, np.ndarray]:
    begin, end = ([int(each) for each in node.numbers(i, "range").reshape(-1)] for i in (1, 2))
    step = [1] * len(begin)
    if len(node.given) > 3:
        step = [int(each) for each in node.numbers(3, "step").reshape(-1)]
    masks = {
        name: [bool(each) for each in node.attributes.get(f"{name}_mask") or []]
        for name in ("begin", "end", "new_axis", "shrink_axis", "ellipsis")
    }

    def on(name: str, i: int) -> bool:
        return i < len(masks[name]) and masks[name][i]

    made, axis = {}, 0
    for i in range(len(begin)):
        if on("ellipsis", i):
            rest = sum(not on("new_axis", j) for j in range(i + 1, len(begin)))
            axis = x.rank - rest
        elif not on("new_axis", i):
            side = x.shape[axis]
            if on("shrink_axis", i):
                made[axis] = np.array([begin[i] % side])
            else:
                first = None if on("begin", i) else begin[i]
                last = None if on("end", i) else end[i]
                made[axis] = _places(side, first, last, step[i])
            axis += 1
    return made


def _places(side: int, start: int | None, stop: int | None, step: int) -> np.ndarray:
    return np.arange(side)[slice(start, stop, step)]


@operator("Gather")
def gather(node: Node, make: Maker) -> Value:
    """Rebuild the choice of places along an axis."""
    x, places = node.value(), node.numbers(1, "choice of places")
    axis = int(node.numbers(2, "axis").reshape(-1)[0]) % x.rank
    if int(node.attributes.get("batch_dims", 0)):
        raise node.unknown("choices by batch are not known")
    chosen = taken(make, x, axis, np.where(places < 0, places + x.shape[axis], places).reshape(-1))
    return reshaped(make, chosen, node.shapes[0], sole=False)


@operator("Split", "VariadicSplit")
def split(node: Node, make: Maker) -> list[Value]:
    """Rebuild the parts of a tensor along an axis, those that something reads."""
    x = node.value()
    axis = int(node.numbers(1, "axis").reshape(-1)[0]) % x.rank
    made, start = [], 0
    for i, (shape, read) in enumerate(zip(node.shapes, node.read, strict=True)):
        stop = start + shape[axis]
        made.append(cut(make, x, {axis: slice(start, stop)}, shape, part=str(i)) if read else x)
        start = stop
    return made


@operator("Tile", "Broadcast")
def repeated(node: Node, make: Maker) -> Value:
    """Rebuild repetition along axes."""
    x, shape = node.value(), node.shapes[0]
    if node.kind == "Broadcast" and str(node.attributes.get("mode", "numpy")).lower() == "explicit":
        raise node.unknown("axes that are mapped one by one are not known")
    x = reshaped(make, x, (*([1] * (len(shape) - x.rank)), *x.shape), sole=node.sole[0])
    times = {a: shape[a] // x.shape[a] for a in range(len(shape)) if shape[a] != x.shape[a]}
    if not times:
        return x
    axes = _with(x, set(times))
    tiles = [1, *(times.get(axis, 1) for axis in axes)]
    return Value(shape, axes, make.op("Tile", make.place(x, axes), repeats=tiles))


@operator("DepthToSpace", "SpaceToDepth", "ShuffleChannels")
def rearranged(node: Node, make: Maker) -> Value:
    """Rebuild channels that become places, or the other way round."""
    x = node.value()
    if x.rank != 4:
        raise node.unknown(f"only images (1, C, H, W) are known here. Received: {x.shape}")
    _, channels, height, width = x.shape
    if node.kind == "ShuffleChannels":
        group = int(node.attributes["group"])
        axis = int(node.attributes["axis"]) % 4
        side = x.shape[axis]
        wide = (*x.shape[:axis], group, side // group, *x.shape[axis + 1 :])
        order = list(range(5))
        order[axis], order[axis + 1] = axis + 1, axis
        split_up = transposed(reshaped(make, x, wide, sole=False), order, sole=True)
        return reshaped(make, split_up, node.shapes[0], sole=False)
    b = int(node.attributes["block_size"])
    first = str(node.attributes["mode"]).lower() == "blocks_first"
    if node.kind == "DepthToSpace":
        deep = channels // b**2
        wide = (1, b, b, deep, height, width) if first else (1, deep, b, b, height, width)
        order = [0, 3, 4, 1, 5, 2] if first else [0, 1, 4, 2, 5, 3]
    else:
        wide = (1, channels, height // b, b, width // b, b)
        order = [0, 3, 5, 1, 2, 4] if first else [0, 1, 3, 5, 2, 4]
    parts = transposed(reshaped(make, x, wide, sole=False), order, sole=True)
    return reshaped(make, parts, node.shapes[0], sole=False)
