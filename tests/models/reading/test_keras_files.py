"""Files that Keras writes are read as Keras reads them, whatever kind of model they hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812 (as everybody writes it)

from core.errors import ModelFileError
from core.models.reading.allowed import INERT, LAYERS, OPERATIONS, PREPARES
from core.models.reading.config import clean
from core.models.reading.files import Described, open_archive, open_hdf5
from core.models.reading.rebuild import as_saved, flat, output_names
from tests.models.reading.networks import NETWORKS, drawn

N = 32
OPENED: dict[str, Callable[[Path, Path], Described]] = {
    ".keras": open_archive,
    ".h5": lambda path, _: open_hdf5(path),
}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    return {name: drawn(name) for name in NETWORKS}


def pictures(model: Any) -> Any:
    shape = model.input_shape[1:]
    return np.random.default_rng(0).random((N, *shape), dtype=np.float32)


@pytest.mark.parametrize("suffix", OPENED)
@pytest.mark.parametrize("name", NETWORKS)
def test_it_answers_as_keras_does(
    models: dict[str, Any], tmp_path: Path, name: str, suffix: str
) -> None:
    model = models[name]
    file = tmp_path / f"{name}{suffix}"
    model.save(file)
    read = OPENED[suffix](file, tmp_path)
    saved = as_saved(read.config, read.weights, numbers=read.held.numbers, where=file.name)
    x = pictures(model)
    expected = keras.tree.flatten(model.predict(x, verbose=0))
    close = 5e-3 if name == "half_precision" else 1e-4  # Keras computes it in half precision
    for i in range(len(output_names(saved))):
        whole = flat(saved, keras.Input(model.input_shape[1:]), output=i)
        assert all(not isinstance(layer, keras.Model) for layer in whole.layers)
        names = [layer.name for layer in whole.layers]
        assert len(names) == len(set(names))
        np.testing.assert_allclose(np.asarray(whole(x)), expected[i], atol=close)
    assert clean(read.config, file.name) == read.config, "what is kept of it is read again"


def test_shared_layers_stay_shared(models: dict[str, Any], tmp_path: Path) -> None:
    models["shared"].save(tmp_path / "shared.keras")
    read = open_archive(tmp_path / "shared.keras", tmp_path)
    saved = as_saved(read.config, read.weights, numbers=read.held.numbers, where="shared.keras")
    whole = flat(saved, keras.Input(models["shared"].input_shape[1:]))
    assert whole.count_params() == models["shared"].count_params()


def test_what_is_inert_is_left_out(models: dict[str, Any], tmp_path: Path) -> None:
    models["nested"].save(tmp_path / "nested.keras")
    read = open_archive(tmp_path / "nested.keras", tmp_path)
    saved = as_saved(read.config, read.weights, numbers=read.held.numbers, where="nested.keras")
    whole = flat(saved, keras.Input((32, 32, 3)))
    assert not {type(layer).__name__ for layer in whole.layers} & INERT


def test_what_is_allowed_is_kerass_own() -> None:
    """Every layer, operation and argument that is listed is one of the Keras installed."""
    import inspect

    from core.models.reading.rebuild import operation_class

    wrong = []
    for kind, arguments in LAYERS.items():
        taken = inspect.signature(getattr(keras.layers, kind).__init__).parameters
        wrong += [f"{kind}.{a}" for a in arguments if a not in taken and "kwargs" not in taken]
    for kind, arguments in OPERATIONS.items():
        taken = inspect.signature(operation_class(kind).__init__).parameters
        wrong += [f"{kind}.{a}" for a in arguments if a not in taken]
    assert not wrong


def old_config() -> dict[str, Any]:
    """A functional model as Keras 2.4 spelled it."""

    def layer(kind: str, name: str, before: list[Any], **config: Any) -> dict[str, Any]:
        told = {"name": name, "trainable": True, "dtype": "float32", **config}
        return {"class_name": kind, "config": told, "name": name, "inbound_nodes": before}

    conv = {
        "filters": 4, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "groups": 1,
        "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear",
        "use_bias": True, "kernel_initializer": {"class_name": "GlorotUniform", "config": {}},
    }  # fmt: skip
    depth = {k: v for k, v in conv.items() if k != "filters"} | {"depth_multiplier": 1}
    return {
        "class_name": "Functional",
        "config": {
            "name": "model_1",
            "layers": [
                layer("InputLayer", "input_1", [], batch_input_shape=[None, 12, 12, 3],
                      sparse=False, ragged=False),
                layer("Conv2D", "conv2d", [[["input_1", 0, 0, {}]]], **conv),
                layer("BatchNormalization", "bn", [[["conv2d", 0, 0, {}]]], axis=[3],
                      momentum=0.99, epsilon=0.001, center=True, scale=True),
                layer("ReLU", "relu", [[["bn", 0, 0, {}]]], max_value=6.0, negative_slope=0.0,
                      threshold=0.0),
                layer("DepthwiseConv2D", "dw", [[["relu", 0, 0, {}]]], **depth),
                layer("LeakyReLU", "leaky", [[["dw", 0, 0, {}]]], alpha=0.2),
                layer("Add", "add", [[["relu", 0, 0, {}], ["leaky", 0, 0, {}]]]),
                layer("GlobalAveragePooling2D", "gap", [[["add", 0, 0, {}]]],
                      data_format="channels_last"),
                layer("Dense", "dense", [[["gap", 0, 0, {}]]], units=3, activation="softmax",
                      use_bias=True),
            ],
            "input_layers": [["input_1", 0, 0]],
            "output_layers": [["dense", 0, 0]],
        },
        "keras_version": "2.4.0", "backend": "tensorflow",
    }  # fmt: skip


def test_files_of_keras_2_are_read(tmp_path: Path) -> None:
    import json

    import h5py

    i = keras.Input((12, 12, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(i)
    x = keras.layers.ReLU(6.0)(keras.layers.BatchNormalization()(x))
    y = keras.layers.LeakyReLU(0.2)(keras.layers.DepthwiseConv2D(3, padding="same")(x))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([x, y]))
    model = keras.Model(i, keras.layers.Dense(3, "softmax")(x))
    rng = np.random.default_rng(0)
    model.set_weights([np.abs(rng.normal(0, 0.5, w.shape)) for w in model.get_weights()])
    file = tmp_path / "old.h5"
    model.save(file)
    with h5py.File(file, "r+") as opened:
        opened.attrs["model_config"] = json.dumps(old_config())
    read = open_hdf5(file)
    saved = as_saved(read.config, read.weights, numbers=read.held.numbers, where="old.h5")
    x = pictures(model)
    np.testing.assert_allclose(
        np.asarray(flat(saved, keras.Input((12, 12, 3)))(x)), model.predict(x, verbose=0), atol=1e-5
    )


ARGUMENTS: dict[str, dict[str, Any]] = {
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomShear": {"x_factor": 0.4, "y_factor": 0.4},
    "RandomZoom": {"height_factor": 0.4},
    "RandomColorJitter": {"hue_factor": 0.5},
    "GaussianNoise": {"stddev": 0.5},
    "ActivityRegularization": {"l2": 1.0},
} | {name: {} for name in ("RandomFlip", "Identity", "RandomErasing", "RandomGaussianBlur")}


@pytest.mark.parametrize("name", sorted(INERT))
def test_what_is_left_out_hands_on_what_it_is_given(name: str) -> None:
    """The list of layers that flattening leaves out, held against what Keras makes of each."""
    otherwise = {"rate": 0.5} if "Dropout" in name else {"factor": 0.5}
    layer = getattr(keras.layers, name)(**ARGUMENTS.get(name, otherwise))
    shape = (2, 7, 3) if name.endswith("1D") else (2, 6, 7, 3)
    x = np.random.default_rng(0).uniform(-3, 300, shape).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(layer(x, training=False)), x)


def test_layers_that_are_called_as_in_training_unless_told() -> None:
    """The list is Keras' own."""
    told = {
        name for name in LAYERS
        if (said := inspect.signature(getattr(keras.layers, name).call).parameters.get("training"))
        and said.default is True
    }  # fmt: skip
    assert told == PREPARES


def in_training() -> Any:
    i = keras.Input((16, 16, 3))
    return keras.Model(i, L.Dense(3)(L.Flatten()(L.Dropout(0.5)(i, training=True))))


def base_in_training() -> Any:
    inner = keras.Input((16, 16, 3))
    base = keras.Model(inner, L.BatchNormalization()(L.Conv2D(4, 3)(inner)))
    i = keras.Input((16, 16, 3))
    return keras.Model(i, L.Dense(3)(L.Flatten()(base(i, training=True))))


def masked() -> Any:
    i = keras.Input((16, 16, 3))
    x = L.Reshape((64, 12))(i)
    x = L.GlobalAveragePooling1D()(x, mask=keras.ops.max(x, axis=-1))
    return keras.Model(i, L.Dense(3)(x))


@pytest.mark.parametrize("ending", OPENED)
@pytest.mark.parametrize(
    ("make", "told"), [(in_training, "training=True"), (base_in_training, "training=True"),
                       (masked, "mask")],
)  # fmt: skip
def test_calls_that_change_what_is_computed_are_refused(
    tmp_path: Path, make: Callable[[], Any], told: str, ending: str
) -> None:
    """Left out, they would give another function, and Keras' own of the cleaned one agree."""
    model = make()
    file = tmp_path / f"model{ending}"
    model.save(file)
    with pytest.raises(ModelFileError, match=told):
        OPENED[ending](file, tmp_path)
    with pytest.raises(ModelFileError, match=told):
        flat(model, keras.Input((16, 16, 3)))
