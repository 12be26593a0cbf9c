"""Which files of a folder are pictures: the same ones in every room that reads folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import api
from core.cli import main
from core.data.folder.listing import SPLIT_NAMES, list_folder
from core.data.registry import open_dataset
from core.errors import InputError
from core.modalities.picture import images
from core.modalities.picture.gallery import read_gallery
from core.shapley.cli import _background
from core.terminal.folders import find_pictures

from .damage import dicom

TAKEN = (
    "a.png", "b.JPG", "c.jfif", "d.JPE", "e.jif", "f.Tif", "g.TIFF", "h.gif", "i.BMP", "j.WebP",
    "k.apng", "noending", "IMG 0001", "1.2.840.113619", "Dr. No", "m.jpg_large", "n.png~", "dots.",
)  # fmt: skip
OTHERS = ("a.heic", "b.svg", "c.txt", "README", "d.dng", "empty", "1.2.3", "e.png.bak")
_FORMATS = {".jpg": "JPEG", ".jfif": "JPEG", ".jpe": "JPEG", ".jif": "JPEG", ".tif": "TIFF",
            ".tiff": "TIFF", ".gif": "GIF", ".bmp": "BMP", ".webp": "WEBP"}  # fmt: skip


def painted(path: Path, kind: str = "", seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), np.uint8)
    Image.fromarray(pixels).save(path, kind or _FORMATS.get(path.suffix.lower(), "PNG"))


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    for kind in ("cat", "dog"):
        for i, name in enumerate(TAKEN):
            painted(tmp_path / kind / name, seed=i)
        for name in OTHERS:
            (tmp_path / kind / name).write_bytes(b"" if name == "empty" else b"BM, not a picture")
        (tmp_path / kind / "d.dng").write_bytes(b"II*\0" + bytes(200))
        (tmp_path / kind / "e.png.bak").write_bytes((tmp_path / kind / "a.png").read_bytes())
    return tmp_path


ROOMS: dict[str, Callable[[Path], list[str]]] = {
    "class folders": lambda root: [n for n in list_folder(root).names if n.startswith("cat/")],
    "gallery": lambda root: [p.name for p in read_gallery(root).labelled("cat")],
    "a folder": lambda root: [f"cat/{p.name}" for p in find_pictures([root / "cat"]).paths],
    "recursive": lambda root: [
        p.relative_to(root).as_posix()
        for p in find_pictures([root], recursive=True).paths
        if p.parent.name == "cat"
    ],
    "background": lambda root: [
        f"cat/{p.name}" for p in getattr(_background(root / "cat", "auto"), "read", [])
    ],
}  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_takes_the_same_files(classes: Path, room: str) -> None:
    assert sorted(ROOMS[room](classes)) == sorted(f"cat/{name}" for name in TAKEN)


def test_what_is_taken_can_be_read_and_the_rest_is_counted(
    classes: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dataset = open_dataset(f"folder:{classes}")
    assert sum(map(len, dataset.parts.values())) == 2 * len(TAKEN)
    told = f"Not taken, {2 * len(OTHERS)} in number: cat/1.2.3, cat/README, cat/a.heic, …"
    assert told in dataset.notes[0]
    assert told in read_gallery(classes).notes[0]
    found = find_pictures([classes / "cat"])
    assert f"not taken, {len(OTHERS)} in number: 1.2.3, README, a.heic, …" in capfd.readouterr().err
    assert found.facts() == {"skipped_files": [{"folder": str(classes / "cat"), "n": len(OTHERS)}]}


def test_a_dicom_without_an_ending_is_one(tmp_path: Path) -> None:
    (tmp_path / "IM000001").write_bytes(dicom(np.arange(4096, dtype=np.uint16).reshape(64, 64)))
    assert images.is_picture(tmp_path / "IM000001")
    assert images.open_picture(tmp_path / "IM000001").format == "DICOM"


def test_links_that_lead_nowhere_are_told_where_pictures_are_expected(classes: Path) -> None:
    (classes / "cat" / "gone.jpg").symlink_to(classes / "cat" / "moved.jpg")
    with pytest.raises(InputError, match=r"cat/gone\.jpg: .*is a link to .*does not exist"):
        open_dataset(f"folder:{classes}")
    assert "1 of" in " ".join(open_dataset(f"folder:{classes}?skip_broken=true").notes)
    (told,) = read_gallery(classes).unreadable
    assert "cat/gone.jpg" in told
    found = find_pictures([classes / "cat"])
    found.check("auto")
    assert [path.name for path in found.problems] == ["gone.jpg"]


def test_a_picture_in_name_alone_that_is_a_folder_is_none(tmp_path: Path) -> None:
    painted(tmp_path / "album.png" / "a.png")
    painted(tmp_path / "b.png")
    assert [p.name for p in find_pictures([tmp_path]).paths] == ["b.png"]
    assert [p.name for p in read_gallery(tmp_path).pictures] == ["b.png", "album.png/a.png"]


SPLITS = [("training", "testing"), ("Train", "EVAL"), ("TRAINING", "evaluation"), ("train", "test")]


@pytest.mark.parametrize(("train", "test"), SPLITS)
def test_splits_by_all_their_names(tmp_path: Path, train: str, test: str) -> None:
    for split, n in ((train, 5), (test, 2)):
        for kind in ("cat", "dog"):
            for i in range(n):
                painted(tmp_path / split / kind / f"{i}.png", seed=i)
    parts = open_dataset(f"folder:{tmp_path}").parts
    assert len(parts["test"]) == 4
    assert {name.split("/")[0] for name in parts["train"].ids} == {train}


def test_other_names_of_splits_are_told_which_there_are(tmp_path: Path) -> None:
    painted(tmp_path / "Trainset" / "cat" / "0.png")
    painted(tmp_path / "Testset" / "cat" / "0.png")
    with pytest.raises(InputError) as told:
        list_folder(tmp_path)
    assert all(name in str(told.value) for name in (*SPLIT_NAMES, "DICOM"))
    painted(tmp_path / "train" / "cat" / "0.png")
    with pytest.raises(InputError, match=r"also 'Testset'.*training.*rename it"):
        list_folder(tmp_path)
    (tmp_path / "both").mkdir()
    for split in ("valid", "Dev"):
        painted(tmp_path / "both" / split / "cat" / "0.png")
    with pytest.raises(InputError, match=r"one split, 'Dev' and 'valid'"):
        list_folder(tmp_path / "both")


def test_the_background_says_what_it_passed_over(
    toys: None, classes: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (classes / "cat" / "below").mkdir()
    with pytest.raises(SystemExit) as left:
        main(["shap", str(classes / "cat" / "a.png"), "--model", "toy_gap", "--weights", "random",
              "--explainer", "gradient", "--background", str(classes / "cat"), "--param",
              "n_samples=20", "--out", str(tmp_path / "out"), "--json"])  # fmt: skip
    assert left.value.code == 0
    document = json.loads(capfd.readouterr().out)
    assert document["skipped_subfolders"] == [{"folder": str(classes / "cat"), "n": 1}]
    assert document["skipped_files"][0]["n"] == len(OTHERS)


def test_pages_take_the_same_endings() -> None:
    assert {".jfif", ".jpe", ".dicom"} <= set(api.PICTURE_SUFFIXES)
