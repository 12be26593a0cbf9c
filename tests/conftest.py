"""Shared fixtures: a home of its own for the whole run, real pictures, small known networks."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT.parent / "shared" / "data" / "imagenet-sample"

# Before anything of core reads the settings; workers and servers that tests start inherit it.
_HOME = Path(tempfile.mkdtemp(prefix="pellucid-tests-"))
os.environ["PELLUCID_HOME"] = str(_HOME)


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests first: their files take longest, and none shall be left over at the end."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


@pytest.fixture(scope="session")
def home() -> Path:
    """The store's home during the tests."""
    return _HOME


@pytest.fixture(scope="session")
def cat() -> Path:
    """A real photograph of a cat, shipped with the project."""
    return ROOT / "assets" / "examples" / "cat.jpg"


@pytest.fixture(scope="session")
def imagenet_sample() -> list[tuple[Path, int]]:
    """200 real pictures with their ImageNet labels."""
    table = SAMPLE / "metadata.csv"
    if not table.is_file():
        pytest.skip(f"the ImageNet sample is not here ({SAMPLE})")
    with table.open(encoding="utf-8") as file:
        return [(SAMPLE / row["file_name"], int(row["label"])) for row in csv.DictReader(file)]


@pytest.fixture(scope="session")
def toys() -> None:
    """Register ``toy_linear`` (Flatten, Dense), ``toy_gap`` (Conv, GAP, Dense), ``toy_attention``.

    The last has two layers of attention over 4 × 4 tokens, and classifies their mean.
    """
    from core import api

    def linear(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Flatten()(inputs)
        model = keras.Model(
            keras.utils.get_source_inputs(inputs), keras.layers.Dense(n_classes, name="out")(x)
        )
        return _fill(model, seed=1)

    def gap(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Conv2D(
            6, 3, strides=2, padding="same", activation="relu", name="features"
        )(inputs)
        x = keras.layers.GlobalAveragePooling2D()(x)
        model = keras.Model(
            keras.utils.get_source_inputs(inputs), keras.layers.Dense(n_classes, name="out")(x)
        )
        return _fill(model, seed=2)

    def attention(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Conv2D(8, 4, strides=4, name="features")(inputs)
        x = keras.layers.Reshape((16, 8))(x)
        for _ in range(2):
            x = keras.layers.Add()([x, keras.layers.MultiHeadAttention(2, 4)(x, x)])
        x = keras.layers.GlobalAveragePooling1D()(x)
        model = keras.Model(
            keras.utils.get_source_inputs(inputs), keras.layers.Dense(n_classes, name="out")(x)
        )
        return _fill(model, seed=3)

    api.register_model("toy_linear", linear, input_size=16, n_classes=3)
    api.register_model("toy_gap", gap, input_size=16, n_classes=3, feature_layer="features")
    api.register_model(
        "toy_attention", attention, input_size=16, n_classes=3, feature_layer="features"
    )


def toy_of(needs: frozenset[str]) -> str:
    """Return the toy that a method can be tried on: a convolutional one where that will do."""
    return "toy_attention" if "attention" in needs else "toy_gap"


def _fill(model: object, *, seed: int) -> object:
    rng = np.random.default_rng(seed)
    for variable in model.weights:  # type: ignore[attr-defined]
        variable.assign(rng.normal(0, 0.5, variable.shape))
    return model


@pytest.fixture(scope="session")
def noise_picture() -> np.ndarray:
    """A 16 × 16 picture that toy models take without resampling (squash)."""
    return np.random.default_rng(5).integers(0, 256, (16, 16, 3), dtype=np.uint8)
