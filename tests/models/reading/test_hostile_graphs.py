"""Graphs that are damaged, name other files or describe more than they hold: one sentence each."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import openvino as ov
import pytest
import tensorflow as tf

from core.contracts import ModelChoices
from core.errors import InputError, ModelFileError
from core.models.reading.apart import apart
from core.models.reading.formats import digest
from core.own_models.inspecting import told
from core.own_models.opening import open_model
from tests.models.reading import onnx_writer as w
from tests.models.reading.onnx_networks import ONNX, network
from tests.models.reading.test_hostile import mutated

FORBIDDEN = {"os.system", "os.exec", "os.posix_spawn", "pickle.find_class",
             "socket.connect"}  # fmt: skip
heard: list[str] = []
listening = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not listening:
        return
    opened = str(arguments[0]) if event == "open" and arguments else ""
    if event in FORBIDDEN or "secret" in opened:
        heard.append(f"{event} {arguments!r:.100}")


sys.addaudithook(_hook)


def looked_at(path: Path, choices: ModelChoices | None = None) -> Any:
    """Open a file as far as its facts go; watch what is run and read meanwhile."""
    global listening
    heard.clear()
    listening = True
    try:
        return told(path, choices or ModelChoices())
    finally:
        listening = False
        assert not heard


def refused(path: Path, told_: str, choices: ModelChoices | None = None) -> str:
    with pytest.raises(ModelFileError) as caught:
        looked_at(path, choices)
    text = str(caught.value)
    assert re.search(told_, text), text
    assert path.name in text
    assert "\n" not in text
    assert len(text) < 700
    return text


def simple(
    *nodes: bytes, tensors: tuple[bytes, ...] = (), ends: bytes | None = None, extra: bytes = b"",
    given: bytes | None = None,
) -> bytes:  # fmt: skip
    """Return an honest head (means of three channels) with something added to it."""
    head = [w.node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)]
    inputs = given or w.field(11, w.value("x", ("N", 3, 16, 16)))
    graph = b"".join(w.field(1, each) for each in (*head, *nodes)) + w.field(2, "g") + inputs
    graph += b"".join(w.field(5, each) for each in tensors)
    return w.model(graph + w.field(12, ends or w.value("y", ("N", 3))), extra=extra)


def with_external(**entries: str) -> bytes:
    held = w.tensor("k", np.zeros(0, "f4"), shape=(4, 4), extra=w.external(**entries))
    return simple(w.node("Add", ["y", "k"], ["z"]), tensors=(held,))


def in_a_constant(location: str) -> bytes:
    """Name another file in an attribute of a node, inside a subgraph of another."""
    held = w.tensor("", np.zeros(0, "f4"), shape=(4,), extra=w.external(location=location))
    inner = w.node("Constant", [], ["c"], value=w.field(5, held) + w.field(20, 4))
    branch = w.graph([inner], [], [w.value("c", (4,))])
    branches = {"then_branch": w.field(6, branch), "else_branch": w.field(6, branch)}
    return simple(w.node("If", ["y"], ["z"], **branches))


def said_twice(location: str) -> bytes:
    """Name another file in a second message that a parser merges into the first."""
    held = w.tensor("", np.zeros(4, "f4"))
    split = w.field(5, held) + w.field(5, w.external(location=location)) + w.field(20, 4)
    return simple(w.node("Constant", [], ["c"], value=split))


def in_a_function(location: str) -> bytes:
    held = w.tensor("", np.zeros(0, "f4"), shape=(4,), extra=w.external(location=location))
    inner = w.node("Constant", [], ["c"], value=w.field(5, held) + w.field(20, 4))
    return simple(extra=w.field(25, w.field(1, "f") + w.field(7, inner)))


@pytest.mark.parametrize(
    "location", ["/tmp/secret", "../secret", "a/../../secret", "link", "way/x"]
)
@pytest.mark.parametrize("make", [
    lambda at: with_external(location=at), in_a_constant, said_twice, in_a_function,
])  # fmt: skip
def test_onnx_names_no_file_outside_its_folder(
    tmp_path: Path, make: Callable[[str], bytes], location: str
) -> None:
    (tmp_path / "secret").write_bytes(bytes(64))
    home = tmp_path / "home"
    home.mkdir()
    (home / "link").symlink_to(tmp_path / "secret")
    (home / "way").symlink_to(tmp_path)
    file = home / "bad.onnx"
    file.write_bytes(make(location))
    refused(file, "outside its folder|is a link")
    with pytest.raises(ModelFileError):
        digest(file)


def test_onnx_may_name_a_file_beside_it(tmp_path: Path) -> None:
    """Weights in a file of their own are read, and are part of what names the model."""
    kernel = np.random.default_rng(0).normal(size=(3, 4)).astype("f4")
    at = {"location": "weights.bin", "offset": "0", "length": str(kernel.nbytes)}
    held = w.tensor("k", np.zeros(0, "f4"), shape=(3, 4), extra=w.external(**at))
    graph = w.graph(
        [w.node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
         w.node("MatMul", ["m", "k"], ["y"])],
        [w.value("x", ("N", 3, 16, 16))], [w.value("y", ("N", 4))], [held],
    )  # fmt: skip
    file = tmp_path / "split.onnx"
    file.write_bytes(w.model(graph))
    refused(file, "needs the file 'weights.bin'")
    (tmp_path / "weights.bin").write_bytes(kernel.tobytes())
    assert len(looked_at(file).classes) == 4
    before = digest(file)
    (tmp_path / "weights.bin").write_bytes((kernel + 1).tobytes())
    assert digest(file) != before
    (tmp_path / "weights.bin").write_bytes(kernel.tobytes()[:-8])
    refused(file, "split.onnx")


def sequence() -> bytes:
    return w.value("y", (), kind=w.field(4, w.field(1, w.field(1, w.field(1, 1)))))


def dictionary() -> bytes:
    return w.value("y", (), kind=w.field(5, w.field(1, 7) + w.field(2, w.field(1, w.field(1, 1)))))


HOSTILE: dict[str, tuple[bytes, str]] = {
    "huge tensor": (
        simple(tensors=(w.tensor("k", np.zeros(0, "f4"), shape=(10**6, 10**6)),)),
        "1,000,000,000,000 numbers",
    ),
    "side below 0": (
        simple(tensors=(w.tensor("k", np.zeros(0, "f4"), shape=(-5, 3)),)), "a side below 0",
    ),
    "huge picture": (
        simple(given=w.field(11, w.value("x", (1, 3, 10**6, 10**6)))), "numbers",
    ),
    "many nodes": (
        simple(*[w.node("Relu", ["y"], [f"r{i}"]) for i in range(20_001)]), "20,000 operators",
    ),
    "strangers' operators": (
        simple(w.node("Evil", ["y"], ["z"], domain="my.ops")), "'Evil' is of 'my.ops'",
    ),
    "dictionary": (
        simple(w.node("ZipMap", ["y"], ["z"], domain="ai.onnx.ml")), "zipmap=False",
    ),
    "output is a dictionary": (simple(ends=dictionary()), "a dictionary"),
    "output is a list": (simple(ends=sequence()), "a list"),
    "unknown operator": (
        simple(w.node("NoSuchThing", ["y"], ["z"]), ends=w.value("z", (1, 3))), "NoSuchThing",
    ),
    "argmax": (
        simple(w.node("ArgMax", ["y"], ["z"], axis=1), ends=w.value("z", (1, 1), type_=7)),
        "before any argmax",
    ),
    "two inputs": (
        simple(
            w.node("Add", ["y", "x2"], ["z"]),
            given=w.field(11, w.value("x", (1, 3, 16, 16))) + w.field(11, w.value("x2", (1, 3))),
            ends=w.value("z", (1, 3)),
        ),
        "2 inputs",
    ),
    "row of numbers in": (
        w.model(w.graph([w.node("Relu", ["x"], ["y"])], [w.value("x", (1, 10))],
                        [w.value("y", (1, 10))])),
        "has four sides",
    ),
    "seven channels": (simple(given=w.field(11, w.value("x", (1, 7, 16, 16)))), "1 to 4 channels"),
    "a map out": (
        w.model(w.graph([w.node("Relu", ["x"], ["y"])], [w.value("x", (1, 3, 16, 16))],
                        [w.value("y", (1, 3, 16, 16))])),
        "one row of numbers",
    ),
    "the same always": (
        w.model(w.graph(
            [w.node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
             w.node("Mul", ["m", "zero"], ["y"])],
            [w.value("x", (1, 3, 16, 16))], [w.value("y", (1, 3))],
            [w.tensor("zero", np.zeros(1, "f4"))],
        )),
        "the same whatever",
    ),
    "no numbers": (
        simple(
            w.node("Mul", ["y", "k"], ["z"]), ends=w.value("z", (1, 3)),
            tensors=(w.tensor("k", np.full(3, np.nan, "f4")),),
        ),
        "no numbers",
    ),
    "values without end": (
        simple(
            w.node("Resize", ["x", "", "s"], ["z"]), w.node("ReduceMean", ["z"], ["u"],
                                                            axes=[2, 3], keepdims=0),
            ends=w.value("u", (1, 3)), tensors=(w.tensor("s", np.array([1, 1, 4e3, 4e3], "f4")),),
        ),
        "values of one picture",
    ),
    "memory without end": (
        simple(
            w.node("ConstantOfShape", ["s"], ["c"]), w.node("ReduceMean", ["c"], ["m"],
                                                            axes=[0, 1], keepdims=0),
            w.node("Add", ["y", "m"], ["z"]), ends=w.value("z", (1, 3)),
            tensors=(w.tensor("s", np.array([10**6, 10**6])),),
        ),
        "bad.onnx",
    ),
    "a window that runtimes place otherwise": (
        w.model(w.graph(
            [w.node("LRN", ["x"], ["l"], size=2, alpha=0.5, beta=0.75, bias=1.0),
             w.node("ReduceMean", ["l"], ["y"], axes=[2, 3], keepdims=0)],
            [w.value("x", (1, 3, 16, 16))], [w.value("y", (1, 3))],
        )),
        "an even number of channels",
    ),
    "nested without end": (b"", "nested"),
    "nothing behind it": (w.field(1, 8) + w.field(2, "nobody"), "no operators"),
    "cut varint": (w.field(1, 8) + b"\xff" * 20, "damaged"),
}  # fmt: skip


def _nested() -> bytes:
    inner = w.graph([w.node("Relu", ["a"], ["b"])], [], [])
    for _ in range(40):
        inner = w.graph([w.node("If", ["c"], ["d"], then_branch=w.field(6, inner))], [], [])
    return w.model(inner)


@pytest.mark.parametrize("name", HOSTILE)
def test_onnx_files_that_are_refused(tmp_path: Path, name: str) -> None:
    data, said = HOSTILE[name]
    file = tmp_path / "bad.onnx"
    file.write_bytes(data or _nested())
    refused(file, said)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small network in every format."""
    place = tmp_path_factory.mktemp("honest")
    model = network(3, 16, 16, 3)
    model.export(place / "net", format="tf_saved_model", verbose=False)
    (place / "net.tflite").write_bytes(
        tf.lite.TFLiteConverter.from_saved_model(str(place / "net")).convert()
    )
    ov.save_model(ov.convert_model(str(place / "net")), place / "net.xml", compress_to_fp16=False)
    (place / "net.onnx").write_bytes(ONNX["softmax"]().data)
    shutil.make_archive(str(place / "net"), "zip", place, "net")
    return place


def copied(honest: Path, tmp_path: Path, *names: str) -> Path:
    for name in names:
        if (honest / name).is_dir():
            shutil.copytree(honest / name, tmp_path / name)
        else:
            shutil.copy(honest / name, tmp_path / name)
    return tmp_path / names[0]


XML = (
    (lambda t: t.replace('offset="32"', 'offset="99999999"', 1), "beyond the end"),
    (lambda t: re.sub(r'shape="8, 6, 3, 3"', 'shape="1000000, 1000000"', t, count=1), "numbers"),
    (lambda t: t.replace('version="opset1"', 'version="my_extension"', 1), "my_extension"),
    (lambda t: t.replace("<net", '<!DOCTYPE x [<!ENTITY a "b">]><net', 1), "DOCTYPE"),
    (lambda t: t[: len(t) // 2], "damaged"),
    (lambda t: t.replace("<layers>", "<layers>" + "<a>" * 100 + "</a>" * 100, 1), "deep"),
    (lambda t: t.replace("<dim>16</dim>", "<dim>99999999</dim>"), "numbers"),
    (lambda t: t.replace("<dim>16</dim>", "<dim>many</dim>", 1), "no number"),
)


@pytest.mark.parametrize("i", range(len(XML)))
def test_descriptions_of_openvino_that_are_refused(honest: Path, tmp_path: Path, i: int) -> None:
    file = copied(honest, tmp_path, "net.xml", "net.bin")
    change, said = XML[i]
    text = file.read_text()
    made = change(text)
    assert made != text
    file.write_text(made)
    refused(file, said)


def test_weights_of_openvino_lie_beside_it(honest: Path, tmp_path: Path) -> None:
    file = copied(honest, tmp_path, "net.xml")
    refused(file, r"needs the file 'net\.bin'")
    (tmp_path / "net.bin").symlink_to(honest / "net.bin")
    refused(file, "a link")
    (tmp_path / "net.bin").unlink()
    data = (honest / "net.bin").read_bytes()
    (tmp_path / "net.bin").write_bytes(data[: len(data) // 2])
    refused(file, "beyond the end")


def test_litert_of_strangers_operators_is_refused(honest: Path, tmp_path: Path) -> None:
    i = keras.Input((16, 16, 3))
    x = keras.layers.Flatten()(keras.ops.fft2((i[..., 0], i[..., 1]))[0])
    made = keras.Model(i, keras.layers.Dense(3)(x))
    made.export(tmp_path / "fft", format="tf_saved_model", verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "fft"))
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS
    ]  # fmt: skip
    file = tmp_path / "fft.tflite"
    file.write_bytes(converter.convert())
    refused(file, "'Flex.*none of LiteRT's own")


def test_litert_of_whole_numbers_says_the_way(honest: Path, tmp_path: Path) -> None:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(honest / "net"))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rng = np.random.default_rng(0)
    converter.representative_dataset = lambda: (
        [rng.random((1, 16, 16, 3), dtype=np.float32)] for _ in range(8)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    file = tmp_path / "int8.tflite"
    file.write_bytes(converter.convert())
    refused(file, "inference_input_type = tf.float32")


def test_litert_of_a_huge_tensor_is_refused(honest: Path, tmp_path: Path) -> None:
    data = bytearray((honest / "net.tflite").read_bytes())
    sides = struct.pack("<4i", 8, 3, 3, 6)
    at = data.find(sides)
    assert at > 0
    data[at : at + 16] = struct.pack("<4i", 10**6, 10**6, 1, 1)
    file = tmp_path / "huge.tflite"
    file.write_bytes(data)
    refused(file, "1,000,000,000,000 numbers")


def saved_with(tmp_path: Path, call: Callable[[Any], Any]) -> Path:
    module = tf.Module()
    module.call = tf.function(call, input_signature=[tf.TensorSpec((1, 16, 16, 3), tf.float32)])
    tf.saved_model.save(module, str(tmp_path / "odd"), signatures=module.call)
    return tmp_path / "odd"


def test_saved_models_that_call_python_or_files_are_refused(tmp_path: Path) -> None:
    def python(x: Any) -> Any:
        y = tf.py_function(lambda each: each, [x], tf.float32)
        return {"y": tf.reduce_mean(tf.reshape(y, (1, 16, 16, 3)), (1, 2))}

    refused(saved_with(tmp_path, python), "calls Python")
    shutil.rmtree(tmp_path / "odd")

    def reads(x: Any) -> Any:
        size = tf.strings.length(tf.io.read_file("/tmp/secret"))
        return {"y": tf.reduce_mean(x, (1, 2)) + tf.cast(size, tf.float32)}

    refused(saved_with(tmp_path, reads), "'ReadFile' reads or writes files")


def test_saved_models_hold_nothing_else(honest: Path, tmp_path: Path) -> None:
    folder = copied(honest, tmp_path, "net")
    assert looked_at(folder).format == "saved_model"
    (folder / "run.py").write_text("import os")
    refused(folder, "no part of a SavedModel")
    (folder / "run.py").unlink()
    (folder / "assets" / "x").symlink_to("/etc/passwd")
    refused(folder, "is a link")
    (tmp_path / "plain").mkdir()
    refused(tmp_path / "plain", "no saved_model.pb")


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("net/../../out.txt", "no part of a SavedModel"), ("/out.txt", "no part of a SavedModel"),
        ("net/run.py", "no part of a SavedModel"), ("b/saved_model.pb", "2 SavedModels"),
    ],
)  # fmt: skip
def test_zips_unpack_to_a_saved_model_alone(
    honest: Path, tmp_path: Path, member: str, said: str
) -> None:
    file = copied(honest, tmp_path, "net.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(member, b"x")
    refused(file, said)
    assert not (tmp_path.parent / "out.txt").exists()


def test_a_zip_of_an_openvino_model_is_read(honest: Path, tmp_path: Path) -> None:
    copied(honest, tmp_path, "net.xml", "net.bin")
    file = tmp_path / "both.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("net.xml", "net.bin"):
            archive.write(tmp_path / name, f"export/{name}")
    assert looked_at(file).format == "openvino"
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "net.xml", "net.xml")
        archive.writestr("net.bin", b"\0" * 2**28)
    refused(bomb, "more than 64 times")


def test_a_zip_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/saved_model.pb", bytes(200 * 2**20))
    refused(file, "64 times")


@pytest.mark.parametrize(
    ("work", "said"), [("dies", "gave up on it"), ("eats", "more memory"), ("spins", "within 3 s")]
)
def test_what_happens_apart_ends_no_other_process(
    monkeypatch: pytest.MonkeyPatch, work: str, said: str
) -> None:
    from core.models.reading import apart as room

    monkeypatch.setattr(room, "_SECONDS", 3)
    with pytest.raises(ModelFileError, match=said):
        apart(f"tests.models.reading.faults:{work}", {}, name="net.onnx", n_bytes=10)


def test_class_names_are_as_many_as_outputs(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(ONNX["softmax"]().data)
    for names in (("a", "b"), ("a", "b", "c", "d", "e")):
        with pytest.raises(ModelFileError, match="Give 4"):
            looked_at(file, ModelChoices(classes=names))
    with pytest.raises(ModelFileError, match="no sigmoid"):
        looked_at(file, ModelChoices(kind="sigmoid"))


def _mutants(honest: Path, form: str, n: int, to: Path) -> Iterator[Path]:
    """Yield files with a few bytes changed, each in place of the one before."""
    rng = np.random.default_rng(0)
    sources = {
        "onnx": ["net.onnx"], "tflite": ["net.tflite"], "openvino": ["net.xml", "net.bin"],
        "saved_model": ["net"],
    }[form]  # fmt: skip
    for i in range(n):
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir()
        path = copied(honest, to, *sources)
        if form == "saved_model":
            changed = path / ("saved_model.pb" if i % 4 else "variables/variables.index")
        else:
            changed = to / sources[0]
        changed.write_bytes(mutated(changed.read_bytes(), rng))
        yield path


def _fuzz(honest: Path, form: str, n: int, to: Path) -> tuple[int, int]:
    taken, said = 0, []
    for path in _mutants(honest, form, n, to):
        try:
            looked_at(path)
            taken += 1
        except InputError as error:
            said.append(str(error))
    assert not [text for text in said if "\n" in text or len(text) > 700]
    return taken, len(said)


FORMS = ("onnx", "tflite", "openvino", "saved_model")


@pytest.mark.parametrize("form", FORMS)
def test_a_few_mutated_graphs(honest: Path, tmp_path: Path, form: str) -> None:
    taken, refusals = _fuzz(honest, form, 10, tmp_path / "m")
    assert taken + refusals == 10
    assert refusals > 1


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("form", FORMS)
def test_many_mutated_graphs(honest: Path, tmp_path: Path, form: str) -> None:
    print(form, _fuzz(honest, form, 2000, tmp_path / "m"))


@pytest.mark.parametrize("form", ["net.onnx", "net.tflite", "net.xml", "net.zip"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_truncated_graphs_are_refused(
    honest: Path, tmp_path: Path, form: str, share: float
) -> None:
    names = (form, "net.bin") if form == "net.xml" else (form,)
    file = copied(honest, tmp_path, *names)
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    refused(file, "")


def test_looking_at_a_graph_loads_no_library_of_graphs(honest: Path) -> None:
    """OpenVINO meets a file apart first: looking at it here takes Python alone."""
    code = (
        "import sys; from pathlib import Path; from core.models.reading.formats import digest\n"
        f"[digest(Path({str(honest)!r}) / n) for n in ('net', 'net.onnx', 'net.tflite', 'net.xml')]"
        "\nassert not {'openvino', 'tensorflow', 'keras', 'h5py'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
    assert open_model(honest / "net.onnx", honest).format == "onnx"
