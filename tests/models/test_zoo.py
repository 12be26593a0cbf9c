from __future__ import annotations

import pytest

from core.contracts import ModelRef
from core.errors import UnknownNameError
from core.models import zoo
from core.models.runtime import Runtime
from core.workspace import open_store

REQUIRED = {
    "efficientnet_lite0", "resnet50", "resnet50v2", "resnet101", "vgg16", "vgg19", "inception_v3",
    "xception", "mobilenet_v2", "densenet121", "efficientnetv2_b0", "convnext_tiny",
}  # fmt: skip
QUICK = ["efficientnet_lite0", "mobilenet_v2"]


def test_every_required_model_is_there_and_complete() -> None:
    assert set(zoo.specs()) >= REQUIRED
    for model_id in REQUIRED:
        card = zoo.get(model_id).card()
        assert card.paper
        assert card.licence
        assert card.summary
        assert card.feature_layer == card.layers[-1]


def check_declarations(model_id: str) -> None:
    """What the zoo says is what Keras builds."""
    from core.models.feature_layers import layer_tensor
    from core.models.network import Network

    runtime = Runtime(ModelRef(model_id, "random"), store=open_store())
    network: Network = runtime.network()
    spec = runtime.spec
    assert network.model.count_params() == spec.n_parameters
    assert network.model.output_shape == (None, spec.n_classes)
    assert network.model.input_shape == (None, spec.input_size, spec.input_size, 3)
    sides = [layer_tensor(network.model, name).shape[1] for name in spec.layers]
    assert sides == sorted(sides, reverse=True)
    for name in spec.layers:
        network._head(name)  # the logits depend on this layer alone


@pytest.mark.parametrize("model_id", QUICK)
def test_declarations(model_id: str) -> None:
    check_declarations(model_id)


@pytest.mark.slow
@pytest.mark.parametrize("model_id", sorted(REQUIRED - set(QUICK)))
def test_declarations_of_the_larger_models(model_id: str) -> None:
    check_declarations(model_id)


@pytest.mark.parametrize("model_id", ["resnet50", "densenet121", "efficientnetv2_b0"])
def test_preprocessing_is_keras_own(model_id: str) -> None:
    """Our affine inside the model equals what Keras prescribes for the architecture."""
    import numpy as np

    from core.models.tensorflow import keras

    module = {
        "resnet50": keras.applications.resnet50,
        "densenet121": keras.applications.densenet,
    }.get(model_id)
    pixels = np.random.default_rng(0).random((1, 8, 8, 3), dtype=np.float32)
    affine = zoo.get(model_id).preprocessing
    ordered = pixels[..., ::-1] if affine.order == "bgr" else pixels
    ours = (ordered * 255 - np.array(affine.mean)) / np.array(affine.scale)
    if module is not None:
        expected = module.preprocess_input(pixels * 255)
    else:  # the layers that EfficientNetV2 would put in front itself
        mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        expected = (pixels - mean) / std
    np.testing.assert_allclose(ours, expected, atol=2e-4)


def test_unknown_models_are_named_with_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet50'"):
        zoo.get("resnet5")
