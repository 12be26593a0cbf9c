"""Means, sums and extremes along axes."""

from __future__ import annotations

from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import IMAGE, Tensor, Value, wider

__all__ = ["reduced"]

_OPERATIONS = {
    "ReduceMean": "Mean", "ReduceSum": "Sum", "ReduceMax": "Max", "ReduceMin": "Min",
    "ReduceL1": "Sum", "ReduceL2": "Sum",
}  # fmt: skip
_OF_IMAGES = {"ReduceMean": "GlobalAveragePooling2D", "ReduceMax": "GlobalMaxPooling2D"}


@operator(*_OPERATIONS)
def reduce(node: Node, make: Maker) -> Value:
    """Rebuild a reduction; of all places of an image it is a global pooling."""
    x = node.value()
    axes = sorted({int(a) % x.rank for a in node.numbers(1, "axes").reshape(-1)})
    keep = bool(node.attributes["keep_dims"])
    kind, shape = node.kind, node.shapes[0]
    left = [axis for axis in range(x.rank) if axis not in axes]
    if axes == [2, 3] and x.rank == 4 and x.shape[0] == 1 and kind in _OF_IMAGES:
        image = make.place(x, IMAGE)
        made = make.layer(_OF_IMAGES[kind], image, keepdims=keep)
        return Value(shape, IMAGE if keep else (1,), made)
    if kind in ("ReduceL1", "ReduceL2"):
        before = make.op("Absolute" if kind.endswith("1") else "Square", x.tensor, part="of")
        x = Value(x.shape, x.axes, before)
    made = reduced(make, _OPERATIONS[kind], x, axes)
    if kind == "ReduceL2":
        made = make.op("Sqrt", made)
    kept = [axis for axis in x.axes if axis not in axes]
    return Value(shape, kept if keep else [left.index(axis) for axis in kept], made)


def reduced(make: Maker, kind: str, x: Value, axes: list[int], *, keepdims: bool = False) -> Tensor:
    """Return a reduction along axes of the graph, without them unless ``keepdims``."""
    missing = set(axes) - set(x.axes)
    if missing and not keepdims:
        axes = [axis for axis in axes if axis not in missing]
    if missing and keepdims:
        order = tuple(sorted({*wider(x.shape), *axes}))
        x = Value(x.shape, order, make.place(x, order))
    if not axes:
        return x.tensor
    places = [x.at(axis) for axis in axes]
    return make.op(
        kind, x.tensor, axis=places if len(places) > 1 else places[0], keepdims=keepdims,
        part=kind.lower(),
    )  # fmt: skip
