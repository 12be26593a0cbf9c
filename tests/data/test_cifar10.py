"""CIFAR-10 from folders, archives, the binary version and Keras; decoded once, then mapped."""

from __future__ import annotations

import errno
import shutil
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.data import registry
from core.data.base import Dataset
from core.data.cifar10 import source as cifar10_source
from core.data.cifar10.source import CLASSES
from core.data.decoded import Writer
from core.data.registry import open_dataset
from core.data.splits import check_trainable
from core.errors import InputError, StoreError

from ..conftest import ROOT
from .conftest import Paint

REAL = ROOT.parent / "shared" / "data" / "cifar10-folder.tar.xz"
EACH = {"train": 4, "test": 2}


@pytest.fixture
def folder(tmp_path: Path, paint: Paint) -> Path:
    root = tmp_path / "cifar"
    for split, n in EACH.items():
        for c, label in enumerate(CLASSES):
            for i in range(n):
                paint(
                    root / split / label / f"{i:04d}.png",
                    seed=1000 * len(split) + 10 * c + i,
                    size=(32, 32),
                )
    return root


def pack(folder: Path, name: str, *, inside: str = "") -> Path:
    path = folder.parent / name
    with tarfile.open(path, f"w:{path.suffix[1:]}" if path.suffix != ".tar" else "w") as tar:
        tar.add(folder, inside)  # type: ignore[call-overload]
    return path


def opened(source: Path | str, query: str = "") -> Dataset:
    return open_dataset(f"cifar10:{source}{query}" if source else f"cifar10{query}")


def refused(source: Path, words: str) -> None:
    with pytest.raises(InputError, match=words):
        opened(source)


def contents(dataset: Dataset) -> dict[str, tuple[int, bytes]]:
    """Return class and pixels of each picture by its id."""
    return {
        id: (int(label), part.picture(i).pixels.tobytes())
        for part in dataset.parts.values()
        for i, (id, label) in enumerate(zip(part.ids, part.labels))
    }


@pytest.mark.parametrize(
    ("name", "inside"), [("", ""), ("c.tar", ""), ("c.tar.gz", "cifar-10"), ("c.tar.xz", "a/b")]
)
def test_folder_and_archives_hold_the_same(
    folder: Path, own_home: Path, name: str, inside: str
) -> None:
    found = opened(pack(folder, name, inside=inside) if name else folder, "?validation=0.25")
    assert found.classes == CLASSES
    assert found.size == 32
    assert {n: len(part) for n, part in found.parts.items()} == {
        "train": 30, "validation": 10, "test": 20,
    }  # fmt: skip
    expected = {}
    for path in folder.rglob("*.png"):
        with Image.open(path) as image:
            pixels = np.asarray(image).tobytes()
        expected[path.relative_to(folder).as_posix()] = (CLASSES.index(path.parent.name), pixels)
    assert contents(found) == expected


def test_pixels_are_the_pictures_in_any_order_and_size(folder: Path) -> None:
    part = opened(folder).part("train")
    chosen = [5, 0, 17, 5]
    shown = part.pixels(chosen, (32, 32, 3))
    assert shown.dtype == np.uint8
    for i, pixels in zip(chosen, shown):
        np.testing.assert_array_equal(pixels, part.picture(i).pixels)
    shown[:] = 0  # a copy: the file that is mapped stays as it is
    assert part.pixels([5], (32, 32, 3)).any()
    assert part.pixels(chosen, (48, 48, 3)).shape == (4, 48, 48, 3)
    assert part.pixels([], (32, 32, 3)).shape == (0, 32, 32, 3)


def test_the_second_opening_decodes_nothing(
    folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack(folder, "c.tar.xz")
    first = contents(opened(path))
    registry._opened.cache_clear()
    monkeypatch.setattr(cifar10_source, "fill", lambda *_: pytest.fail("decoded again"))
    monkeypatch.setattr(cifar10_source, "_hash", lambda *_: pytest.fail("hashed again"))
    assert contents(opened(path)) == first
    opened(path, "?validation=0.3")


def test_the_same_archive_elsewhere_is_not_decoded_again(
    folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack(folder, "c.tar.xz")
    first = opened(path)
    monkeypatch.setattr(cifar10_source, "fill", lambda *_: pytest.fail("decoded again"))
    moved = opened(shutil.copy(path, folder.parent / "other.tar.xz"))
    assert moved.fingerprint == first.fingerprint


def test_fingerprints_follow_the_pictures_and_the_split(
    folder: Path, paint: Paint, own_home: Path
) -> None:
    path = pack(folder, "c.tar")
    prints = [opened(path, query).fingerprint for query in ("", "?seed=1", "?validation=0.2")]
    paint(folder / "test" / "cat" / "0000.png", seed=9999, size=(32, 32))
    prints.append(opened(pack(folder, "c.tar")).fingerprint)
    prints.append(opened(folder).fingerprint)
    assert len(set(prints[:4])) == 4


def test_what_a_killed_writer_or_a_damaged_disk_left_is_made_again(
    folder: Path, own_home: Path
) -> None:
    path = pack(folder, "c.tar")
    first = contents(opened(path))
    (kept,) = [p for p in (own_home / "datasets").iterdir() if p.is_dir()]
    for damage in ("truncated", "no manifest", "killed"):
        registry._opened.cache_clear()
        if damage == "truncated":
            (kept / "train.u8").write_bytes((kept / "train.u8").read_bytes()[:-5])
        elif damage == "no manifest":
            (kept / "manifest.json").unlink()
        else:
            kept.rename(kept.with_suffix(".part"))
        assert contents(opened(path)) == first
    assert [p.name for p in (own_home / "datasets").iterdir()] == [kept.name]


def test_a_full_disk_leaves_nothing_behind(
    folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "add", full)
        with pytest.raises(StoreError, match=r"the disk is full.*PELLUCID_HOME"):
            opened(folder)
    assert list((own_home / "datasets").iterdir()) == []
    assert len(opened(folder).part("test")) == 20


def test_broken_pictures_are_an_error_unless_they_shall_be_skipped(
    folder: Path, paint: Paint, own_home: Path
) -> None:
    (folder / "train" / "cat" / "0001.png").write_bytes(b"GIF89a certainly not")
    paint(folder / "test" / "dog" / "0000.png", size=(40, 32))
    path = pack(folder, "c.tar")
    refused(path, r"^2 files of the \d+ pictures cannot.*0001\.png.*cifar10:PATH\?skip_broken=true")
    found = opened(path, "?skip_broken=true")
    assert len(found.unreadable) == 2
    assert any("has 40×32 pixels, CIFAR-10's have 32×32" in told for told in found.unreadable)
    assert np.bincount(found.part("test").labels).tolist() == [2, 2, 2, 2, 2, 1, 2, 2, 2, 2]


def binary(root: Path) -> dict[str, tuple[int, bytes]]:
    """Write the binary version, two pictures a class in the first batch, one in the test batch."""
    root.mkdir(parents=True)
    rng = np.random.default_rng(3)
    expected = {}
    for name, split, labels in (
        ("data_batch_1.bin", "train", list(range(10)) * 2),
        ("data_batch_2.bin", "train", [3]),
        ("test_batch.bin", "test", list(range(10))),
    ):
        records = []
        for label in labels:
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            at = sum(id.startswith(split) for id in expected)
            expected[f"{split}/{CLASSES[label]}/{at:05d}"] = (label, pixels.tobytes())
            records.append(bytes([label]) + pixels.transpose(2, 0, 1).tobytes())
        (root / name).write_bytes(b"".join(records))
    (root / "readme.html").write_text("<html>")
    return expected


@pytest.mark.parametrize("name", ["", "c.tar.gz"])
def test_the_binary_version(tmp_path: Path, own_home: Path, name: str) -> None:
    root = tmp_path / "cifar-10-batches-bin"
    expected = binary(root)
    source = pack(root, name, inside=root.name) if name else root
    assert contents(opened(source)) == expected
    registry._opened.cache_clear()
    assert contents(opened(source)) == expected


def test_a_damaged_batch_is_told(tmp_path: Path, own_home: Path) -> None:
    root = tmp_path / "bin"
    binary(root)
    whole = (root / "data_batch_1.bin").read_bytes()
    (root / "data_batch_1.bin").write_bytes(whole[:-7])
    refused(root, r"data_batch_1\.bin has \d+ bytes; expected a multiple of 3073")
    (root / "data_batch_1.bin").write_bytes(bytes([10]) + whole[1:])
    refused(root, "holds the label 10; expected 0 to 9")


@pytest.mark.parametrize("name", ["", "c.tar.gz"])
def test_pickles_are_refused_unread(tmp_path: Path, own_home: Path, name: str) -> None:
    root = tmp_path / "cifar-10-batches-py"
    root.mkdir()
    mark = tmp_path / "opened"
    (root / "data_batch_1").write_bytes(b"cpathlib\nPath.touch\n(V" + bytes(mark) + b"\ntR.")
    refused(pack(root, name, inside=root.name) if name else root, "is a pickle")
    assert not mark.exists()


def test_what_is_no_cifar10(tmp_path: Path, paint: Paint, own_home: Path) -> None:
    refused(tmp_path / "missing", "does not exist. Expected a folder or .tar")
    (tmp_path / "c.zip").write_bytes(b"PK")
    refused(tmp_path / "c.zip", "is no folder and no archive")
    root = tmp_path / "other"
    for label in ("cat", "unicorn"):
        for split in EACH:
            paint(root / split / label / "0.png", size=(32, 32))
    refused(pack(root, "c.tar"), r"'unicorn' is no class of CIFAR-10.*folder:PATH")
    shutil.rmtree(root / "test")
    shutil.rmtree(root / "train" / "unicorn")
    refused(pack(root, "d.tar"), "holds 1 train pictures. Expected train/<class>")
    refused(pack(root / "train" / "cat", "e.tar"), "lies in no class of train or test")
    refused(pack(root / "train" / "cat", "f.tar", inside="a/b/c"), "lies in no class")


def test_a_class_without_pictures_is_told(folder: Path, own_home: Path) -> None:
    shutil.rmtree(folder / "train" / "ship")
    with pytest.raises(InputError, match="No picture to train on belongs to 'ship'"):
        check_trainable(opened(pack(folder, "c.tar")))


def test_two_pictures_of_one_name_are_told(folder: Path, own_home: Path) -> None:
    path = folder.parent / "twice.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(folder, "a")
        tar.add(folder, "b")
    refused(path, "two pictures called '")


def test_malicious_archives_are_refused(folder: Path, own_home: Path) -> None:
    (folder / "train" / "cat" / "link.png").symlink_to("/etc/passwd")
    refused(pack(folder, "c.tar"), "is a link")
    assert not any(p.is_dir() for p in (own_home / "datasets").iterdir())


def fake_keras(monkeypatch: pytest.MonkeyPatch, load: object) -> None:
    from core.models.tensorflow import keras

    monkeypatch.setattr(keras.datasets, "cifar10", SimpleNamespace(load_data=load))


def test_without_a_source_keras_is_asked_once(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network here: what Keras returns is made up, in the shapes that it documents."""
    rng = np.random.default_rng(0)
    arrays = [
        (
            rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8),
            (np.arange(n) % 10).astype(np.uint8).reshape(n, 1),
        )
        for n in (30, 20)
    ]
    fake_keras(monkeypatch, lambda: tuple(arrays))
    found = opened("", "?validation=0.1")
    assert {name: len(part) for name, part in found.parts.items()} == {
        "train": 20, "validation": 10, "test": 20,
    }  # fmt: skip
    for id, (label, pixels) in contents(found).items():
        split, name, at = id.split("/")
        own, labels = arrays[split == "test"]
        assert (CLASSES[label], label) == (name, labels[int(at), 0])
        assert own[int(at)].tobytes() == pixels
    fake_keras(monkeypatch, lambda: pytest.fail("downloaded again"))
    registry._opened.cache_clear()
    assert opened("", "?validation=0.1").fingerprint == found.fingerprint


def test_a_download_that_fails_says_what_to_do(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline() -> None:
        raise Exception("URL fetch failure on https://…: None -- [Errno -2] Name unknown")

    fake_keras(monkeypatch, offline)
    with pytest.raises(InputError, match=r"could not be downloaded \(URL fetch failure.*cifar10:/"):
        opened("")
    assert not any(p.is_dir() for p in (own_home / "datasets").iterdir())


@pytest.mark.slow
def test_the_real_pictures(own_home: Path) -> None:
    if not REAL.is_file():
        pytest.skip(f"CIFAR-10 is not here ({REAL})")
    found = opened(REAL)
    assert {name: len(part) for name, part in found.parts.items()} == {
        "train": 47_500, "validation": 2_500, "test": 10_000,
    }  # fmt: skip
    for part in found.parts.values():
        assert len(set(np.bincount(part.labels))) == 1
    train = found.part("train").pixels(range(47_500), (32, 32, 3))
    mean = train.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=0.005)  # as is published
    np.testing.assert_allclose(train.std(axis=(0, 1, 2)) / 255, [0.247, 0.2435, 0.2616], atol=0.005)
