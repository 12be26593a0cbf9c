"""Our maps against tf-keras-vis, an independent implementation, on the same Keras model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.contracts import ModelRef
from core.control import LocalControl
from core.modalities.picture import images
from core.modalities.picture.modality import PICTURE
from core.models.runtime import Runtime, runtime
from core.saliency.base import Problem
from core.saliency.registry import METHODS


@pytest.fixture(scope="module")
def model() -> Runtime:
    return runtime(ModelRef("efficientnet_lite0"))


@pytest.fixture(scope="module")
def seen(cat: Path) -> np.ndarray:
    return images.to_input(images.open_picture(cat), shape=(224, 224, 3)).tensor()[None]


@pytest.fixture(scope="module")
def target(model: Runtime, seen: np.ndarray) -> int:
    return int(model.logits(seen).argmax())


def ours(model: Runtime, seen: np.ndarray, target: int, method: str, **given: object) -> np.ndarray:
    chosen = METHODS[method]
    values = {p.name: p.default for p in PICTURE.parameters(chosen.parameters)} | given
    directions = np.eye(model.n_classes, dtype=np.float32)[[target]]
    task = Problem(model, seen, directions, None, 0, LocalControl(), PICTURE)
    return chosen().explain(task, values)[0].map


def cells(full: np.ndarray) -> np.ndarray:
    """Read a map at the centres of its 7 × 7 cells, where upsampling leaves the values alone."""
    centres = ((np.arange(7) + 0.5) * 32 - 0.5).astype(int)
    rows = (full[centres] + full[centres + 1]) / 2
    return (rows[:, centres] + rows[:, centres + 1]) / 2


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize(
    ("method", "theirs"),
    [
        ("gradcam", "gradcam.Gradcam"),
        ("gradcam++", "gradcam_plus_plus.GradcamPlusPlus"),
        ("layercam", "layercam.Layercam"),
    ],
)
def test_cams(model: Runtime, seen: np.ndarray, target: int, method: str, theirs: str) -> None:
    import importlib

    from tf_keras_vis.utils.scores import CategoricalScore

    module, _, name = theirs.partition(".")
    visualiser = getattr(importlib.import_module(f"tf_keras_vis.{module}"), name)(
        model.network().model, clone=True
    )
    small = visualiser(
        CategoricalScore([target]),
        seen,
        penultimate_layer=model.spec.feature_layer,
        seek_penultimate_conv_layer=False,
        expand_cam=False,
        normalize_cam=False,
    )[0]
    assert correlation(cells(ours(model, seen, target, method)), np.asarray(small)) >= 0.99


def test_saliency(model: Runtime, seen: np.ndarray, target: int) -> None:
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    theirs = Saliency(model.network().model, clone=True)(
        CategoricalScore([target]), seen, normalize_map=False
    )[0]
    # Kinks of ReLU6 turn rounding into small jumps of single gradients.
    theirs = np.asarray(theirs)
    mine = ours(model, seen, target, "saliency")
    np.testing.assert_allclose(mine, theirs, atol=0.01 * theirs.max())
    assert correlation(mine, theirs) >= 0.9999


def test_smoothgrad_with_the_same_noise(
    model: Runtime, seen: np.ndarray, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tf_keras_vis import saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    n = 4
    noise = np.random.default_rng(0).standard_normal((n, 224, 224, 3), dtype=np.float32)
    monkeypatch.setattr(
        saliency.np.random,
        "normal",
        lambda _mean, sigma, shape: (noise[:, None] * np.asarray(sigma)).reshape(tuple(shape)),
    )
    theirs = saliency.Saliency(model.network().model, clone=True)(
        CategoricalScore([target]), seen, smooth_samples=n, smooth_noise=0.2, normalize_map=False
    )[0]
    # They take the largest channel of the mean magnitude; so do we with these choices.
    mine = ours(model, seen, target, "smoothgrad", n_samples=n, noise=0.2, aggregate="magnitude")
    assert correlation(mine, np.asarray(theirs)) >= 0.99


@pytest.mark.slow
def test_scorecam(model: Runtime, seen: np.ndarray, target: int) -> None:
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    small = Scorecam(model.network().model, clone=True)(
        CategoricalScore([target]),
        seen,
        penultimate_layer=model.spec.feature_layer,
        seek_penultimate_conv_layer=False,
        expand_cam=False,
        normalize_cam=False,
    )[0]
    mine = ours(model, seen, target, "scorecam", channels=0)
    assert correlation(cells(mine), np.asarray(small)) >= 0.99


def test_faster_scorecam(model: Runtime, seen: np.ndarray, target: int) -> None:
    """They choose the channels with the largest standard deviation, which is the same choice."""
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    small = Scorecam(model.network().model, clone=True)(
        CategoricalScore([target]),
        seen,
        penultimate_layer=model.spec.feature_layer,
        seek_penultimate_conv_layer=False,
        max_N=32,
        expand_cam=False,
        normalize_cam=False,
    )[0]
    mine = ours(model, seen, target, "scorecam", channels=32)
    assert correlation(cells(mine), np.asarray(small)) >= 0.99


def test_guided_backprop() -> None:
    """On a network that says ``activation="relu"``: they do not find layers ``ReLU``."""
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.model_modifiers import GuidedBackpropagation
    from tf_keras_vis.utils.scores import CategoricalScore

    from core.models.network import Network
    from core.models.tensorflow import keras

    layers = keras.layers
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, activation="relu", kernel_initializer="glorot_normal")(inputs)
    x = layers.Conv2D(8, 3, activation="relu", kernel_initializer="glorot_normal")(x)
    net = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))
    rng = np.random.default_rng(0)
    for variable in net.weights:
        variable.assign(rng.normal(0, 0.3, variable.shape))
    pixels = rng.random((1, 16, 16, 3), dtype=np.float32)
    theirs = Saliency(net, model_modifier=[GuidedBackpropagation()], clone=True)(
        CategoricalScore([1]), pixels, normalize_map=False
    )[0]
    directions = np.eye(3, dtype=np.float32)[[1]]
    _, gradients = Network(net).guided_gradient(pixels, directions)
    np.testing.assert_allclose(np.abs(gradients[0]).max(axis=-1), theirs, rtol=1e-4, atol=1e-6)
