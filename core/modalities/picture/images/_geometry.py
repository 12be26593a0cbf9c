"""From a picture to what a model sees: cut, squashed or letterboxed, in its channels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.contracts import Box, Geometry, ModelInput, Picture
from core.errors import ImageError
from core.modalities.picture.images._pixels import OVER_WHITE

__all__ = ["in_channels", "to_input"]

Pixels = npt.NDArray[np.uint8]
RESIZE_RATIO = 256 / 224
"""Short side of the resized picture relative to the crop, as ImageNet models are evaluated."""


def _crop_box(width: int, height: int, across: int, down: int) -> Box:
    """Return the region that resizing the short side and cutting out the centre would show.

    Both steps are rounded to whole pixels of the resized picture, as evaluation code does: a
    picture that has the size already is passed through without resampling. What is not larger
    than the input has no margin to spare: of a small photograph (CIFAR) all is looked at.
    """
    # Of inputs that are not square, the short side is the one that limits the cut.
    side, size = (width, across) if width * down <= height * across else (height, down)
    short = size if side <= size else round(size * RESIZE_RATIO)
    scale = short / side
    resized = (round(width * scale), round(height * scale))
    left, top = ((have - take) // 2 for have, take in zip(resized, (across, down), strict=True))
    wide, tall = width / resized[0], height / resized[1]
    return Box(left * wide, top * tall, (left + across) * wide, (top + down) * tall)


def _letterbox(
    width: int, height: int, across: int, down: int
) -> tuple[tuple[int, int], tuple[int, int], Box]:
    """Return the size and the corner of the picture inside the input, and the box they lead to.

    Both are whole pixels of the input, so each side has its own scale: the box is made of these
    numbers, not of the ratio they were rounded from.
    """
    scale = min(across / width, down / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (across - inner[0]) // 2, (down - inner[1]) // 2
    wide, tall = width / inner[0], height / inner[1]
    box = Box(-left * wide, -top * tall, (across - left) * wide, (down - top) * tall)
    return inner, (left, top), box


def to_input(
    picture: Picture, *, shape: tuple[int, ...], geometry: Geometry = "crop"
) -> ModelInput:
    """Resize ``picture`` to the pixels a model sees.

    Parameters
    ----------
    picture : Picture
    shape : tuple of int
        ``(H, W, C)`` of the model's input. One channel is the luminance (ITU-R BT.601), three are
        red, green and blue; a second or fourth one is opacity, 255 everywhere.
    geometry : {"crop", "squash", "letterbox"}
        ``crop``: the picture is made as small as its middle still fills the input, and a little
        larger (256/224, as ImageNet models are evaluated; not where it is no larger than the
        input), then its middle is cut out. ``squash``: both sides as the input's. ``letterbox``:
        the whole picture, grey (127) beside it.

    Returns
    -------
    ModelInput
        ``box`` is the part of the original that the input shows; antialiased bicubic resizing.

    Raises
    ------
    ImageError
        If the input has opacity and the picture was transparent in parts.
    """
    down, across, channels = shape
    if channels in (2, 4) and OVER_WHITE in picture.notes:
        raise ImageError(
            f"{picture.name} is transparent in parts, which were laid over white when it was "
            "opened, but this model takes opacity as a channel. Save it without transparency."
        )
    width, height = picture.width, picture.height
    image = Image.fromarray(picture.pixels)
    if geometry == "crop":
        box = _crop_box(width, height, across, down)
        resized = _resize(image, (across, down), box)
    elif geometry == "squash":
        box = Box(0.0, 0.0, float(width), float(height))
        resized = _resize(image, (across, down), box)
    else:
        inner, corner, box = _letterbox(width, height, across, down)
        resized = Image.new("RGB", (across, down), (127, 127, 127))
        resized.paste(_resize(image, inner, Box(0.0, 0.0, float(width), float(height))), corner)
    return ModelInput(
        name=picture.name,
        pixels=_with_channels(resized, channels),
        box=box,
        geometry=geometry,
        width=width,
        height=height,
        image_sha256=picture.sha256,
        depth=picture.depth,
    )


def in_channels(pixels: Pixels, channels: int) -> Pixels:
    """Return colours ``(H, W, 3)`` in a model's channels, as :func:`to_input` has them."""
    return pixels if channels == 3 else _with_channels(Image.fromarray(pixels), channels)


def _with_channels(image: Image.Image, channels: int) -> Pixels:
    colours = np.asarray(image.convert("L"))[..., None] if channels < 3 else np.asarray(image)
    if channels in (1, 3):
        return colours
    return np.concatenate([colours, np.full((*colours.shape[:2], 1), 255, np.uint8)], axis=-1)


def _resize(image: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    region = (box.left, box.top, box.right, box.bottom)
    # Pillow widens its filter by the reduction, so this is antialiased.
    return image.resize(size, Image.Resampling.BICUBIC, box=region)
