"""Files that are damaged, hold code or describe more than they hold: one sentence, nothing run."""

from __future__ import annotations

import io
import json
import pickle
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from core.errors import ModelFileError
from core.models.reading.rebuild import as_saved
from core.own_models.opening import open_model

FORBIDDEN = {"os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "marshal.loads",
             "pickle.find_class", "socket.connect", "ctypes.dlopen"}  # fmt: skip
heard: list[str] = []
listening = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    ours = event == "subprocess.Popen" and "core.models.reading.apart" in str(arguments[1])
    if listening and event in FORBIDDEN and not ours:
        heard.append(f"{event} {arguments!r:.100}")


sys.addaudithook(_hook)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest file."""
    i = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(i)
    x = keras.layers.GlobalAveragePooling2D(name="gap")(x)
    model = keras.Model(i, keras.layers.Dense(3, name="dense")(x), name="net")
    file = tmp_path_factory.mktemp("whole") / "whole.keras"
    model.save(file)
    model.save(file.with_suffix(".h5"))
    return file


def opened(path: Path, folder: Path) -> Any:
    """Open a file as far as its model goes; watch what is imported and run meanwhile."""
    global listening
    before, listening = set(sys.modules), True
    try:
        read = open_model(path, folder)
        return as_saved(read.config, read.weights, numbers=read.held.numbers, where=path.name)
    finally:
        listening = False
        ours = ("keras", "tensorflow", "core", "h5py", "numpy", "zipfile", "encodings", "json", "_")
        strange = {n for n in sys.modules.keys() - before if not n.startswith(ours)}
        assert not strange & {"antigravity", "this", "mylayers", "evil"}
        assert not heard


def refused(path: Path, folder: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        opened(path, folder)
    text = str(caught.value)
    assert path.name in text
    assert "\n" not in text
    assert len(text) < 700
    return text


def altered(whole: Path, to: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """Write a copy of the honest file with another description."""
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(to, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "config.json":
                read = json.loads(data)
                made = change(read)
                data = made if isinstance(made, bytes) else json.dumps(made or read).encode()
            target.writestr(name, data)
    return to


def layer(read: dict[str, Any], name: str = "conv") -> dict[str, Any]:
    found: dict[str, Any] = next(x for x in read["config"]["layers"] if x["name"] == name)
    return found


def lambda_layer(read: dict[str, Any]) -> None:
    layer(read).update(
        class_name="Lambda",
        config={"name": "conv", "function": {"class_name": "__lambda__",
                "config": {"code": "4wEAAAAA", "defaults": None, "closure": None}}},
    )  # fmt: skip


def os_system(read: dict[str, Any]) -> None:
    layer(read).update(module="os", class_name="system", config={"command": "touch /tmp/owned"})


def foreign_module(read: dict[str, Any]) -> None:
    layer(read).update(module="antigravity", class_name="Conv2D")


def registered(read: dict[str, Any]) -> None:
    layer(read).update(class_name="Conv2D", registered_name="evil>Conv2D")


def own_model_class(read: dict[str, Any]) -> None:
    read.update(module="mylayers", class_name="MyModel", registered_name="Custom>MyModel")


def lambda_activation(read: dict[str, Any]) -> None:
    layer(read)["config"]["activation"] = {"class_name": "__lambda__", "config": {"code": "x"}}


def function_by_name(read: dict[str, Any]) -> None:
    layer(read)["config"]["activation"] = {
        "module": "builtins", "class_name": "function", "config": "eval",
        "registered_name": "function",
    }  # fmt: skip


def named_function(read: dict[str, Any]) -> None:
    layer(read)["config"]["activation"] = "evil>run"


def torch_module(read: dict[str, Any]) -> None:
    layer(read).update(class_name="TorchModuleWrapper", config={"name": "conv", "module": "AAAA"})


def saved_model_layer(read: dict[str, Any]) -> None:
    layer(read).update(class_name="TFSMLayer", config={"name": "conv", "filepath": "/etc"})


def object_as_argument(read: dict[str, Any]) -> None:
    layer(read)["config"]["filters"] = {"module": "os", "class_name": "system", "config": {}}


def unknown_argument(read: dict[str, Any]) -> None:
    layer(read)["config"]["callback"] = "run"


def code_in_a_call(read: dict[str, Any]) -> None:
    layer(read)["inbound_nodes"][0]["kwargs"] = {"mode": {"class_name": "__lambda__"}}


def cycle(read: dict[str, Any]) -> None:
    layer(read)["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["gap", 0, 0]


def calls_nobody(read: dict[str, Any]) -> None:
    layer(read)["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["nobody", 0, 0]


def call_that_is_not_made(read: dict[str, Any]) -> None:
    layer(read)["inbound_nodes"][0]["args"][0]["config"]["keras_history"][1] = 7


def two_of_one_name(read: dict[str, Any]) -> None:
    read["config"]["layers"].append(layer(read))


def million_layers(read: dict[str, Any]) -> None:
    read["config"]["layers"] = [
        {"class_name": "ReLU", "name": str(i), "config": {}} for i in range(1_000_000)
    ]


def deep(read: dict[str, Any]) -> None:
    for _ in range(60):
        inner = {k: v for k, v in read.items() if k != "compile_config"}
        read["config"] = {
            "name": "outer", "layers": [{**inner, "config": read["config"], "name": "x"}],
            "input_layers": ["x", 0, 0], "output_layers": ["x", 0, 0],
        }  # fmt: skip


def huge_layer(read: dict[str, Any]) -> None:
    layer(read)["config"]["filters"] = 2**30


def huge_dense(read: dict[str, Any]) -> None:
    layer(read, "dense")["config"]["units"] = 10**9


def beyond_numbers(read: dict[str, Any]) -> None:
    layer(read)["config"]["filters"] = 10**12


def huge_picture(read: dict[str, Any]) -> None:
    layer(read).update(class_name="UpSampling2D", config={"name": "conv", "size": [60000, 60000]})


def wrong_units(read: dict[str, Any]) -> None:
    layer(read, "dense")["config"]["units"] = 2


def no_number(read: dict[str, Any]) -> None:
    layer(read)["config"]["kernel_size"] = [True, "three"]


def channels_first(read: dict[str, Any]) -> None:
    layer(read)["config"]["data_format"] = "channels_first"


def no_layers(read: dict[str, Any]) -> None:
    read["config"] = {"name": "x"}


def a_list(_: dict[str, Any]) -> Any:
    return b"[1, 2, 3]"


def cut_json(read: dict[str, Any]) -> Any:
    return json.dumps(read).encode()[:-40]


def not_a_number(read: dict[str, Any]) -> Any:
    return json.dumps(read).replace('"filters": 4', '"filters": NaN').encode()


def deep_lists(_: dict[str, Any]) -> Any:
    return b"[" * 200_000


CHANGES = (
    (lambda_layer, "holds code"), (os_system, "Only Keras' own layers"),
    (foreign_module, "Only Keras' own layers"), (registered, "evil>Conv2D"),
    (own_model_class, "a class of its own"), (lambda_activation, "none of Keras'"),
    (function_by_name, "none of Keras'"), (named_function, "none of Keras'"),
    (torch_module, "is no layer of Keras"), (saved_model_layer, "holds code"),
    (object_as_argument, "a number, a word or a list"), (unknown_argument, "no argument"),
    (code_in_a_call, "a number, a word or a list"), (cycle, "wait for each other"),
    (calls_nobody, "a layer's output is expected"), (call_that_is_not_made, "wait for each other"),
    (two_of_one_name, "two layers go by the name"), (million_layers, "more than 5,000 layers"),
    (deep, "deep"), (huge_layer, "more weights than the file holds"),
    (huge_dense, "more weights than the file holds"), (beyond_numbers, "numbers of at most"),
    (huge_picture, "values of one picture"), (wrong_units, "do not fit its layers"),
    (no_number, "do not fit each other"), (channels_first, "channels come first"),
    (no_layers, "a list of layers"), (a_list, "an object is expected"),
    (cut_json, "no JSON"), (not_a_number, "it holds NaN"), (deep_lists, "no JSON"),
)  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=lambda x: getattr(x, "__name__", ""))
def test_descriptions_that_are_refused(
    whole: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any], told: str
) -> None:
    assert told in refused(altered(whole, tmp_path / "bad.keras", change), tmp_path)
    assert not Path("/tmp/owned").exists()


def archive(tmp_path: Path, whole: Path, members: dict[str, bytes | None]) -> Path:
    """Write a copy of the honest archive with other members; ``None`` leaves one out."""
    to = tmp_path / "bad.keras"
    with zipfile.ZipFile(whole) as source:
        held = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in {**held, **members}.items():
            if data is not None:
                target.writestr(name, data)
    return to


def hdf5(make: Callable[[h5py.File], None]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        make(file)
    return buffer.getvalue()


def linked(file: h5py.File) -> None:
    file["layers"] = h5py.ExternalLink("/etc/passwd", "/")


def soft(file: h5py.File) -> None:
    file["layers"] = h5py.SoftLink("/layers")


def described_only(file: h5py.File) -> None:
    file.create_dataset("layers/conv2d/vars/0", (10**6, 10**6), "f4", chunks=(1000, 1000))


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
    file.create_virtual_dataset("layers/x", layout)


def texts(file: h5py.File) -> None:
    file["layers/x"] = ["import os"]


def no_numbers(file: h5py.File) -> None:
    file["layers/conv2d/vars/0"] = np.full((3, 3, 3, 4), np.nan, "f4")
    file["layers/conv2d/vars/1"] = np.zeros(4, "f4")
    file["layers/dense/vars/0"] = np.zeros((4, 3), "f4")
    file["layers/dense/vars/1"] = np.zeros(3, "f4")


WEIGHTS = (
    (linked, "a link"), (soft, "a link"), (described_only, "it describes"),
    (virtual, "another file"), (texts, "no numbers"), (no_numbers, "no numbers"),
)  # fmt: skip


@pytest.mark.parametrize(("make", "told"), WEIGHTS, ids=lambda x: getattr(x, "__name__", ""))
def test_weights_that_are_refused(
    whole: Path, tmp_path: Path, make: Callable[[h5py.File], None], told: str
) -> None:
    bad = archive(tmp_path, whole, {"model.weights.h5": hdf5(make)})
    assert told in refused(bad, tmp_path)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"config.json": None}, "no config.json"),
        ({"model.weights.h5": None}, "no model.weights.h5"),
        ({"model.weights.h5": b"\0" * (200 * 2**20)}, "more than 64 times"),
        ({"config.json": b" " * (70 * 2**20)}, "longer than"),
        ({"model.weights.h5": b"no HDF5"}, "cannot be read as HDF5"),
        ({f"assets/{i}": b"" for i in range(1100)}, "too many members"),
    ],
)
def test_archives_that_are_refused(
    whole: Path, tmp_path: Path, members: dict[str, bytes | None], told: str
) -> None:
    assert told in refused(archive(tmp_path, whole, members), tmp_path)


def pickled() -> bytes:
    return pickle.dumps({"state_dict": [1.0]})


def torch_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("model/data.pkl", pickled())
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("model.pt", pickled(), "export it as ONNX"),
        ("model.pth", torch_zip(), "export it as ONNX"),
        ("model.keras", pickled(), "export it as ONNX"),
        ("model.py", b"import os", "nothing of it is run"),
        ("model.keras", b"", "is empty"),
        ("model.txt", b"hello", "none of the model files"),
        ("model.keras", b"PK\x03\x04broken", "a damaged archive"),
        ("model.h5", b"\x89HDF\r\n\x1a\nbroken", "cannot be read as HDF5"),
    ],
)
def test_other_files_say_the_way(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    assert told in refused(file, tmp_path)


def test_weights_alone_say_so(whole: Path, tmp_path: Path) -> None:
    keras.models.load_model(whole).save_weights(tmp_path / "alone.weights.h5")
    assert "weights alone" in refused(tmp_path / "alone.weights.h5", tmp_path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95, 0.999])
def test_truncated_files_are_refused(whole: Path, tmp_path: Path, share: float) -> None:
    for source in (whole, whole.with_suffix(".h5")):
        data = source.read_bytes()
        file = tmp_path / source.name
        file.write_bytes(data[: int(share * len(data))])
        refused(file, tmp_path)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return bytes with a few changed, a piece left out, doubled or put elsewhere."""
    made = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at, n = int(rng.integers(len(made))), int(rng.integers(1, 40))
        match int(rng.integers(4)):
            case 0:
                made[at : at + n] = rng.bytes(len(made[at : at + n]))
            case 1:
                del made[at : at + n]
            case 2:
                made[at:at] = made[at : at + n]
            case _:
                made[at] ^= 1 << int(rng.integers(8))
    return bytes(made)


def _mutants(whole: Path, n: int) -> Iterator[tuple[str, bytes]]:
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(whole) as source:
        held = {name: source.read(name) for name in source.namelist()}
    for i in range(n):
        if i % 3 == 0:
            yield "m.keras", mutated(whole.read_bytes(), rng)
        elif i % 3 == 1:
            yield "m.h5", mutated(whole.with_suffix(".h5").read_bytes(), rng)
        else:  # a whole archive around changed members
            buffer = io.BytesIO()
            changed = ("config.json", "model.weights.h5")[int(rng.integers(2))]
            with zipfile.ZipFile(buffer, "w") as target:
                for name, data in held.items():
                    target.writestr(name, mutated(data, rng) if name == changed else data)
            yield "m.keras", buffer.getvalue()


def _fuzz(whole: Path, tmp_path: Path, n: int) -> tuple[int, int]:
    taken = refusals = 0
    for name, data in _mutants(whole, n):
        (tmp_path / name).write_bytes(data)
        try:
            opened(tmp_path / name, tmp_path)
            taken += 1
        except ModelFileError as error:
            refusals += "\n" not in str(error)
    return taken, refusals


def test_a_few_mutated_files(whole: Path, tmp_path: Path) -> None:
    taken, refusals = _fuzz(whole, tmp_path, 45)
    assert refusals > 15
    assert taken + refusals == 45


@pytest.mark.slow
def test_many_mutated_files(whole: Path, tmp_path: Path) -> None:
    print(_fuzz(whole, tmp_path, 6000))
