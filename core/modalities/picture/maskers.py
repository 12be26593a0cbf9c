"""What "hidden" means: a part of the picture is blurred, inpainted, or painted in one colour.

The definitions are those of ``shap.maskers.Image``, on pixels in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.modalities.base import Masker
from core.modalities.picture.filters import colours

__all__ = ["MASKERS", "masker", "words"]

_BLUR_PX = 128
_INPAINT_RADIUS = 3
_THREADS = 2
_WORDS = {
    "blur": f"a {_BLUR_PX} px box blur of the picture",
    "inpaint": "what inpainting (Telea 2004) makes of the rest",
    "mean": "the picture's mean colour",
    "grey": "mid-grey",
    "black": "black",
    "white": "white",
}
MASKERS = tuple(_WORDS)


def masker(name: str, picture: Array) -> Masker:
    """Return the masker called ``name`` for a picture ``(H, W, 3)``."""
    if name == "inpaint":
        return partial(_inpainted, picture)
    return partial(_replaced, picture, _REPLACEMENTS[name](picture))


def words(name: str) -> str:
    """Return what the masker puts in place of a hidden part, for people."""
    return _WORDS[name]


def _replaced(picture: Array, other: Array, visible: npt.NDArray[np.bool_]) -> Array:
    return np.where(visible[..., None], picture, other)


def _blurred(picture: Array) -> Array:
    import cv2

    blurred: Array = cv2.blur(picture, (_BLUR_PX, _BLUR_PX))
    return blurred.reshape(picture.shape)  # cv2 drops one channel


def _flat(value: float, picture: Array) -> Array:
    return np.full_like(picture, value)


def _mean(picture: Array) -> Array:
    return np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape)


_REPLACEMENTS: dict[str, Callable[[Array], Array]] = {
    "blur": _blurred,
    "mean": _mean,
    "grey": partial(_flat, 0.5),
    "black": partial(_flat, 0.0),
    "white": partial(_flat, 1.0),
}


def _inpainted(picture: Array, visible: npt.NDArray[np.bool_]) -> Array:
    """Inpaint each picture; OpenCV works outside the interpreter's lock, so in threads."""
    import cv2

    pixels = np.rint(colours(picture) * 255).astype(np.uint8)

    def one(seen: npt.NDArray[np.bool_]) -> Array:
        if seen.all():
            return picture
        if not seen.any():
            return _mean(picture)
        hidden = (~seen).astype(np.uint8)
        filled = cv2.inpaint(pixels, hidden, _INPAINT_RADIUS, cv2.INPAINT_TELEA)
        whole = picture.copy()
        colours(whole)[~seen] = filled.reshape(pixels.shape)[~seen] / np.float32(255)
        return whole

    with ThreadPoolExecutor(_THREADS) as pool:
        return np.stack(list(pool.map(one, visible)))
