"""What people scale their pictures to before a model sees them: the usual five."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

from core.models.spec import Affine

__all__ = ["AFFINES", "ORDERS", "RANGES", "Order", "Range", "affine"]

Range = Literal["0-1", "0-255", "-1-1", "imagenet", "caffe"]
Order = Literal["rgb", "bgr"]
RANGES: tuple[Range, ...] = get_args(Range)
ORDERS: tuple[Order, ...] = get_args(Order)

AFFINES: Mapping[Range, Affine] = {
    "0-1": Affine((0.0,), (255.0,)),
    "0-255": Affine((0.0,), (1.0,)),
    "-1-1": Affine((127.5,), (127.5,)),
    # Of each channel, as torchvision and the Caffe models of ImageNet have it.
    "imagenet": Affine((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "caffe": Affine((103.939, 116.779, 123.68), (1.0, 1.0, 1.0), "bgr"),
}


def affine(range_: Range, order: Order | None = None) -> Affine:
    """Return the preprocessing of a range; in another order of channels than its own if asked.

    >>> affine("caffe").order, affine("caffe", "rgb").mean[0]
    ('bgr', 123.68)
    """
    found = AFFINES[range_]
    if order is None or order == found.order:
        return found
    return replace(found, mean=found.mean[::-1], scale=found.scale[::-1], order=order)
