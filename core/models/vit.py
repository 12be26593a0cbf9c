"""Vision transformers whose tokens stay a grid: their mean is classified, there is no class token.

Dosovitskiy et al. 2020, arXiv:2010.11929, in the plain form of Beyer et al. 2022,
arXiv:2205.01580: fixed two-dimensional sine and cosine positions, global average pooling.

Called as ``builder(inputs, n_classes)``, like those of :mod:`core.models.builders`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.contracts import Array
from core.models.tensorflow import keras

layers = keras.layers

__all__ = ["positions", "vit_tiny"]

_EPSILON = 1e-6
_TEMPERATURE = 10_000.0


def vit_tiny(inputs: Any, n_classes: int) -> keras.Model:
    """ViT-Ti/16: 12 blocks of 3 heads over 192 channels."""
    return _vit(inputs, n_classes, patch=16, channels=192, depth=12, heads=3)


def positions(height: int, width: int, channels: int) -> Array:
    """Return the position of each token of a grid in sines and cosines.

    Parameters
    ----------
    height, width : int
    channels : int
        A multiple of 4: sines and cosines of the column, then of the row.

    Returns
    -------
    ndarray of float32, shape (height · width, channels)
    """
    quarter = channels // 4
    frequencies = _TEMPERATURE ** (-np.arange(quarter) / max(quarter - 1, 1))
    rows, columns = np.indices((height, width)).reshape(2, -1, 1)
    waves = [turn(at * frequencies) for at in (columns, rows) for turn in (np.sin, np.cos)]
    return np.concatenate(waves, axis=1).astype(np.float32)


def _vit(
    inputs: Any, n_classes: int, *, patch: int, channels: int, depth: int, heads: int
) -> keras.Model:
    x = layers.Conv2D(channels, patch, strides=patch, name="patches")(inputs)
    height, width = x.shape[1:3]
    x = layers.Reshape((height * width, channels), name="patches_tokens")(x)
    x = keras.ops.add(x, positions(height, width, channels)[None])
    for number in range(1, depth + 1):
        x = _block(x, channels, heads, f"block{number}")
    x = layers.LayerNormalization(epsilon=_EPSILON, name="norm")(x)
    x = layers.GlobalAveragePooling1D(name="pool")(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(keras.utils.get_source_inputs(inputs), logits)


def _block(x: Any, channels: int, heads: int, name: str) -> Any:
    inside = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_norm1")(x)
    inside = layers.MultiHeadAttention(heads, channels // heads, name=f"{name}_attention")(
        inside, inside
    )
    x = layers.Add(name=f"{name}_attended")([x, inside])
    inside = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_norm2")(x)
    inside = layers.Dense(4 * channels, activation="gelu", name=f"{name}_mlp1")(inside)
    inside = layers.Dense(channels, name=f"{name}_mlp2")(inside)
    return layers.Add(name=f"{name}_out")([x, inside])
