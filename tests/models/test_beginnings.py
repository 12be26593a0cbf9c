"""What range and order a network expects is read off what its first layers make of pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from core import api
from core.models.tensorflow import tf
from core.own_models.beginning import Expected, expected
from core.own_models.leading import first_scalings, named

L = keras.layers
PREPARED = keras.applications
Beginning = Callable[[Any], Any]


def net(begin: Beginning, channels: int = 3) -> Any:
    pixels = keras.Input((16, 20, channels))
    x = L.Conv2D(4, 3, activation="relu")(begin(pixels))
    return keras.Model(pixels, L.Dense(3, "softmax")(L.GlobalAveragePooling2D()(x)))


def found(begin: Beginning, channels: int = 3) -> Expected | None:
    return expected(first_scalings(net(begin, channels)), named)


def seen(mean: Any, deviation: Any) -> Beginning:
    """A batch normalisation that was trained on pixels of a mean and deviation."""

    def begin(x: Any) -> Any:
        layer = L.BatchNormalization()
        y = layer(x)
        rng, n = np.random.default_rng(0), len(mean)
        layer.set_weights(
            [rng.uniform(0.5, 1.5, n), rng.normal(0, 0.3, n), np.array(mean), np.square(deviation)]
        )
        return y

    return begin


def parts(x: Any) -> Any:
    r, g, b = x[..., 0:1], x[..., 1:2], x[..., 2:3]
    return keras.ops.concatenate([b - 103.939, g - 116.779, r - 123.68], -1)


SURE: dict[str, tuple[Beginning, str, str]] = {
    "rescaling": (L.Rescaling(1 / 255), "0-255", "rgb"),
    "divided": (lambda x: x / 255.0, "0-255", "rgb"),
    "multiplied": (lambda x: x * (1 / 255), "0-255", "rgb"),
    "divided, less 1": (lambda x: x / 127.5 - 1, "0-255", "rgb"),
    "less 128, divided": (lambda x: (x - 128.0) / 128.0, "0-255", "rgb"),
    "clipped": (lambda x: keras.ops.clip(x, 0.0, 255.0) / 255.0, "0-255", "rgb"),
    "resized, padded": (lambda x: L.ZeroPadding2D(2)(L.Rescaling(1 / 255)(L.Resizing(12, 12)(x))),
                        "0-255", "rgb"),
    "mobilenet": (PREPARED.mobilenet_v2.preprocess_input, "0-255", "rgb"),
    "densenet": (PREPARED.densenet.preprocess_input, "0-255", "rgb"),
    "resnet, turned round": (PREPARED.resnet.preprocess_input, "0-255", "rgb"),
    "caffe by parts": (parts, "0-255", "rgb"),
    "caffe of BGR": (lambda x: x - np.array([103.939, 116.779, 123.68], "float32"), "0-255", "bgr"),
    "twice, less 1": (lambda x: x * 2 - 1, "0-1", "rgb"),
    "half, and half": (lambda x: x * 0.5 + 0.5, "-1-1", "rgb"),
    "ImageNet's": (L.Normalization(mean=[0.485, 0.456, 0.406],
                                   variance=np.square([0.229, 0.224, 0.225])), "0-1", "rgb"),
    "adapted to 0-255": (L.Normalization(mean=[125.0, 123, 114], variance=[3969.0, 3844, 4356]),
                         "0-255", "rgb"),
    "adapted to 0-1": (L.Normalization(mean=[0.49, 0.48, 0.45], variance=[0.061, 0.059, 0.068]),
                       "0-1", "rgb"),
    "seen 0-255": (seen([120.0, 110, 100], [60.0, 58, 62]), "0-255", "rgb"),
    "seen 0-1": (seen([0.45, 0.43, 0.40], [0.26, 0.24, 0.26]), "0-1", "rgb"),
    "seen after a rescaling": (lambda x: seen([0.45, 0.43, 0.4], [0.26, 0.24, 0.26])(
        L.Rescaling(1 / 255)(x)), "0-255", "rgb"),
}  # fmt: skip


@pytest.mark.parametrize("case", SURE)
def test_what_first_layers_do_tells_the_range(case: str) -> None:
    begin, range_, order = SURE[case]
    told = found(begin)
    assert told is not None
    assert (told.range, told.order, told.sure) == (range_, order, True)


@pytest.mark.parametrize(
    ("begin", "range_"),
    [
        (seen([-0.1, -0.12, -0.15], [0.52, 0.51, 0.5]), "-1-1"),
        (seen([2.0, 1.0, 3.0], [60.0, 58.0, 62.0]), "caffe"),
        (lambda x: x - np.array([120.0, 110, 100], "float32"), "0-255"),
        (L.Rescaling(1 / 128), "0-255"),
    ],
)
def test_numbers_that_leave_a_doubt_say_so(begin: Beginning, range_: str) -> None:
    told = found(begin)
    assert told is not None
    assert (told.range, told.sure) == (range_, False)


@pytest.mark.parametrize(
    "begin",
    [
        lambda x: x,
        L.BatchNormalization(),
        L.Activation("relu"),
        lambda x: x[..., ::-1],
        lambda x: x - keras.ops.mean(x, (1, 2), keepdims=True),
        lambda x: keras.ops.mean(x, -1, keepdims=True) / 255,
        lambda x: keras.ops.square(x) / 255,
        lambda x: L.Concatenate()([x / 255, L.Conv2D(2, 1)(x)]),
    ],
)
def test_layers_that_tell_nothing_tell_nothing(begin: Beginning) -> None:
    """Fresh statistics, what depends on the picture, what mixes channels, and a way around."""
    assert found(begin) is None


def test_grey_pictures_have_no_order() -> None:
    told = found(lambda x: x / 255.0, channels=1)
    assert told is not None
    assert (told.range, told.sure) == ("0-255", True)
    dark = found(seen([0.13], [0.31]), channels=1)
    assert dark is not None
    assert not dark.sure, "of drawn digits in 0-1, or of pale pictures in -1-1"


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Models that scale pixels inside, in every kind of file that a framework writes."""
    keras.utils.set_random_seed(2)
    place = tmp_path_factory.mktemp("scaled")
    made: dict[str, Path] = {}
    for name, begin in (("divided", SURE["divided"][0]), ("caffe", SURE["resnet, turned round"][0]),
                        ("rescaled", L.Rescaling(1 / 255))):  # fmt: skip
        model = net(begin)
        for ending in ("keras", "h5"):
            made[f"{name}.{ending}"] = place / f"{name}.{ending}"
            model.save(made[f"{name}.{ending}"])
        made[f"{name} saved"] = place / name
        model.export(str(place / name), format="tf_saved_model", verbose=False)
    made["rescaled.tflite"] = place / "rescaled.tflite"
    made["rescaled.tflite"].write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return made


@pytest.mark.parametrize("name", ["divided.keras", "divided.h5", "divided saved", "caffe.keras",
                                  "caffe.h5", "caffe saved", "rescaled.keras"])  # fmt: skip
def test_files_are_read_in_the_range_that_they_take(scaled: dict[str, Path], name: str) -> None:
    facts = api.inspect_model(scaled[name])
    told = next(check for check in facts.checks if check.id == "preprocessing")
    assert (facts.range, facts.order, told.ok) == ("0-255", "rgb", True)


def test_a_range_is_kept_where_code_of_ones_own_is_run(scaled: dict[str, Path]) -> None:
    facts = api.inspect_model(scaled["rescaled.keras"], trusted=True)
    assert facts.range == "0-255"
    assert all(check.ok for check in facts.checks)


def test_a_scaling_inside_the_kernel_is_suspected_and_never_taken_for_0_to_1(
    scaled: dict[str, Path],
) -> None:
    """Exporters multiply it into the first kernel: nothing else in the file tells."""
    facts = api.inspect_model(scaled["rescaled.tflite"])
    told = next(check for check in facts.checks if check.id == "preprocessing")
    assert (facts.range, told.ok) == ("0-255", False)
    assert "first kernel" in told.note
    assert "--range" in told.note
