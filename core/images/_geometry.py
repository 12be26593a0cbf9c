"""From a picture to what a model sees: cut, squashed or letterboxed to a square."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.contracts import Box, Geometry, ModelInput, Picture

__all__ = ["to_input"]

RESIZE_RATIO = 256 / 224
"""Short side of the resized picture relative to the crop, as ImageNet models are evaluated."""


def _crop_box(width: int, height: int, size: int) -> Box:
    """Return the region that resizing the short side and cutting out the centre would show.

    Both steps are rounded to whole pixels of the resized picture, as evaluation code does: a
    picture that has the size already is passed through without resampling. What is not larger
    than the input has no margin to spare: of a small photograph (CIFAR) all is looked at.
    """
    short = size if min(width, height) <= size else round(size * RESIZE_RATIO)
    scale = short / min(width, height)
    resized = (round(width * scale), round(height * scale))
    left, top = ((side - size) // 2 for side in resized)
    across, down = width / resized[0], height / resized[1]
    return Box(left * across, top * down, (left + size) * across, (top + size) * down)


def _letterbox(width: int, height: int, size: int) -> tuple[tuple[int, int], tuple[int, int], Box]:
    """Return the size and the corner of the picture inside the input, and the box they lead to.

    Both are whole pixels of the input, so each side has its own scale: the box is made of these
    numbers, not of the ratio they were rounded from.
    """
    scale = size / max(width, height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = ((size - side) // 2 for side in inner)
    across, down = width / inner[0], height / inner[1]
    box = Box(-left * across, -top * down, (size - left) * across, (size - top) * down)
    return inner, (left, top), box


def to_input(picture: Picture, *, size: int, geometry: Geometry = "crop") -> ModelInput:
    """Resize ``picture`` to the ``size`` × ``size`` pixels a model sees.

    Parameters
    ----------
    picture : Picture
    size : int
        Side of the model's input.
    geometry : {"crop", "squash", "letterbox"}
        ``crop``: short side to 256/224 of ``size`` (to ``size`` where the picture is not larger),
        then the centre. ``squash``: both sides to ``size``. ``letterbox``: the whole picture, grey
        (127) beside it.

    Returns
    -------
    ModelInput
        ``box`` is the part of the original that the input shows; antialiased bicubic resizing.
    """
    width, height = picture.width, picture.height
    image = Image.fromarray(picture.pixels)
    if geometry == "crop":
        box = _crop_box(width, height, size)
        resized = _resize(image, (size, size), box)
    elif geometry == "squash":
        box = Box(0.0, 0.0, float(width), float(height))
        resized = _resize(image, (size, size), box)
    else:
        inner, corner, box = _letterbox(width, height, size)
        resized = Image.new("RGB", (size, size), (127, 127, 127))
        resized.paste(_resize(image, inner, Box(0.0, 0.0, float(width), float(height))), corner)
    return ModelInput(
        name=picture.name,
        pixels=np.asarray(resized, dtype=np.uint8),
        box=box,
        geometry=geometry,
        width=width,
        height=height,
        image_sha256=picture.sha256,
        depth=picture.depth,
    )


def _resize(image: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    region = (box.left, box.top, box.right, box.bottom)
    # Pillow widens its filter by the reduction, so this is antialiased.
    return image.resize(size, Image.Resampling.BICUBIC, box=region)
