"""Small networks for small pictures: residual ones, and a plain one that bounds can follow.

Residual: He et al. 2015, arXiv:1512.03385, section 4.2.

Each is called as ``builder(inputs, n_classes)``, like those of :mod:`core.models.builders`.
"""

from __future__ import annotations

from typing import Any

from core.models.tensorflow import keras

layers = keras.layers

__all__ = ["convnet5", "resnet8", "resnet20", "resnet32", "resnet56"]

_CHANNELS = (16, 32, 64)


def resnet8(inputs: Any, n_classes: int) -> keras.Model:
    """One block a stage, and a stem of stride 2: a quarter of the work at 64 pixels."""
    return _resnet(inputs, n_classes, blocks=1, stem_stride=2)


def resnet20(inputs: Any, n_classes: int) -> keras.Model:
    """Three blocks a stage."""
    return _resnet(inputs, n_classes, blocks=3)


def resnet32(inputs: Any, n_classes: int) -> keras.Model:
    """Five blocks a stage."""
    return _resnet(inputs, n_classes, blocks=5)


def resnet56(inputs: Any, n_classes: int) -> keras.Model:
    """Nine blocks a stage."""
    return _resnet(inputs, n_classes, blocks=9)


def convnet5(inputs: Any, n_classes: int) -> keras.Model:
    """Three strided convolutions and two dense layers, for interval bounds.

    Like the small networks of Gowal et al. 2018, arXiv:1810.12715: no normalisation, whose batch
    statistics have no bounds, and no shortcuts, which add two widths where values may cancel.
    """
    x = inputs
    for number, (channels, kernel) in enumerate(((16, 5), (32, 3), (64, 3)), start=1):
        x = layers.Conv2D(
            channels, kernel, strides=2, padding="same", kernel_initializer="he_normal",
            name=f"conv{number}",
        )(x)  # fmt: skip
        x = layers.ReLU(name=f"conv{number}_out")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, activation="relu", kernel_initializer="he_normal", name="hidden")(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(keras.utils.get_source_inputs(inputs), logits)


def _resnet(inputs: Any, n_classes: int, *, blocks: int, stem_stride: int = 1) -> keras.Model:
    x = _conv(inputs, _CHANNELS[0], 3, stem_stride, "stem")
    for stage, channels in enumerate(_CHANNELS, start=1):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            last = block == blocks
            name = f"stage{stage}_block{block}"
            x = _block(
                x, channels, stride, name, out=f"stage{stage}_out" if last else f"{name}_out"
            )
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(keras.utils.get_source_inputs(inputs), logits)


def _block(x: Any, channels: int, stride: int, name: str, *, out: str) -> Any:
    shortcut = x
    if stride != 1 or x.shape[-1] != channels:
        shortcut = _norm(_bare(x, channels, 1, stride, f"{name}_shortcut"), f"{name}_shortcut")
    x = _conv(x, channels, 3, stride, f"{name}_a")
    x = _norm(_bare(x, channels, 3, 1, f"{name}_b"), f"{name}_b")
    return layers.ReLU(name=out)(layers.Add(name=f"{name}_add")([x, shortcut]))


def _conv(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
    return layers.ReLU(name=f"{name}_relu")(_norm(_bare(x, channels, kernel, stride, name), name))


def _bare(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
    return layers.Conv2D(
        channels, kernel, strides=stride, padding="same", use_bias=False,
        kernel_initializer="he_normal", name=name,
    )(x)  # fmt: skip


def _norm(x: Any, name: str) -> Any:
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
