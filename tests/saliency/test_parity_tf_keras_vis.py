"""Our maps against tf-keras-vis, an independent implementation, on the same Keras model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import images
from core.contracts import ModelRef
from core.engine.control import LocalControl
from core.models.runtime import Runtime, runtime
from core.saliency.base import Problem
from core.saliency.registry import METHODS


@pytest.fixture(scope="module")
def model() -> Runtime:
    return runtime(ModelRef("efficientnet_lite0"))


@pytest.fixture(scope="module")
def seen(cat: Path) -> np.ndarray:
    return images.to_input(images.open_picture(cat), size=224).tensor()[None]


@pytest.fixture(scope="module")
def target(model: Runtime, seen: np.ndarray) -> int:
    return int(model.logits(seen).argmax())


def ours(model: Runtime, seen: np.ndarray, target: int, method: str, **given: object) -> np.ndarray:
    chosen = METHODS[method]
    values = {p.name: p.default for p in chosen.parameters} | given
    directions = np.eye(model.n_classes, dtype=np.float32)[[target]]
    task = Problem(model, seen, directions, None, 0, LocalControl())
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
    assert correlation(cells(ours(model, seen, target, "scorecam")), np.asarray(small)) >= 0.99
