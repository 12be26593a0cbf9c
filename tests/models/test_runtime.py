from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.contracts import ModelRef
from core.errors import CapabilityError, UnknownNameError
from core.modalities.picture import images
from core.models.forward import TOLERANCE
from core.models.network import split
from core.models.runtime import Runtime, runtime

REF = ModelRef("efficientnet_lite0")


@pytest.fixture(scope="module")
def model() -> Runtime:
    return runtime(REF)


@pytest.fixture(scope="module")
def batch(cat: Path) -> np.ndarray:
    one = images.to_input(images.open_picture(cat), shape=(224, 224, 3)).tensor()
    flipped = one[:, ::-1]
    return np.stack([one, flipped, one * 0.5, np.zeros_like(one), 1 - one])


@pytest.fixture(scope="module")
def directions() -> np.ndarray:
    return np.eye(1000, dtype=np.float32)[[281, 282, 285, 0, 1]]


def test_accuracy_on_real_pictures(model: Runtime, imagenet_sample: list[tuple[Path, int]]) -> None:
    inputs = np.stack(
        [
            images.to_input(images.open_picture(p), shape=(224, 224, 3)).tensor()
            for p, _ in imagenet_sample
        ]
    )
    labels = np.array([label for _, label in imagenet_sample])
    order = np.argsort(-model.logits(inputs), axis=1)
    assert (order[:, 0] == labels).mean() >= 0.88
    assert (order[:, :5] == labels[:, None]).any(axis=1).mean() >= 0.97


def test_openvino_and_tensorflow_agree(model: Runtime, batch: np.ndarray) -> None:
    model._export.load()
    assert "OpenVINO" in model.device
    network = model.network()
    assert np.abs(model.logits(batch) - network.logits(batch)).max() < TOLERANCE
    for layer in model.spec.layers:
        logits, features = model.features(batch, layer)
        expected_logits, expected = network.features(batch, layer)
        np.testing.assert_allclose(features, expected, atol=TOLERANCE)
        np.testing.assert_allclose(logits, expected_logits, atol=TOLERANCE)


def test_gradient_is_the_derivative(
    model: Runtime, batch: np.ndarray, directions: np.ndarray
) -> None:
    """Walking along the gradient raises f by its length times the step (central difference)."""
    network = model.network()
    _, gradient = model.gradient(batch[:1], directions[:1])
    length = float(np.linalg.norm(gradient))
    step = (gradient / length).astype(np.float32)
    h = np.float32(0.005)
    up, down = network.logits(batch[:1] + h * step), network.logits(batch[:1] - h * step)
    slope = float(((up - down) @ directions[0]).item() / (2 * h))
    assert slope == pytest.approx(length, rel=0.05)


def test_results_do_not_depend_on_the_batch(
    model: Runtime, batch: np.ndarray, directions: np.ndarray
) -> None:
    _, together = model.gradient(batch, directions)
    for i in range(len(batch)):
        _, alone = model.gradient(batch[i : i + 1], directions[i : i + 1])
        np.testing.assert_allclose(together[i], alone[0], atol=0.01 * np.abs(alone).max())


def test_head_gradient_equals_the_whole_backward_pass(
    model: Runtime, batch: np.ndarray, directions: np.ndarray
) -> None:
    """For GAP and Dense the gradient at the features is the weights over the number of cells."""
    _, features, gradients = model.features_and_gradients(batch, directions)
    kernel = model.network().model.get_layer("logits").kernel.numpy()
    expected = (directions @ kernel.T)[:, None, None] / (features.shape[1] * features.shape[2])
    np.testing.assert_allclose(gradients, np.broadcast_to(expected, gradients.shape), atol=1e-6)


def test_traces_are_made_once(model: Runtime, batch: np.ndarray, directions: np.ndarray) -> None:
    network = model.network()
    model.gradient(batch, directions)
    before = {key: id(trace) for key, trace in network._traces.items()}
    for _ in range(3):
        model.gradient(batch, directions)
    assert {key: id(trace) for key, trace in network._traces.items()} == before


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 17, 20, 33])
def test_split_covers_everything_once(n: int) -> None:
    parts = list(split(n, (1, 4, 8, 16)))
    assert [i for start, stop, _ in parts for i in range(start, stop)] == list(range(n))
    assert all(stop - start <= bucket for start, stop, bucket in parts)
    assert sum(bucket for _, _, bucket in parts) <= 1.5 * n + 1


def test_wrong_inputs_are_named(model: Runtime) -> None:
    with pytest.raises(CapabilityError, match=r"expects float32 \(N, 224, 224, 3\)"):
        model.logits(np.zeros((1, 32, 32, 3), np.float32))
    with pytest.raises(UnknownNameError, match="Choose one of"):
        model.features(np.zeros((1, 224, 224, 3), np.float32), "stem")


def test_tensorflow_can_be_chosen(monkeypatch: pytest.MonkeyPatch, batch: np.ndarray) -> None:
    from core.settings import settings
    from core.workspace import open_store

    monkeypatch.setenv("PELLUCID_FORWARD", "tensorflow")
    settings.cache_clear()
    try:
        plain = Runtime(REF, store=open_store())
        plain.prepare(10_000)
        plain.logits(batch[:1])
        assert "TensorFlow" in plain.device
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_tensorflow_that_is_still_being_imported_is_not_asked_for_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys
    from types import ModuleType

    from core.models import device as module

    monkeypatch.setattr(module, "_GPU_FILES", ())
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    assert module.describe_device(openvino=True).startswith("CPU")
