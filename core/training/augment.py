"""Augmentation inside the input pipeline: batched, and stateless, so that a seed repeats it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from core.models.tensorflow import tf
from core.parameters import Value

__all__ = ["Augment", "augmentation", "cutmix", "mixup", "two_views"]

Augment = Callable[[Any, Any, Any], tuple[Any, Any]]
"""``augment(x, y, seed)``: pictures ``(B, H, W, 3)`` in [0, 1], label distributions ``(B, K)``."""
_GREY = (0.299, 0.587, 0.114)


def augmentation(values: Mapping[str, Value]) -> Augment | None:
    """Return what a recipe's parameters ask for, ``None`` if all is off.

    Parameters
    ----------
    values : mapping
        Of :data:`core.training.options.AUGMENTATION`; what is missing is off.
    """
    steps: list[Augment] = []
    if values.get("flip"):
        steps.append(_flip)
    if crop := int(values.get("crop", 0)):
        steps.append(lambda x, y, seed: (_shift(x, crop, seed), y))
    if magnitude := int(values.get("randaugment", 0)):
        steps.append(lambda x, y, seed: (_randaugment(x, magnitude / 10.0, seed), y))
    if colour := float(values.get("colour", 0.0)):
        steps.append(lambda x, y, seed: (_colour(x, colour, seed), y))
    if alpha := float(values.get("mixup", 0.0)):
        steps.append(lambda x, y, seed: mixup(x, y, alpha, seed))
    if alpha_cut := float(values.get("cutmix", 0.0)):
        steps.append(lambda x, y, seed: cutmix(x, y, alpha_cut, seed))
    if not steps:
        return None

    def augment(x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        for i, step in enumerate(steps):
            x, y = step(x, y, _fold(seed, i))
        return x, y

    return augment


def _fold(seed: Any, number: int) -> Any:
    """Return a seed of its own for each draw."""
    return tf.random.experimental.stateless_fold_in(seed, number)


def _uniform(x: Any, seed: Any, low: float, high: float) -> Any:
    """Draw one number for each picture, shape ``(B, 1, 1, 1)``."""
    return tf.random.stateless_uniform((tf.shape(x)[0], 1, 1, 1), seed, low, high)


def _flip(x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
    return tf.where(_uniform(x, seed, 0.0, 1.0) < 0.5, x[:, :, ::-1], x), y


def _shift(x: Any, most: int, seed: Any) -> Any:
    """Shift each picture by up to ``most`` pixels; the border is reflected."""
    n, size = tf.shape(x)[0], x.shape[1]
    most = min(most, size - 1)
    padded = tf.pad(x, [[0, 0], [most, most], [most, most], [0, 0]], mode="REFLECT")
    moved = tf.random.stateless_uniform((n, 2), seed, 0, 2 * most + 1, tf.int32)
    rows, columns = (moved[:, i : i + 1] + tf.range(size)[None] for i in (0, 1))
    return tf.gather(tf.gather(padded, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)


def _blend(x: Any, other: Any, factor: Any) -> Any:
    """Return ``other`` at factor 0, ``x`` at 1, and beyond it the opposite of ``other``."""
    return tf.clip_by_value(other + factor * (x - other), 0.0, 1.0)


def _grey(x: Any) -> Any:
    return tf.reduce_sum(x * tf.constant(_GREY), axis=-1, keepdims=True)


def _brightness(x: Any, factor: Any) -> Any:
    return _blend(x, tf.zeros_like(x), factor)


def _contrast(x: Any, factor: Any) -> Any:
    return _blend(x, tf.reduce_mean(_grey(x), axis=(1, 2, 3), keepdims=True), factor)


def _saturation(x: Any, factor: Any) -> Any:
    return _blend(x, _grey(x), factor)


def _colour(x: Any, strength: float, seed: Any) -> Any:
    for i, change in enumerate((_brightness, _contrast, _saturation)):
        x = change(x, _uniform(x, _fold(seed, i), 1.0 - strength, 1.0 + strength))
    return x


def _moved(x: Any, transforms: Any) -> Any:
    """Resample pictures under projective transforms ``(B, 8)``; the border is reflected."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=x, transforms=transforms, output_shape=tf.shape(x)[1:3], fill_value=0.0,
        interpolation="BILINEAR", fill_mode="REFLECT",
    )  # fmt: skip


def _transforms(size: int, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Return the transforms of matrices [[a, b], [c, d]], each ``(B,)``, about the centre."""
    middle = (size - 1) / 2.0
    zero = tf.zeros_like(a)
    left, top = middle - a * middle - b * middle, middle - c * middle - d * middle
    return tf.stack([a, b, left, c, d, top, zero, zero], axis=1)


def _rotate(x: Any, amount: Any) -> Any:
    angle = amount[:, 0, 0, 0] * math.radians(30)
    cos, sin = tf.cos(angle), tf.sin(angle)
    return _moved(x, _transforms(x.shape[1], cos, -sin, sin, cos))


def _shear(x: Any, amount: Any) -> Any:
    tilt = amount[:, 0, 0, 0] * 0.3
    one = tf.ones_like(tilt)
    return _moved(x, _transforms(x.shape[1], one, tilt, tf.zeros_like(one), one))


_OPERATIONS: tuple[Callable[[Any, Any], Any], ...] = (
    lambda x, m: _brightness(x, 1.0 + 0.9 * m),
    lambda x, m: _contrast(x, 1.0 + 0.9 * m),
    lambda x, m: _saturation(x, 1.0 + 0.9 * m),
    lambda x, m: tf.where(x >= 1.0 - tf.abs(m), 1.0 - x, x),  # solarise
    lambda x, m: (
        tf.floor(x * (255.0 / 2.0 ** tf.round(4.0 * tf.abs(m))))
        / (255.0 / 2.0 ** tf.round(4.0 * tf.abs(m)))
    ),  # posterise
    _rotate,
    _shear,
)


def _randaugment(x: Any, magnitude: float, seed: Any) -> Any:
    """Two operations drawn for the batch, their direction for each picture.

    Cubuk et al. 2019, RandAugment, arXiv:1909.13719.
    """
    for i in (0, 1):
        sign = tf.where(_uniform(x, _fold(seed, 2 * i), 0.0, 1.0) < 0.5, -1.0, 1.0)
        chosen = tf.random.stateless_uniform(
            (), _fold(seed, 2 * i + 1), 0, len(_OPERATIONS), tf.int32
        )
        branches = [
            lambda x=x, sign=sign, change=change: change(x, magnitude * sign)
            for change in _OPERATIONS
        ]
        x = tf.clip_by_value(tf.ensure_shape(tf.switch_case(chosen, branches), x.shape), 0.0, 1.0)
    return x


def _beta(alpha: float, seed: Any) -> Any:
    """Draw a number from Beta(α, α)."""
    draws = tf.random.stateless_gamma((2,), seed, alpha)
    return draws[0] / tf.maximum(tf.reduce_sum(draws), 1e-12)


def mixup(x: Any, y: Any, alpha: float, seed: Any) -> tuple[Any, Any]:
    """Blend each picture and its label with another's (Zhang et al. 2017, arXiv:1710.09412)."""
    share = _beta(alpha, seed)
    return share * x + (1 - share) * x[::-1], share * y + (1 - share) * y[::-1]


def cutmix(x: Any, y: Any, alpha: float, seed: Any) -> tuple[Any, Any]:
    """Paste a box of another picture; labels share by area (Yun et al. 2019, arXiv:1905.04899)."""
    size = x.shape[1]
    side = tf.cast(tf.round(size * tf.sqrt(1.0 - _beta(alpha, _fold(seed, 0)))), tf.int32)
    centre = tf.random.stateless_uniform((2,), _fold(seed, 1), 0, size, tf.int32)
    low = tf.maximum(centre - side // 2, 0)
    high = tf.minimum(centre - side // 2 + side, size)
    across = tf.range(size)
    rows, columns = ((across >= low[i]) & (across < high[i]) for i in (0, 1))
    box = (rows[:, None] & columns[None, :])[None, :, :, None]
    pasted = tf.reduce_mean(tf.cast(box, tf.float32))
    return tf.where(box, x[::-1], x), (1 - pasted) * y + pasted * y[::-1]


_LEAST_AREA, _ASPECT = 0.2, 4.0 / 3.0
_JITTERED, _GREYED = 0.8, 0.2


def two_views(strength: float) -> Augment:
    """Return an augmentation to ``(B, H, W, 6)``: two views of each picture, one behind the other.

    Each is a random crop resized to the whole, perhaps mirrored, its colours jittered, perhaps grey
    (Chen et al. 2020, arXiv:2002.05709, section 3 and appendix A; without hue and blur).
    """

    def augment(x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        return tf.concat([_view(x, strength, _fold(seed, i)) for i in (0, 1)], axis=-1), y

    return augment


def _view(x: Any, strength: float, seed: Any) -> Any:
    x, _ = _flip(_resized_crop(x, _fold(seed, 0)), None, _fold(seed, 1))
    jittered = _uniform(x, _fold(seed, 2), 0.0, 1.0) < _JITTERED
    x = tf.where(jittered, _colour(x, 0.8 * strength, _fold(seed, 3)), x)
    greyed = _uniform(x, _fold(seed, 4), 0.0, 1.0) < _GREYED
    return tf.where(greyed, tf.repeat(_grey(x), 3, axis=-1), x)


def _resized_crop(x: Any, seed: Any) -> Any:
    """Enlarge a box of at least a fifth of each picture to the whole of it."""
    n, size = tf.shape(x)[0], x.shape[1]
    area, aspect, left, top = (
        tf.random.stateless_uniform((n,), _fold(seed, i), low, high)
        for i, (low, high) in enumerate(
            ((_LEAST_AREA, 1.0), (-math.log(_ASPECT), math.log(_ASPECT)), (0.0, 1.0), (0.0, 1.0))
        )
    )
    across = tf.minimum(tf.sqrt(area * tf.exp(aspect)), 1.0)
    down = tf.minimum(tf.sqrt(area * tf.exp(-aspect)), 1.0)
    zero = tf.zeros_like(area)
    # A pixel's centre is at half a pixel: x ↦ across · (x + ½) + offset − ½.
    c, f = (
        0.5 * share - 0.5 + at * (1.0 - share) * size for share, at in ((across, left), (down, top))
    )
    return _moved(x, tf.stack([across, zero, c, zero, down, f, zero, zero], axis=1))
