"""Several devices share a batch and learn what one would: two logical processors stand for GPUs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json
import numpy as np
from core.models.tensorflow import keras, tf
from core.training.objective import CrossEntropy
from core.training.placement import Placement
from core.training.step import prepared_optimizer, training_step

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
rng = np.random.default_rng(0)
x, y = rng.random((12, 6), np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 12)]
weights = rng.random(12, np.float32)


def trained(strategy, half):
    placement = Placement(strategy, half=half)
    keras.utils.set_random_seed(1)
    with placement.building():
        model = keras.Sequential([
            keras.Input((6,)),
            keras.layers.Dense(8, "relu", kernel_regularizer=keras.regularizers.L2(0.01)),
            keras.layers.Dense(3, dtype="float32"),
        ])
    optimizer = prepared_optimizer(
        lambda: keras.optimizers.SGD(0.1, momentum=0.9), model, placement
    )
    step = training_step(model, CrossEntropy(0.1), optimizer, placement)
    told = []
    for number in range(5):
        seed = tf.constant([0, number], tf.int32)
        given = placement.spread(*map(tf.constant, (x, y, weights)))
        told.append([float(t) for t in step(*given, seed, tf.constant(0.1))])
    return placement.n, told, [np.array(v).tolist() for v in model.trainable_variables]


one = trained(tf.distribute.get_strategy(), False)
two = trained(tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"]), False)
half = trained(tf.distribute.get_strategy(), True)
print(json.dumps({"one": one, "two": two, "half": half}))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, list]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def flat(weights: list) -> list[float]:
    return [v for part in weights for v in (flat(part) if isinstance(part, list) else [part])]


def test_two_devices_learn_what_one_does(said: dict[str, list]) -> None:
    assert (said["one"][0], said["two"][0]) == (1, 2)
    for alone, shared in zip(said["one"][1], said["two"][1], strict=True):
        assert shared == pytest.approx(alone, rel=1e-4)
    assert flat(said["two"][2]) == pytest.approx(flat(said["one"][2]), abs=1e-5)
    assert said["one"][1][-1][0] < said["one"][1][0][0]


def test_mixed_precision_scales_the_loss_and_learns_alike(said: dict[str, list]) -> None:
    """What GPUs do: half precision in the network, variables and loss in float32."""
    plain, half = said["one"], said["half"]
    assert half[1] != plain[1]
    assert flat(half[2]) == pytest.approx(flat(plain[2]), abs=5e-3)
    for alone, mixed in zip(plain[1], half[1], strict=True):
        assert mixed[0] == pytest.approx(alone[0], rel=2e-2)
