from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from core.contracts import ModelRef
from core.errors import CapabilityError, WeightsError
from core.models import zoo
from core.models.fingerprint import packaged_file, weights_sha256
from core.models.runtime import runtime
from core.models.torch_reader import read_state_dict

MODEL = "mobilenet_v2"


def file_ref(path: Path) -> ModelRef:
    return ModelRef(MODEL, str(path))


@pytest.fixture(scope="module")
def random_model() -> object:
    return runtime(ModelRef(MODEL, "random"), seed=3).network().model


@pytest.fixture(scope="module")
def probe() -> np.ndarray:
    return np.random.default_rng(0).random((1, 224, 224, 3), dtype=np.float32)


@pytest.mark.parametrize("suffix", [".weights.h5", ".safetensors"])
def test_weights_files_round_trip(
    suffix: str, random_model: object, probe: np.ndarray, tmp_path: Path
) -> None:
    from core.models.weights import save_safetensors

    path = tmp_path / f"mine{suffix}"
    if suffix == ".safetensors":
        save_safetensors(random_model, path)
    else:
        random_model.save_weights(path)
    logits = runtime(file_ref(path)).network().logits(probe)
    expected = runtime(ModelRef(MODEL, "random"), seed=3).network().logits(probe)
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_a_keras_application_saved_by_its_user_is_read(probe: np.ndarray, tmp_path: Path) -> None:
    """Weights saved from plain ``keras.applications`` fit, and preprocessing is ours."""
    from core.models.tensorflow import keras

    theirs = keras.applications.MobileNetV2(weights=None, classifier_activation=None)
    path = tmp_path / "theirs.weights.h5"
    theirs.save_weights(path)
    ours = runtime(file_ref(path)).network().logits(probe)
    expected = theirs(keras.applications.mobilenet_v2.preprocess_input(probe * 255), training=False)
    np.testing.assert_allclose(ours, expected.numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("model_id", "constructor", "preprocess"),
    [
        ("mobilenet_v2", "MobileNetV2", lambda x: x * 255 / 127.5 - 1),
        # These two preprocess inside, from pixels in [0, 255].
        *(
            pytest.param(id, name, lambda x: x * 255, marks=pytest.mark.slow)
            for id, name in (
                ("efficientnetv2_b0", "EfficientNetV2B0"),
                ("convnext_tiny", "ConvNeXtTiny"),
            )
        ),
    ],
)
def test_the_format_that_keras_downloads_is_read(
    model_id: str, constructor: str, preprocess: object, probe: np.ndarray, tmp_path: Path
) -> None:
    """Keras' own files are legacy HDF5, saved from a model without our layers in front."""
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    from core.models.tensorflow import keras

    theirs = getattr(keras.applications, constructor)(weights=None, classifier_activation=None)
    path = tmp_path / "download.h5"
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, theirs)
    ours = runtime(ModelRef(model_id, str(path))).network().logits(probe)
    np.testing.assert_allclose(ours, theirs(preprocess(probe), training=False).numpy(), atol=1e-3)


def test_random_weights_depend_on_the_seed_alone() -> None:
    a, b = (weights_sha256(ModelRef(MODEL, "random"), seed=s) for s in (0, 1))
    assert a != b == weights_sha256(ModelRef(MODEL, "random"), seed=1)


def test_random_logits_are_neither_dead_nor_huge(probe: np.ndarray) -> None:
    logits = runtime(ModelRef(MODEL, "random"), seed=3).network().logits(probe)
    assert 1e-3 < logits.std() < 1e3


def refused(path: Path, words: str) -> None:
    with pytest.raises(WeightsError, match=words):
        runtime(file_ref(path)).network()


def test_serialized_models_and_pickles_are_refused(random_model: object, tmp_path: Path) -> None:
    whole = tmp_path / "whole.h5"
    random_model.save(whole)
    refused(whole, "whole serialized model")
    for name in ("model.keras", "model.pkl", "model.pth", "model.pt"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps({}))
        refused(path, "not a weights file")


def test_damaged_missing_and_foreign_files(random_model: object, tmp_path: Path) -> None:
    refused(tmp_path / "none.weights.h5", "no weights file")
    damaged = tmp_path / "damaged.weights.h5"
    damaged.write_bytes(b"not hdf5")
    refused(damaged, "not an HDF5 file")
    other = tmp_path / "other.weights.h5"
    from core.models.tensorflow import keras

    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save_weights(other)
    refused(other, "do not fit")


def test_hdf5_links_out_of_the_file_are_refused(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "links.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    refused(path, "links to other places")


def test_wrong_head_names_both_shapes_and_the_flag(random_model: object, tmp_path: Path) -> None:
    from core.models.weights import save_safetensors

    path, names = tmp_path / "w.safetensors", tmp_path / "names.txt"
    save_safetensors(random_model, path)
    names.write_text("a\nb\nc\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="--classes"):
        runtime(ModelRef(MODEL, str(path), str(names))).network()


def test_no_network_names_the_file_and_the_flag(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from core.models.tensorflow import keras

    real = keras.applications.ResNet50

    def offline(*, weights: str | None, **options: object) -> object:
        if weights == "imagenet":
            raise Exception("URL fetch failure on …")
        return real(weights=weights, **options)

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.applications, "ResNet50", offline)
    with pytest.raises(WeightsError) as error:
        runtime(ModelRef("resnet50")).network()
    assert zoo.get("resnet50").weights_file in str(error.value)
    assert "--weights" in str(error.value)


def test_the_packaged_file_is_read_without_running_it(tmp_path: Path) -> None:
    state = read_state_dict(packaged_file(zoo.get(zoo.DEFAULT_MODEL).weights_file))
    assert state["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(v).all() for v in state.values())
    evil = tmp_path / "evil.pth"
    evil.write_bytes(pickle.dumps(print))
    with pytest.raises(WeightsError, match="only plain tensors"):
        read_state_dict(evil)


def test_models_with_softmax_are_refused() -> None:
    from core import api

    def builder(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Flatten()(inputs)
        x = keras.layers.Dense(n_classes, activation="softmax")(x)
        return keras.Model(keras.utils.get_source_inputs(inputs), x)

    with pytest.raises(CapabilityError, match="logits are expected"):
        api.register_model("toy_softmax", builder, input_size=16, n_classes=3)
