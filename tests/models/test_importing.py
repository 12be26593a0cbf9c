"""Weights that somebody brings: what fits becomes a model, and nothing else is opened."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file

from core import api
from core.cli import main
from core.contracts import ModelRef
from core.errors import InputError, UnknownNameError, WeightsError
from core.models import weight_files, zoo
from core.models.runtime import runtime
from core.runs import unfinished_root
from core.settings import settings

NAMES = ("cat", "dog", "<b>bird</b>")
PICTURE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own: what is brought here is nobody else's zoo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


def drawn(architecture: str, *, size: int) -> Any:
    from core.models.assembly import assemble

    return assemble(replace(zoo.architecture(architecture), input_size=size), len(NAMES))


@pytest.fixture(scope="module")
def network() -> object:
    model = drawn("resnet8", size=64)
    rng = np.random.default_rng(4)
    for variable in model.weights:  # no tensor may look like a fresh one
        variable.assign(variable + np.abs(rng.normal(0, 0.05, variable.shape)))
    return model


@pytest.fixture(scope="module")
def files(network: object, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same weights as safetensors and as Keras writes them."""
    from core.models.weights import save_safetensors

    folder = tmp_path_factory.mktemp("files")
    found = {".safetensors": folder / "mine.safetensors", ".weights.h5": folder / "my.weights.h5"}
    save_safetensors(network, found[".safetensors"])
    network.save_weights(found[".weights.h5"])  # type: ignore[attr-defined]
    return found


def bring(weights: bytes | Path, **changed: object) -> object:
    options = {"name": "Mine", "architecture": "resnet8", "classes": NAMES} | changed
    return api.import_model(weights=weights, **options)


@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_weights_that_fit_become_a_model(
    files: dict[str, Path], network: object, suffix: str, as_bytes: bool
) -> None:
    file = files[suffix]
    run = bring(file.read_bytes() if as_bytes else file)
    card = next(card for card in api.models() if card.id == run.model)
    assert (card.name, card.origin, card.classes, card.gradients) == ("Mine", "imported", 3, True)
    assert api.class_names(run.model) == NAMES
    picture = PICTURE[None].astype(np.float32) / np.float32(255)
    expected = np.asarray(network(picture, training=False))  # type: ignore[operator]
    np.testing.assert_allclose(runtime(ModelRef(run.model)).logits(picture), expected, rtol=1e-3)
    assert api.explain(PICTURE, model=run.model, method="gradcam").map.shape == (64, 64)
    assert file.is_file(), "the user's own file stays"
    assert not list(unfinished_root().glob("*")), "what was put there for the import is gone"


def test_the_same_file_twice_is_one_run(files: dict[str, Path]) -> None:
    first, second = bring(files[".safetensors"]), bring(files[".safetensors"].read_bytes())
    assert second.cached
    assert (second.key, second.name) == (first.key, "Mine")
    assert bring(files[".safetensors"], name="Other").key == first.key
    assert not list(unfinished_root().glob("*"))
    other = bring(files[".safetensors"], classes=("a", "b", "c"))
    assert other.key != first.key


def changed_tensors(files: dict[str, Path], **tensors: np.ndarray) -> bytes:
    return save(load_file(files[".safetensors"]) | tensors)


def of_another(*_: object) -> bytes:
    return save({v.path: np.asarray(v) for v in drawn("resnet20", size=32).weights})


Payload = Callable[[dict[str, Path], Path], bytes | Path]


def renamed(payload: bytes, name: str) -> Payload:
    def write(_: dict[str, Path], folder: Path) -> Path:
        (folder / name).write_bytes(payload)
        return folder / name

    return write


def archive(_: dict[str, Path], folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "model.keras", "w") as file:
        file.writestr("config.json", "{}")
    return (folder / "model.keras").read_bytes()


def whole_model(_: dict[str, Path], folder: Path) -> Path:
    from core.models.tensorflow import keras

    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(folder / "whole.h5")
    return folder / "whole.h5"


HDF5 = b"\x89HDF\r\n\x1a\n"
REFUSED: dict[str, tuple[Payload, str]] = {
    "a pickle": (lambda *_: pickle.dumps({"a": 1}), "a pickle"),
    "a pickle by another name": (
        renamed(pickle.dumps({"a": 1}), "model.safetensors"), "a pickle"),
    "an archive": (archive, "whole serialized model"),
    "a serialized model": (whole_model, "whole serialized model"),
    "text": (lambda *_: b"hello, this is no file of weights", "something else"),
    "nothing": (lambda *_: b"", "0.0 MB"),
    "another suffix": (renamed(b"x", "model.pth"), "not a weights file"),
    "HDF5 by another name": (renamed(HDF5 + b"0" * 99, "x.safetensors"), "not what its name says"),
    "broken HDF5": (lambda *_: HDF5 + b"0" * 999, "damaged"),
    "cut off": (lambda files, _: files[".safetensors"].read_bytes()[:50_000], "damaged"),
    "no number": (
        lambda files, _: changed_tensors(files, **{"logits/bias": np.full(3, np.nan, np.float32)}),
        "no numbers, first 'logits/bias'"),
    "a negative variance": (
        lambda files, _: changed_tensors(
            files, **{"stem_bn/moving_variance": np.full(16, -1, np.float32)}),
        "variance below 0"),
    "more than it takes": (
        lambda files, _: changed_tensors(files, extra=np.zeros(3, np.float32)), "1 more tensors"),
    "of a deeper network": (of_another, "more tensors"),
    "of a shallower one": (
        lambda files, _: save({"logits/bias": np.zeros(3, np.float32)}), "lacks"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    what: str, files: dict[str, Path], tmp_path: Path
) -> None:
    before = {card.id for card in api.models()}
    made, words = REFUSED[what]
    with pytest.raises(WeightsError, match=words):
        bring(made(files, tmp_path))
    assert {card.id for card in api.models()} == before
    assert not list(unfinished_root().glob("*"))


def test_hdf5_of_another_network_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.weights.h5"
    drawn("resnet20", size=32).save_weights(other)
    with pytest.raises(WeightsError, match="resnet8"):
        bring(other)
    with pytest.raises(WeightsError, match="do not fit"):
        bring(files[".weights.h5"], architecture="resnet20")


def test_links_and_cycles_in_hdf5_are_refused(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "cycle.weights.h5"
    with h5py.File(path, "w") as file:
        layers = file.create_group("layers")
        layers["again"] = layers
    with pytest.raises(WeightsError, match="nested more deeply"):
        bring(path)


def test_a_file_far_too_large_is_refused_unread(tmp_path: Path, monkeypatch) -> None:
    big = tmp_path / "big.safetensors"
    with big.open("wb") as file:
        file.truncate(200 * 2**20)

    def read(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(weight_files, "_kind", read)
    with pytest.raises(WeightsError, match=r"209\.7 MB.*at most 67 MB"):
        bring(big)


def test_other_classes_than_logits_are_refused(files: dict[str, Path]) -> None:
    with pytest.raises(WeightsError, match=r"logits/kernel has shape \(64, 3\).*--classes"):
        bring(files[".safetensors"], classes=("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"classes": ("a",)}, "2 to 20000 class names"),
        ({"classes": ("a", "a", "b")}, "unique"),
        ({"classes": ("a", " ", "b")}, "printable"),
        ({"classes": ("a", "b", "c" * 500)}, "120"),
        ({"name": "  "}, "1 to 120"),
        ({"name": "a\x1b[2J"}, "printable"),
        ({"input_size": 4}, "from 8 to 1024"),
    ],
)
def test_names_and_sizes_are_checked(changed: dict, words: str, files: dict[str, Path]) -> None:
    with pytest.raises(InputError, match=words):
        bring(files[".safetensors"], **changed)


def test_architectures_have_cards() -> None:
    ids = {card.id for card in api.architectures()}
    assert {"resnet8", "resnet20", "efficientnet_lite0", "resnet50"} <= ids
    assert not any(card.origin == "imported" for card in api.architectures())
    with pytest.raises(UnknownNameError, match="resnet8"):
        api.import_request(name="x", architecture="resnet9", weights=b"", classes=NAMES)


def test_the_command_line_imports(
    files: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names, half = tmp_path / "names.txt", tmp_path / "half.safetensors"
    names.write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    tensors = load_file(files[".safetensors"])
    save_file({k: v.astype(np.float16) for k, v in tensors.items()}, half)
    words = ["import", half, "--architecture", "resnet8", "--classes", names, "--name", "Half"]
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words), "--json"])
    assert ended.value.code == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["classes"] == list(NAMES)
    assert answer["name"] == "Half"
    assert answer["model"] in {card.id for card in api.models()}
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words[:-1]), " ", "--json"])
    assert ended.value.code == 2
    out, told = capfd.readouterr()
    assert (out, told.count("error: ")) == ("", 1)
