"""Reference folders: what is listed, what is refused, and that a change is noticed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import InputError
from core.modalities.picture import gallery as galleries
from core.modalities.picture.gallery import find_gallery, read_gallery


def picture(path: Path, *, seed: int = 0, size: tuple[int, int] = (24, 20)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for n, name in enumerate(("cat/a.png", "cat/b.png", "dog/c.png", "loose.png")):
        picture(tmp_path / name, seed=n)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_folders_are_labels_and_loose_pictures_have_none(folders: Path) -> None:
    held = read_gallery(folders)
    assert [(p.name, p.label) for p in held.pictures] == [
        ("loose.png", ""),
        ("cat/a.png", "cat"),
        ("cat/b.png", "cat"),
        ("dog/c.png", "dog"),
    ]
    assert held.labels == {"cat": 2, "dog": 1}
    assert held.pictures[1].open().width == 20
    assert len(held.labelled("cat")) == 2


def test_a_table_gives_labels_and_columns(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "one.png")
    picture(tmp_path / "two.png", seed=1)
    (tmp_path / "metadata.csv").write_text(
        "\ufefffile_name,label,sex\nin/one.png,3,f\ntwo.png,,m\n", encoding="utf-8"
    )
    held = read_gallery(tmp_path)
    assert [(p.name, p.label, p.columns) for p in held.pictures] == [
        ("in/one.png", "3", {"sex": "f"}),
        ("two.png", "", {"sex": "m"}),
    ]
    assert held.columns == ("sex",)


def test_broken_files_are_named_and_left_out(folders: Path) -> None:
    (folders / "cat" / "bad.jpg").write_bytes(b"%PDF-1.7 not a picture")
    (folders / "dog" / "empty.png").write_bytes(b"")
    picture(folders / "dog" / "tiny.png", size=(4, 4))
    held = read_gallery(folders)
    assert len(held) == 4
    told = "\n".join(held.unreadable)
    assert len(held.unreadable) == 3
    assert "cat/bad.jpg" in told
    assert "PDF" in told
    assert "4×4" in told


def test_files_of_the_table_that_are_missing_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    (tmp_path / "metadata.csv").write_text("file_name,label\none.png,1\ngone.png,2\n")
    held = read_gallery(tmp_path)
    assert len(held) == 1
    assert "gone.png" in held.unreadable[0]


def test_nothing_but_broken_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="None of the 1 picture in"):
        read_gallery(tmp_path)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("name,label\na.png,1\n", "no column file_name"),
        ("", "is empty"),
        ("file_name\n../secret.png\n", "outside the folder"),
        ("file_name\n/etc/passwd\n", "outside the folder"),
    ],
)
def test_a_table_that_cannot_be_followed_is_refused(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "metadata.csv").write_text(table)
    with pytest.raises(InputError, match=words):
        read_gallery(tmp_path)


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_bytes("file_name\nä.png\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_gallery(tmp_path)


def test_no_folder_and_no_pictures_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        read_gallery(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no pictures"):
        read_gallery(tmp_path)


def test_too_many_pictures_are_refused(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, "MAX_PICTURES", 3)
    with pytest.raises(InputError, match="at most 3"):
        read_gallery(folders)


def test_an_unknown_label_names_the_known_ones(folders: Path) -> None:
    with pytest.raises(InputError, match="cat, dog"):
        read_gallery(folders).labelled("bird")


def test_the_fingerprint_follows_the_content(folders: Path) -> None:
    before = read_gallery(folders)
    assert read_gallery(folders) is before, "a folder that has not changed is read once"
    os.utime(folders / "cat" / "a.png", ns=(0, 10**18))
    after = read_gallery(folders)
    assert after.fingerprint != before.fingerprint
    assert find_gallery(after.ref) is after
    with pytest.raises(InputError, match="has changed"):
        find_gallery(before.ref)


def test_labels_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    table = tmp_path / "metadata.csv"
    table.write_text("file_name,label\none.png,1\n")
    before = read_gallery(tmp_path).fingerprint
    table.write_text("file_name,label\none.png,2\n")
    assert read_gallery(tmp_path).fingerprint != before


def test_visitors_do_not_learn_where_the_folder_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.settings import settings
    from dashboard import services

    place = tmp_path / "secret" / "set"
    picture(place / "one.png")
    (place / "metadata.csv").write_text("file_name,label\none.png,1\ngone.png,2\n")
    assert "secret" not in read_gallery(place).unreadable[0]
    monkeypatch.setenv("PELLUCID_GALLERY", str(place))
    settings.cache_clear()
    command = f"python -m core concepts {place}/1 --class 1"
    assert services.public_command(command) == (
        "python -m core concepts $PELLUCID_GALLERY/1 --class 1"
    )
    (place / "metadata.csv").write_text("nothing\n")
    with pytest.raises(InputError) as caught:
        services.gallery()
    assert "secret" not in str(caught.value)
    settings.cache_clear()
