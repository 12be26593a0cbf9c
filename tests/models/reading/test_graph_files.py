"""Files of graphs answer here as the frameworks that wrote them do, whatever kind they hold."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import openvino as ov
import pytest
import tensorflow as tf

from core.contracts import ModelChoices
from core.errors import ModelFileError
from core.own_models import forward_only
from core.own_models.inspecting import opened
from core.own_models.understood import Understood, as_told
from tests.models.reading import onnx_writer as w
from tests.models.reading.networks import drawn
from tests.models.reading.onnx_networks import ONNX

N = 32
KINDS = ("sequential", "branches", "shared", "grey", "oblong", "four_channels", "one_sigmoid",
         "multi_label", "softmax_layer", "regression", "transformer")  # fmt: skip
ENDS = {
    "one_sigmoid": "binary", "multi_label": "sigmoid", "softmax_layer": "probabilities",
    "sequential": "probabilities", "oblong": "probabilities", "regression": "values",
}  # fmt: skip


@pytest.fixture(autouse=True)
def forwards_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs forwards is tried here; that it is rebuilt, in tests/models/test_rebuilt_graphs."""
    monkeypatch.setattr(forward_only, "with_gradients", lambda found, *_: found)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Path]]:
    """Return a Keras model and the SavedModel that Keras makes of it, made once."""
    folder, made = tmp_path_factory.mktemp("exported"), {}

    def export(name: str) -> tuple[Any, Path]:
        if name not in made:
            model = drawn(name)
            model.export(folder / name, format="tf_saved_model", verbose=False)
            made[name] = model
        return made[name], folder / name

    return export


def as_folder(saved: Path, to: Path) -> Path:
    return Path(shutil.copytree(saved, to / saved.name))


def as_zip(saved: Path, to: Path) -> Path:
    made = shutil.make_archive(str(to / saved.name), "zip", saved.parent, saved.name)
    return Path(made)


def as_lite(saved: Path, to: Path) -> Path:
    file = to / f"{saved.name}.tflite"
    file.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(saved)).convert())
    return file


def as_ir(saved: Path, to: Path) -> Path:
    file = to / f"{saved.name}.xml"
    ov.save_model(ov.convert_model(str(saved)), file, compress_to_fp16=False)
    return file


MADE = {"saved_model": as_folder, "zip": as_zip, "tflite": as_lite, "openvino": as_ir}


def pictures(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(1).random((N, *shape), dtype=np.float32)


def answers(found: Understood, prepared: Any) -> Any:
    """Return what is kept answers to what the file takes."""
    from core.models.file_forward import LOGITS, FileForward
    from core.models.own_forward import unpacked

    held = {name: np.asarray(each) for name, each in found.tensors().items()}
    passes = FileForward.of(unpacked(held, "kept"), [LOGITS, *found.spec.layers])
    said = found.spec.preprocessing.of(found.spec.input_shape[-1])
    pixels = (prepared * np.asarray(said.scale) + np.asarray(said.mean)) / 255
    return as_told(passes.run(pixels.astype(np.float32), (LOGITS,))[0], found.spec)


def refused(file: Path, choices: ModelChoices, told: str) -> None:
    with pytest.raises(ModelFileError, match=told), opened(file, choices):
        pass


FOLDERS = {"sequential", "shared", "transformer"}
"""Asked of SavedModels too each time; of the other kinds the files tell."""
FORMS = [
    pytest.param(name, form, marks=() if files or name in FOLDERS else pytest.mark.slow)
    for name in KINDS for form in MADE for files in [form in ("tflite", "openvino")]
]  # fmt: skip


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_it_answers_as_keras_does(
    exported: Callable[[str], tuple[Any, Path]], tmp_path: Path, name: str, form: str
) -> None:
    model, saved = exported(name)
    file = MADE[form](saved, tmp_path)
    with opened(file, ModelChoices()) as found:
        x = pictures(model.input_shape[1:])
        np.testing.assert_allclose(answers(found, x), model.predict(x, verbose=0), atol=1e-4)
        np.testing.assert_allclose(found.said(x), model.predict(x, verbose=0), atol=1e-4)
        assert found.facts.kind == ENDS.get(name, "logits")
        assert found.facts.format == {"zip": "saved_model"}.get(form, form)
        assert found.facts.layout == "hwc"
        assert not found.facts.gradients
        assert (found.facts.height, found.facts.width) == model.input_shape[1:3]


@pytest.mark.parametrize("name", ONNX)
def test_onnx_answers_as_the_same_numbers_in_keras_do(tmp_path: Path, name: str) -> None:
    pair = ONNX[name]()
    file = tmp_path / f"{name}.onnx"
    file.write_bytes(pair.data)
    size = (24, 24) if name == "free_sides" else None
    with opened(file, ModelChoices(size=size)) as found:
        x = pictures(pair.keras.input_shape[1:]) * (255 if name == "scaled_inside" else 1)
        expected = pair.keras.predict(x, verbose=0)
        np.testing.assert_allclose(answers(found, x), expected, atol=1e-4)
        facts = found.facts
        assert facts.layout == "chw"
        assert facts.range == ("0-255" if name == "scaled_inside" else "0-1")
        assert facts.layers == ("/net/r1/Relu", "/net/p1/MaxPool", "/net/r2/Relu")
        assert facts.classes == ("ant", "bee", "cow") or not facts.named


def test_litert_answers_as_its_own_interpreter_does(
    exported: Callable[[str], tuple[Any, Path]], tmp_path: Path
) -> None:
    """Its weights and answers put on grids of eight bits, with numbers of float around them."""
    model, saved = exported("softmax_layer")
    shape = model.input_shape[1:]
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([each[None]] for each in pictures(shape))
    file = tmp_path / "int8.tflite"
    file.write_bytes(converter.convert())
    interpreter = tf.lite.Interpreter(model_content=file.read_bytes())
    interpreter.allocate_tensors()
    (given,), (gives,) = interpreter.get_input_details(), interpreter.get_output_details()
    expected = []
    for each in pictures(shape):
        interpreter.set_tensor(given["index"], each[None])
        interpreter.invoke()
        expected.append(interpreter.get_tensor(gives["index"])[0])
    with opened(file, ModelChoices()) as found:
        said = found.said(pictures(shape))
        assert np.abs(said - expected).max() < 3 / 256, "steps of its own grid"
        assert found.facts.kind == "probabilities"


def test_several_outputs_are_chosen_by_name(
    exported: Callable[[str], tuple[Any, Path]], tmp_path: Path
) -> None:
    model, saved = exported("two_outputs")
    x = pictures(model.input_shape[1:])
    refused(saved, ModelChoices(), "2 outputs: age, kind. Choose one")
    refused(saved, ModelChoices(output="nobody"), "no output 'nobody'")
    expected = model.predict(x, verbose=0)
    for name, kind in (("kind", "logits"), ("age", "values")):
        with opened(saved, ModelChoices(output=name)) as found:
            np.testing.assert_allclose(answers(found, x), expected[name], atol=1e-4)
            assert found.facts.kind == kind


def test_features_and_heads_are_those_of_the_graph(tmp_path: Path) -> None:
    """Each layer's pass and the pass behind it together are the whole; and Keras' layer is it."""
    from core.models.file_forward import LOGITS, FileForward
    from core.models.own_forward import unpacked

    pair = ONNX["softmax"]()
    file = tmp_path / "softmax.onnx"
    file.write_bytes(pair.data)
    with opened(file, ModelChoices()) as found:
        held = {name: np.asarray(each) for name, each in found.tensors().items()}
        passes = FileForward.of(unpacked(held, "kept"), [LOGITS, *found.spec.layers])
        x = pictures((24, 24, 3))
        for name in found.spec.layers:
            logits, features = passes.run(x, (LOGITS, name))
            np.testing.assert_allclose(passes.head(features, name), logits, atol=1e-5)
            assert np.abs(passes.head(features * 0, name) - logits).max() > 1e-3
        last = keras.Model(pair.keras.input, pair.keras.get_layer("bn").output)
        expected = np.maximum(last.predict(x, verbose=0), 0)
        np.testing.assert_allclose(passes.run(x, ("/net/r2/Relu",))[0], expected, atol=1e-4)


def test_a_layer_that_a_skip_runs_around_is_none(tmp_path: Path) -> None:
    """In a network of skips the sums lead to the logits alone, and what lies between does not."""
    held = {"k": w.tensor("k", np.random.default_rng(0).normal(size=(3, 3, 1, 1)).astype("f4"))}
    nodes = [
        w.node("Conv", ["x", "k"], ["a"]), w.node("Relu", ["a"], ["inside"]),
        w.node("Conv", ["inside", "k"], ["b"]), w.node("Add", ["b", "a"], ["sum"]),
        w.node("Sigmoid", ["sum"], ["gate"]), w.node("Mul", ["gate", "sum"], ["out"]),
        w.node("ReduceMean", ["out"], ["y"], axes=[2, 3], keepdims=0),
    ]  # fmt: skip
    graph = w.graph(nodes, [w.value("x", (1, 3, 12, 12))], [w.value("y", (1, 3))], [*held.values()])
    file = tmp_path / "skips.onnx"
    file.write_bytes(w.model(graph))
    with opened(file, ModelChoices()) as found:
        assert found.facts.layers == ("/net/out/Mul",)


def of_free_sides(file: Path, axes: list[int]) -> Path:
    """Write a model of pictures with every side free: means over some axes, then a head."""
    some = len(axes) == 2
    nodes = [
        w.node("ReduceMean", ["x"], ["m"], axes=axes, keepdims=0 if some else 1),
        *([] if some else [w.node("Flatten", ["m"], ["f"], axis=1)]),
        w.node("Gemm", ["m" if some else "f", "k"], ["y"]),
    ]
    held = [w.tensor("k", np.full((3 if some else 1, 2), 0.5, "f4"))]
    free = w.value("x", ("N", "A", "B", "C"))
    file.write_bytes(w.model(w.graph(nodes, [free], [w.value("y", (1, 2))], held)))
    return file


def test_layout_is_found_by_trying(tmp_path: Path) -> None:
    """Nothing in the shape tells; behind means over two axes three numbers are left."""
    for axes, layout in (([2, 3], "chw"), ([1, 2], "hwc")):
        file = of_free_sides(tmp_path / "open.onnx", axes)
        with opened(file, ModelChoices(size=(12, 16))) as found:
            assert found.facts.layout == layout
            assert found.spec.input_shape == (12, 16, 3)


@pytest.mark.parametrize(
    ("layout", "told"), [("", "--layout hwc"), ("hwc", "any number of channels")]
)
def test_layout_is_asked_for_where_nothing_tells(tmp_path: Path, layout: Any, told: str) -> None:
    file = of_free_sides(tmp_path / "open.onnx", [1, 2, 3])
    refused(file, ModelChoices(size=(12, 16), layout=layout), told)


def test_labels_packed_behind_a_litert_file_are_its_classes(
    exported: Callable[[str], tuple[Any, Path]], tmp_path: Path
) -> None:
    _, saved = exported("softmax_layer")
    file = as_lite(saved, tmp_path)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("labels.txt", "ant\nbee\ncow\n")
    with opened(file, ModelChoices()) as found:
        assert found.facts.classes == ("ant", "bee", "cow")
        assert found.facts.named
    with opened(file, ModelChoices(classes=("x", "y", "z"))) as found:
        assert found.facts.classes == ("x", "y", "z")


def test_tokens_are_told(exported: Callable[[str], tuple[Any, Path]]) -> None:
    _, saved = exported("transformer")
    with opened(saved, ModelChoices()) as found:
        (note,) = [check.note for check in found.facts.checks if check.id == "tokens"]
        assert "4 × 4 tokens" in note
