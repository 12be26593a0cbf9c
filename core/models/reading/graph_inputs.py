"""The picture that a graph takes: its place in the shape, its size, what is done to it first.

Run apart (:mod:`core.models.reading.apart`): graphs of strangers are in memory here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import openvino as ov
from openvino import opset13 as op

from core.models.reading.plain import refuse, shown
from core.models.reading.sides import SIDES, sides

__all__ = ["Picture", "fitted", "with_pictures"]

Layout = Literal["hwc", "chw"]
_CHANNELS = (3, 1, 4, 2)
_TYPES = ("f32", "f16", "f64", "u8")


@dataclass(frozen=True)
class Picture:
    """What a graph takes.

    Parameters
    ----------
    shape : tuple of int
        Height, width, channels.
    layout : {"hwc", "chw"}
        Whether channels come last or first.
    type : str
        Of its numbers, as OpenVINO calls it.
    """

    shape: tuple[int, int, int]
    layout: Layout
    type: str

    @property
    def batch(self) -> list[int]:
        """Shape of a batch of one, as the graph takes it."""
        height, width, channels = self.shape
        one = [height, width, channels] if self.layout == "hwc" else [channels, height, width]
        return [1, *one]


def fitted(model: ov.Model, order: Mapping[str, Any]) -> Picture:
    """Give a graph the shape of one picture, and return what that is.

    Raises
    ------
    ModelFileError
        If it takes none, several inputs, or what it takes is left open.
    """
    where = order["name"]
    given = model.inputs
    if len(given) != 1:
        named = ", ".join(shown(_name(each)) for each in given[:5]) or "none"
        refuse(where, f"it has {len(given)} inputs ({named}); a model of one picture is expected. "
               "Export the part that takes the picture, the rest of it fixed.")  # fmt: skip
    kind = given[0].get_element_type().get_type_name()
    if kind not in _TYPES:
        refuse(where, f"it takes numbers of the kind {kind}, and pictures are of numbers with "
               "fractions: convert it with float inputs and outputs (of LiteRT: "
               "converter.inference_input_type = tf.float32).")  # fmt: skip
    ways = list(_ways(_free(given[0].get_partial_shape(), where), order))
    if not ways:
        refuse(where, f"it takes inputs of shape {_shape(given[0])}, but pictures are (height, "
               "width, channels) or (channels, height, width) with 1 to 4 channels.")  # fmt: skip
    found, why = [], ""
    for way in ways:
        try:
            model.clone().reshape(way.batch)
            found.append(way)
        except RuntimeError as error:
            why = str(error)
    if not found:
        n = given[0].get_partial_shape()[0]
        fixed = f"{n} pictures at once" if n.is_static and n.get_length() != 1 else "other inputs"
        refuse(where, f"it takes {fixed}, and not one of {ways[0].batch}: export it with a free "
               f"batch ({_last(why)}).")  # fmt: skip
    if len({way.layout for way in found}) > 1:
        refuse(where, f"it takes inputs of shape {_shape(given[0])}: say whether channels come "
               "last (--layout hwc) or first (--layout chw).")  # fmt: skip
    if len(found) > 1:
        refuse(where, f"it takes inputs of shape {_shape(given[0])}, of any number of channels: "
               "export it with the number that it was trained on.")  # fmt: skip
    model.reshape(found[0].batch)
    return Picture(found[0].shape, found[0].layout, kind)


def _free(shape: ov.PartialShape, where: str) -> list[int | None]:
    """Return the sides behind the batch; ``None`` for free ones."""
    if shape.rank.is_dynamic:
        return [None] * 3
    read = [side.get_length() if side.is_static else None for side in shape]
    if len(read) != 4:
        refuse(where, f"it takes inputs of shape {shape}, but a batch of pictures has four sides: "
               "(1, height, width, channels) or (1, channels, height, width).")  # fmt: skip
    return read[1:]


def _ways(free: Sequence[int | None], order: Mapping[str, Any]) -> Iterator[Picture]:
    """Yield each way to see a picture in a shape."""
    layouts: tuple[Layout, ...] = ("hwc", "chw")
    for layout in layouts:
        if order["layout"] not in ("", layout):
            continue
        channels = free[2] if layout == "hwc" else free[0]
        plane = free[:2] if layout == "hwc" else free[1:]
        if any(side is not None and side < SIDES[0] for side in plane):
            continue
        if channels is not None and channels not in _CHANNELS:
            continue
        height, width = sides(plane, order["size"], order["name"])
        for n in _CHANNELS if channels is None else (channels,):
            yield Picture((height, width, n), layout, "")


def with_pictures(model: ov.Model, picture: Picture) -> Any:
    """Put a batch of one picture, float32 and channels last, before a graph; return its node."""
    given = model.get_parameters()[0]
    pixels = op.parameter([1, *picture.shape], np.float32, "pixels")
    x = pixels
    if picture.type == "u8":  # whole numbers: what lies between is rounded, as pixels are
        x = op.convert(op.clamp(op.round(x), 0.0, 255.0), "u8")
    elif picture.type != "f32":
        x = op.convert(x, picture.type)
    if picture.layout == "chw":
        x = op.transpose(x, np.array([0, 3, 1, 2]))
    for reader in given.output(0).get_target_inputs():
        reader.replace_source_output(x.output(0))
    return pixels


def _name(output: Any) -> str:
    return str(min(output.names, default=output.get_node().get_friendly_name()))


def _shape(given: Any) -> str:
    return str(given.get_partial_shape()).replace("?", "any")


def _last(why: str) -> str:
    lines = [line.strip() for line in why.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it does not run on it"
