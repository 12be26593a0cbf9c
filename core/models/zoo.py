"""The registry of models. Nothing here loads TensorFlow.

A new architecture is one :class:`ModelSpec` here, or one call of :func:`core.api.register_model`,
or an entry point of the group ``pellucid.models`` that names a function returning specs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from itertools import count
from typing import Any

from core.contracts import DEFAULT_MODEL
from core.errors import PluginError
from core.lookup import unknown
from core.modalities import registry as modalities
from core.modalities.base import Modality
from core.models.spec import Affine, ModelSpec
from core.models.trained import trained_spec, trained_specs
from core.plugins import Plugin, plugins

__all__ = [
    "DEFAULT_MODEL", "Affine", "ModelSpec", "architecture", "architectures", "broken", "get",
    "modality",
    "register", "registered", "specs",
]  # fmt: skip

ENTRY_POINT_GROUP = "pellucid.models"


CAFFE = Affine((103.939, 116.779, 123.68), (1.0, 1.0, 1.0), "bgr")
SYMMETRIC = Affine((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
STANDARDISED = Affine((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


def _keras(
    id: str, name: str, layers: tuple[str, ...], n_parameters: int, file: str, paper: str,
    preprocessing: Affine, summary: str, *, input_size: int = 224,
    licence: str = "Apache-2.0 (Keras); weights trained on ImageNet",
) -> ModelSpec:  # fmt: skip
    return ModelSpec(
        id=id,
        name=name,
        builder=f"core.models.builders:{id}",
        input_size=input_size,
        preprocessing=preprocessing,
        feature_layer=layers[-1],
        layers=layers,
        n_parameters=n_parameters,
        paper=paper,
        licence=licence,
        summary=summary,
        weights_file=file,
    )


_TF_KERNELS = "_weights_tf_dim_ordering_tf_kernels.h5"
_RESNET = "He et al. 2015, Deep Residual Learning, arXiv:1512.03385"
_VGG = "Simonyan & Zisserman 2014, Very Deep Convolutional Networks, arXiv:1409.1556"

_SPECS = (
    ModelSpec(
        id=DEFAULT_MODEL,
        name="EfficientNet-Lite0",
        builder="core.models.builders:efficientnet_lite0",
        input_size=224,
        preprocessing=Affine((127.0, 127.0, 127.0), (128.0, 128.0, 128.0)),
        feature_layer="head_activation",
        layers=("block2_add", "block4_add", "block10_add", "head_activation"),
        n_parameters=4_694_024,
        paper="Tan & Le 2019, EfficientNet, arXiv:1905.11946 (Lite: no squeeze-excite, ReLU6)",
        licence="Apache-2.0; weights trained on ImageNet",
        summary="Small and quick; its ImageNet weights come with Pellucid, so it works offline.",
        weights_file="efficientnet-lite0-57934424.pth",
        offline=True,
    ),
    _keras(
        "resnet50", "ResNet-50",
        ("conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"),
        25_636_712, "resnet50" + _TF_KERNELS, _RESNET, CAFFE,
        "The reference that most papers on explanation use.",
    ),
    _keras(
        "resnet50v2", "ResNet-50 v2",
        ("conv2_block2_out", "conv3_block3_out", "conv4_block5_out", "post_relu"),
        25_613_800, "resnet50v2" + _TF_KERNELS,
        "He et al. 2016, Identity Mappings in Deep Residual Networks, arXiv:1603.05027",
        SYMMETRIC, "ResNet-50 with activations before the convolutions.",
    ),
    _keras(
        "resnet101", "ResNet-101",
        ("conv2_block3_out", "conv3_block4_out", "conv4_block23_out", "conv5_block3_out"),
        44_707_176, "resnet101" + _TF_KERNELS, _RESNET, CAFFE, "A deeper ResNet.",
    ),
    _keras(
        "vgg16", "VGG-16",
        ("block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"),
        138_357_544, "vgg16" + _TF_KERNELS, _VGG, CAFFE,
        "Large, plain and old: the classic subject of saliency papers.",
        licence="CC BY 4.0 (weights, Oxford VGG)",
    ),
    _keras(
        "vgg19", "VGG-19",
        ("block2_conv2", "block3_conv4", "block4_conv4", "block5_conv4"),
        143_667_240, "vgg19" + _TF_KERNELS, _VGG, CAFFE, "VGG with three more layers.",
        licence="CC BY 4.0 (weights, Oxford VGG)",
    ),
    _keras(
        "inception_v3", "Inception v3", ("mixed2", "mixed7", "mixed10"),
        23_851_784, "inception_v3" + _TF_KERNELS,
        "Szegedy et al. 2015, Rethinking the Inception Architecture, arXiv:1512.00567",
        SYMMETRIC, "Parallel filters of several sizes, 299 px.", input_size=299,
    ),
    _keras(
        "xception", "Xception", ("block14_sepconv1_act", "block14_sepconv2_act"),
        22_910_480, "xception" + _TF_KERNELS,
        "Chollet 2016, Xception, arXiv:1610.02357",
        SYMMETRIC, "Depthwise separable convolutions, 299 px.", input_size=299,
    ),
    _keras(
        "mobilenet_v2", "MobileNet v2",
        ("block_2_add", "block_5_add", "block_12_add", "out_relu"),
        3_538_984, "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
        "Sandler et al. 2018, MobileNetV2, arXiv:1801.04381",
        SYMMETRIC, "Made for phones.",
    ),
    _keras(
        "densenet121", "DenseNet-121",
        ("conv2_block6_concat", "conv3_block12_concat", "conv4_block24_concat", "relu"),
        8_062_504, "densenet121" + _TF_KERNELS,
        "Huang et al. 2016, Densely Connected Networks, arXiv:1608.06993",
        STANDARDISED, "Every layer sees all earlier ones.", licence="BSD-3-Clause (weights)",
    ),
    _keras(
        "efficientnetv2_b0", "EfficientNet v2 B0",
        ("block2b_add", "block3b_add", "block5e_add", "top_activation"),
        7_200_312, "efficientnetv2-b0.h5",
        "Tan & Le 2021, EfficientNetV2, arXiv:2104.00298",
        STANDARDISED, "Accurate for its size.",
    ),
    _keras(
        "convnext_tiny", "ConvNeXt Tiny",
        (
            "convnext_tiny_downsampling_block_0:input",
            "convnext_tiny_downsampling_block_1:input",
            "convnext_tiny_downsampling_block_2:input",
            "convnext_tiny_head_gap:input",
        ),
        28_589_128, "convnext_tiny.h5",
        "Liu et al. 2022, A ConvNet for the 2020s, arXiv:2201.03545",
        STANDARDISED, "A convolutional network with a transformer's habits.",
        licence="MIT (weights, Meta)",
    ),
)  # fmt: skip

_SMALL_PAPER = "He et al. 2015, Deep Residual Learning, arXiv:1512.03385, section 4.2"


def _small(id: str, name: str, n_parameters: int, summary: str, *, input_size: int) -> ModelSpec:
    return ModelSpec(
        id=id,
        name=name,
        builder=f"core.models.small:{id}",
        input_size=input_size,
        preprocessing=SYMMETRIC,
        feature_layer="stage3_out",
        layers=("stage1_out", "stage2_out", "stage3_out"),
        n_parameters=n_parameters,
        paper=_SMALL_PAPER,
        licence="Apache-2.0",
        summary=summary,
        n_classes=10,
        labels="numbered",
    )


_SMALL = {
    spec.id: spec
    for spec in (
        _small("resnet8", "ResNet-8", 78_714,
               "Eight layers and a strided stem: trains on two CPU cores in minutes.",
               input_size=64),
        ModelSpec(
            id="convnet5",
            name="ConvNet-5",
            builder="core.models.small:convnet5",
            input_size=64,
            preprocessing=SYMMETRIC,
            feature_layer="conv3_out",
            layers=("conv1_out", "conv2_out", "conv3_out"),
            n_parameters=550_058,
            paper="Gowal et al. 2018, Interval Bound Propagation, arXiv:1810.12715",
            licence="Apache-2.0",
            summary="Plain convolutions without normalisation: interval bounds can follow it.",
            n_classes=10,
            labels="numbered",
        ),
        ModelSpec(
            id="vit_tiny",
            name="ViT-Ti/16",
            builder="core.models.vit:vit_tiny",
            input_size=224,
            preprocessing=SYMMETRIC,
            feature_layer="block12_out:tokens",
            layers=("block4_out:tokens", "block8_out:tokens", "block12_out:tokens"),
            attention=True,
            n_parameters=5_488_330,
            paper="Dosovitskiy et al. 2020, arXiv:2010.11929; Beyer et al. 2022, arXiv:2205.01580",
            licence="Apache-2.0",
            summary="A plain vision transformer: no class token, its tokens are a grid.",
            n_classes=10,
            labels="numbered",
        ),
        _small("resnet20", "ResNet-20", 274_042, "The smallest of the CIFAR ResNets.",
               input_size=32),
        _small("resnet32", "ResNet-32", 469_370, "A CIFAR ResNet.", input_size=32),
        _small("resnet56", "ResNet-56", 860_026, "A deep CIFAR ResNet.", input_size=32),
    )
}  # fmt: skip

_registrations = count(1)
_registered: dict[str, ModelSpec] = {spec.id: spec for spec in _SPECS}
_OWN_IDS = frozenset(_registered) | frozenset(_SMALL)


@lru_cache(maxsize=1)
def _load_entry_points() -> tuple[PluginError, ...]:
    """Register what packages bring; return what of it cannot be used."""
    errors = [plugin.checked(partial(_join, plugin)) for plugin in plugins(ENTRY_POINT_GROUP)]
    return tuple(error for error in errors if error is not None)


def _join(plugin: Plugin, function: Any) -> None:
    found = tuple(function()) if callable(function) else ()
    if not found or not all(isinstance(spec, ModelSpec) for spec in found):
        raise PluginError(
            "expected a function that returns core.models.zoo.ModelSpecs, received "
            f"{function!r:.80}" + (f" that returns {found!r:.80}" if callable(function) else "")
        )
    taken = [spec.id for spec in found if spec.id in _OWN_IDS]
    if taken:
        raise PluginError(
            f"there is a model {taken[0]!r} already, Pellucid's own: choose another id"
        )
    for spec in found:
        register(spec)


def register(spec: ModelSpec) -> None:
    """Add ``spec`` to the zoo, replacing an entry of the same id.

    Its code may have changed while everything that the spec says stayed equal: it gets a number of
    its own, and nothing that is held of the old one is its.
    """
    _registered[spec.id] = replace(spec, registration=next(_registrations))


@contextmanager
def registered(spec: ModelSpec) -> Iterator[None]:
    """Have ``spec`` in the zoo for a while: models that only a measurement knows."""
    register(spec)
    try:
        yield
    finally:
        del _registered[spec.id]


def specs() -> Mapping[str, ModelSpec]:
    """Return every model by id: the zoo's, those of entry points, and what was trained here."""
    _load_entry_points()
    return _registered | trained_specs(architectures())


def architectures() -> Mapping[str, ModelSpec]:
    """Return what weights can go into: the zoo's models, and the small ones made for training."""
    _load_entry_points()
    return _SMALL | _registered


def architecture(architecture_id: str) -> ModelSpec:
    """Return the architecture called ``architecture_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    return _found(architectures(), architecture_id, what="architecture")


def get(model_id: str) -> ModelSpec:
    """Return the spec of ``model_id``.

    Raises
    ------
    UnknownNameError
        If the zoo has no such model; the text lists what it has.
    """
    one = trained_spec(model_id, architectures()) or _registered.get(model_id)
    return one or _found(specs(), model_id, what="model")


def modality(model_id: str) -> Modality:
    """Return what kind of input the model called ``model_id`` takes.

    Raises
    ------
    UnknownNameError
        If there is no such model, or no such modality.
    """
    return modalities.get(get(model_id).modality)


def broken() -> tuple[PluginError, ...]:
    """Return what packages bring as models that cannot be used, one text each."""
    return _load_entry_points()


def _found(known: Mapping[str, ModelSpec], id: str, *, what: str) -> ModelSpec:
    if id not in known:
        raise unknown(known, id, what=what, besides=map(str, broken()))
    return known[id]
