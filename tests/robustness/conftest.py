"""Models whose distances are known, and one whose gradients are stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import api
from core.contracts import ModelRef, Norm
from core.control import LocalControl
from core.models.runtime import runtime
from core.robustness.attacks.base import Problem
from core.robustness.passes import AttackPasses

SIZE = 16
N = 110  # two chunks


def _filled(model: Any, seed: int, scale: float) -> Any:
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        variable.assign(rng.normal(0, scale, variable.shape))
    return model


def _linear(inputs: Any, n_classes: int) -> Any:
    from core.models.tensorflow import keras

    x = keras.layers.Flatten()(inputs)
    out = keras.layers.Dense(n_classes, name="out")(x)
    return _filled(keras.Model(keras.utils.get_source_inputs(inputs), out), 3, 0.3)


def _curved(inputs: Any, n_classes: int, *, stopped: bool = False) -> Any:
    from core.models.tensorflow import keras, tf

    x = inputs
    if stopped:
        x = keras.layers.Lambda(tf.stop_gradient, output_shape=(SIZE, SIZE, 3))(x)
    x = keras.layers.Conv2D(8, 5, strides=2, activation="relu", name="features")(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(24, activation="relu")(x)
    out = keras.layers.Dense(n_classes, name="out")(x)
    model = _filled(keras.Model(keras.utils.get_source_inputs(inputs), out), 4, 0.25)
    # On average no class leads, so that all of them are answered.
    seen = np.random.default_rng(5).uniform(0.25, 0.75, (256, SIZE, SIZE, 3)).astype(np.float32)
    bias = model.get_layer("out").bias
    bias.assign(bias - np.asarray(model([seen])).mean(axis=0))
    return model


def _stopped(inputs: Any, n_classes: int) -> Any:
    return _curved(inputs, n_classes, stopped=True)


@pytest.fixture(scope="session")
def models() -> None:
    """Register ``rob_linear`` (2 classes), ``rob_curved`` (5), and its twins.

    ``rob_stopped`` has its gradients cut off.
    """
    api.register_model("rob_linear", _linear, input_size=SIZE, n_classes=2)
    api.register_model("rob_curved", _curved, input_size=SIZE, n_classes=5)
    api.register_model("rob_stopped", _stopped, input_size=SIZE, n_classes=5)


@pytest.fixture(scope="session")
def passes(models: None) -> Callable[[str], AttackPasses]:
    made: dict[str, AttackPasses] = {}

    def of(model: str) -> AttackPasses:
        if model not in made:
            made[model] = AttackPasses(runtime(ModelRef(model)))
        return made[model]

    return of


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """Pictures of 8-bit levels, away from black and white, float32 ``(24, 16, 16, 3)``."""
    levels = np.random.default_rng(7).integers(70, 186, (24, SIZE, SIZE, 3))
    return (levels / 255).astype(np.float32)


@pytest.fixture(scope="session")
def problem(passes: Callable[[str], AttackPasses], pictures: np.ndarray) -> Callable[..., Problem]:
    """Pictures labelled as the model itself answers: all are right unharmed."""

    def of(
        model: str, norm: Norm = "linf", eps: float = 0.0, n: int = 24, seed: int = 0
    ) -> Problem:
        own = passes(model)
        labels = own.logits(pictures[:n]).argmax(axis=1).astype(np.int64)
        return Problem(own, pictures[:n], labels, norm, eps, np.arange(n), 0, LocalControl())

    return of


@pytest.fixture(scope="session")
def folder(models: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures labelled as ``rob_curved`` answers, but for every tenth; two groups."""
    root = tmp_path_factory.mktemp("robust")
    rng = np.random.default_rng(11)
    levels = rng.integers(60, 196, (N, 16, 16, 3), dtype=np.uint8)
    levels[::2] = levels[::2] // 4 * 3
    answers = runtime(ModelRef("rob_curved")).logits((levels / 255).astype(np.float32)).argmax(1)
    rows = ["file_name,label,band"]
    for i, (pixels, answer) in enumerate(zip(levels, answers, strict=True)):
        label = (answer + 1) % 5 if i % 10 == 0 else answer
        Image.fromarray(pixels).save(root / f"{i:03}.png")
        rows.append(f"{i:03}.png,{label},{'dark' if i % 2 == 0 else 'light'}")
    (root / "metadata.csv").write_text("\n".join(rows))
    (root / "classes.txt").write_text("\n".join(api.class_names("rob_curved")))
    return root
