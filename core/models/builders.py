"""Architectures: functions from a preprocessed Keras tensor to a ``keras.Model`` with logits.

Each is called as ``builder(inputs, n_classes)``. Imported only where models are computed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from core.models.tensorflow import keras

layers = keras.layers

__all__ = ["KERAS_APPLICATIONS", "efficientnet_lite0"]

# kernel, stride, expansion, channels, repeats (Tan & Le 2019, table 1; Lite keeps stem and head)
_LITE0_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_EPSILON = 1e-3


def _norm(x: Any, name: str) -> Any:
    return layers.BatchNormalization(epsilon=_EPSILON, name=name)(x)


def _relu6(x: Any, name: str) -> Any:
    return layers.ReLU(max_value=6.0, name=name)(x)


def _conv(x: Any, channels: int, kernel: int, stride: int, name: str) -> Any:
    return layers.Conv2D(
        channels, kernel, strides=stride, padding="same", use_bias=False, name=name
    )(x)


def _block(x: Any, *, kernel: int, stride: int, expansion: int, channels: int, name: str) -> Any:
    """Inverted residual (MBConv) without squeeze-and-excitation."""
    before = x
    if expansion != 1:
        x = _conv(x, before.shape[-1] * expansion, 1, 1, f"{name}_expand")
        x = _relu6(_norm(x, f"{name}_expand_bn"), f"{name}_expand_relu")
    x = layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    x = _relu6(_norm(x, f"{name}_depthwise_bn"), f"{name}_depthwise_relu")
    x = _norm(_conv(x, channels, 1, 1, f"{name}_project"), f"{name}_project_bn")
    if stride == 1 and before.shape[-1] == channels:
        x = layers.Add(name=f"{name}_add")([before, x])
    return x


def efficientnet_lite0(inputs: Any, n_classes: int) -> keras.Model:
    """EfficientNet-Lite0: ReLU6, no squeeze-and-excitation (Tan & Le 2019)."""
    x = _relu6(_norm(_conv(inputs, 32, 3, 2, "stem"), "stem_bn"), "stem_relu")
    index = 0
    for kernel, stride, expansion, channels, repeats in _LITE0_STAGES:
        for repeat in range(repeats):
            x = _block(
                x,
                kernel=kernel,
                stride=stride if repeat == 0 else 1,
                expansion=expansion,
                channels=channels,
                name=f"block{index}",
            )
            index += 1
    x = _relu6(_norm(_conv(x, 1280, 1, 1, "head"), "head_bn"), "head_activation")
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(keras.utils.get_source_inputs(inputs), logits)


KERAS_APPLICATIONS: dict[str, str] = {
    "resnet50": "ResNet50",
    "resnet50v2": "ResNet50V2",
    "resnet101": "ResNet101",
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "inception_v3": "InceptionV3",
    "xception": "Xception",
    "mobilenet_v2": "MobileNetV2",
    "densenet121": "DenseNet121",
    "efficientnetv2_b0": "EfficientNetV2B0",
    "convnext_tiny": "ConvNeXtTiny",
}
_OWN_PREPROCESSING = {"efficientnetv2_b0", "convnext_tiny"}


def _application(inputs: Any, n_classes: int, *, model_id: str) -> keras.Model:
    constructor = getattr(keras.applications, KERAS_APPLICATIONS[model_id])
    # These two would preprocess once more.
    options = {"include_preprocessing": False} if model_id in _OWN_PREPROCESSING else {}
    return constructor(
        weights=None,
        input_tensor=inputs,
        classes=n_classes,
        classifier_activation=None,
        **options,
    )


def __getattr__(name: str) -> Any:
    """Serve ``core.models.builders:resnet50`` and its kin from the one function above."""
    if name in KERAS_APPLICATIONS:
        return partial(_application, model_id=name)
    raise AttributeError(name)
