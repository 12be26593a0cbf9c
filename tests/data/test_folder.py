"""Folders: every layout that is read, and what is wrong with the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from core import api
from core.cli import main
from core.data.base import Dataset
from core.data.registry import open_dataset
from core.data.splits import check_trainable
from core.errors import ImageError, InputError

from .conftest import Paint


def opened(folder: Path, query: str = "") -> Dataset:
    return open_dataset(f"folder:{folder}{query}")


def refused(folder: Path, words: str, query: str = "") -> str:
    with pytest.raises(InputError, match=words) as caught:
        opened(folder, query)
    return str(caught.value)


def untrainable(folder: Path, words: str) -> None:
    """It can be opened, but not trained on."""
    found = opened(folder)
    with pytest.raises(InputError, match=words):
        check_trainable(found)


def by_class(dataset: Dataset) -> dict[str, list[int]]:
    return {
        name: np.bincount(part.labels, minlength=len(dataset.classes)).tolist()
        for name, part in dataset.parts.items()
    }


def test_class_folders_are_carved_into_splits(pets: Path) -> None:
    found = opened(pets)
    assert found.classes == ("cat", "dog")
    assert by_class(found) == {"train": [14, 7], "validation": [2, 1], "test": [4, 2]}
    every = [id for part in found.parts.values() for id in part.ids]
    assert sorted(every) == sorted(p.relative_to(pets).as_posix() for p in pets.rglob("*.png"))
    part = found.part("test")
    for i, id in enumerate(part.ids):
        with Image.open(pets / id) as image:
            np.testing.assert_array_equal(part.picture(i).pixels, np.asarray(image))
        assert found.classes[part.labels[i]] == id.split("/")[0]
    assert part.pixels([0, 1, 2], (8, 8, 3)).shape == (3, 8, 8, 3)
    assert part.groups == {}
    with pytest.raises(InputError, match="without masks"):
        part.mask(0)


def test_split_folders_are_taken_as_they_are(tmp_path: Path, paint: Paint) -> None:
    for split, n in (("train", 4), ("val", 2), ("test", 3)):
        for label in ("no", "yes"):
            for i in range(n):
                paint(tmp_path / split / label / f"{i}.jpg", seed=i)
    found = opened(tmp_path)
    assert by_class(found) == {"train": [4, 4], "validation": [2, 2], "test": [3, 3]}
    assert set(found.part("validation").ids) == {
        f"val/{label}/{i}.jpg" for label in ("no", "yes") for i in range(2)
    }
    (tmp_path / "val").rename(tmp_path / "dev")
    assert by_class(opened(tmp_path))["validation"] == [2, 2]


def test_a_missing_validation_split_comes_out_of_the_training(tmp_path: Path, paint: Paint) -> None:
    for split, n in (("train", 10), ("test", 3)):
        for label in ("no", "yes"):
            for i in range(n):
                paint(tmp_path / split / label / f"{i}.png", seed=i)
    found = opened(tmp_path)
    assert by_class(found) == {"train": [9, 9], "validation": [1, 1], "test": [3, 3]}
    assert "validation" not in opened(tmp_path, "?validation=0").parts
    assert found.fingerprint != opened(tmp_path, "?validation=0").fingerprint


ROWS = [
    {
        "file_name": f"{i:02d}.png",
        "label": ("cat", "dog")[i % 2],
        "split": ("train", "test")[i > 11],
        "site": ("north", "south", None)[i % 3],
        "age": i % 4,
        "unique": f"u{i}",
        "same": "x",
    }
    for i in range(20)
]


def write_table(folder: Path, kind: str, rows: list[dict]) -> None:
    path = folder / f"metadata.{kind}"
    if kind == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    elif kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        cells = [["" if v is None else str(v) for v in row.values()] for row in rows]
        path.write_text("\n".join(",".join(line) for line in [list(rows[0]), *cells]), "utf-8")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_table_gives_labels_splits_and_groups(tmp_path: Path, paint: Paint, kind: str) -> None:
    for i, row in enumerate(ROWS):
        paint(tmp_path / row["file_name"], seed=i)
    paint(tmp_path / "not-in-the-table.png")
    write_table(tmp_path, kind, ROWS)
    found = opened(tmp_path, "?validation=0")
    assert found.classes == ("cat", "dog")
    assert by_class(found) == {"train": [6, 6], "test": [4, 4]}
    assert set(found.part("train").groups) == {"site", "age", "unique"}
    for part in found.parts.values():
        for i, id in enumerate(part.ids):
            row = ROWS[int(id[:2])]
            assert found.classes[part.labels[i]] == row["label"]
            assert part.groups["site"][i] == (row["site"] or "Unknown")
            assert part.groups["age"][i] == str(row["age"])


def test_numbers_sort_as_numbers_and_columns_of_many_values_are_no_groups(
    tmp_path: Path, paint: Paint
) -> None:
    rows = [
        {"file_name": f"{i}.png", "label": (2, 10, 1)[i % 3], "id": f"id{i}"} for i in range(60)
    ]
    for i in range(60):
        paint(tmp_path / f"{i}.png", seed=i)
    write_table(tmp_path, "csv", rows)
    found = opened(tmp_path)
    assert found.classes == ("1", "2", "10")
    assert found.part("train").groups == {}


def test_tables_in_split_folders(tmp_path: Path, paint: Paint) -> None:
    for split, n in (("train", 4), ("validation", 2), ("test", 2)):
        rows = [{"file_name": f"{i}.png", "label": "ab"[i % 2]} for i in range(n)]
        for i in range(n):
            paint(tmp_path / split / f"{i}.png", seed=i)
        write_table(tmp_path / split, "csv", rows)
    found = opened(tmp_path)
    assert by_class(found) == {"train": [2, 2], "validation": [1, 1], "test": [1, 1]}
    assert set(found.part("test").ids) == {"test/0.png", "test/1.png"}


def test_classes_txt_orders_and_names_the_classes(pets: Path) -> None:
    (pets / "classes.txt").write_text("dog\ncat\n")
    found = opened(pets)
    assert found.classes == ("dog", "cat")
    assert by_class(found)["test"] == [2, 4]
    (pets / "classes.txt").write_text("dog\ncat\nhorse\n")
    untrainable(pets, "belongs to 'horse'")
    (pets / "classes.txt").write_text("dog\nhorse\n")
    assert "20 pictures" in refused(pets, "1 label is outside the 2 classes, the first is 'cat'")
    (pets / "classes.txt").write_text("dog\ndog\n")
    refused(pets, "names a class twice")


def test_labels_may_be_lines_of_classes_txt(tmp_path: Path, paint: Paint) -> None:
    for i in range(12):
        paint(tmp_path / f"{i}.png", seed=i)
    (tmp_path / "classes.txt").write_text("tench\ngoldfish\n")
    rows = [{"file_name": f"{i}.png", "label": i % 2} for i in range(12)]
    write_table(tmp_path, "csv", rows)
    found = opened(tmp_path)
    assert found.classes == ("tench", "goldfish")
    assert all(
        int(id[:-4]) % 2 == k for p in found.parts.values() for id, k in zip(p.ids, p.labels)
    )
    write_table(tmp_path, "csv", [*rows[:-1], {"file_name": "11.png", "label": 7}])
    refused(tmp_path, "the first is '7'")


def test_masks(tmp_path: Path, paint: Paint) -> None:
    truth = np.zeros((10, 12), np.uint8)
    truth[2:5, 3:9] = 255
    rows = []
    for i in range(8):
        paint(tmp_path / f"{i}.png", seed=i)
        rows.append({"file_name": f"{i}.png", "label": "ab"[i % 2], "mask_file_name": ""})
        if i % 4 < 2:
            Image.fromarray(truth).save(tmp_path / f"mask{i}.png")
            rows[-1]["mask_file_name"] = f"mask{i}.png"
    write_table(tmp_path, "csv", rows)
    part = opened(tmp_path).part("train")
    assert part.has_masks
    assert "mask_file_name" not in part.groups
    for i, id in enumerate(part.ids):
        expected = truth > 0 if int(id[0]) % 4 < 2 else np.zeros_like(truth, bool)
        np.testing.assert_array_equal(part.mask(i), expected)
    Image.fromarray(truth[:9]).save(tmp_path / "mask0.png")
    wrong = opened(tmp_path)
    split, at = next((s, p.find("0.png")) for s, p in wrong.parts.items() if "0.png" in p.ids)
    with pytest.raises(InputError, match=r"mask0\.png has 12×9 pixels, its picture 12×10"):
        wrong.part(split).mask(at)
    (tmp_path / "mask0.png").unlink()
    refused(tmp_path, "1 file of the 8 pictures cannot be read. mask0.png")


@pytest.mark.parametrize(
    "name", ["../outside.png", "/etc/hostname", "..\\outside.png", "a/../../outside.png", ".."]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, paint: Paint, name: str) -> None:
    paint(tmp_path / "outside.png")
    root = tmp_path / "root"
    for i in range(4):
        paint(root / f"{i}.png", seed=i)
    rows = [{"file_name": f"{i}.png", "label": "ab"[i % 2]} for i in range(4)]
    write_table(root, "jsonl", [*rows, {"file_name": name, "label": "a"}])
    refused(root, "lies outside the folder")
    write_table(root, "jsonl", [{**row, "mask_file_name": name} for row in rows])
    refused(root, "lies outside the folder")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_links_out_of_the_folder_are_refused(pets: Path, paint: Paint, what: str) -> None:
    outside = paint(pets.parent / "elsewhere" / "secret.png")
    if what == "file":
        (pets / "cat" / "link.png").symlink_to(outside)
    else:
        (pets / "link").symlink_to(outside.parent, target_is_directory=True)
    refused(pets, "links out of it")


def test_links_within_the_folder_are_followed(pets: Path) -> None:
    (pets / "dog" / "link.png").symlink_to(pets / "dog" / "00.png")
    assert sum(map(len, opened(pets).parts.values())) == 31


def test_an_empty_class_and_too_few_pictures_are_told(tmp_path: Path, paint: Paint) -> None:
    paint(tmp_path / "a" / "0.png")
    refused(tmp_path, "one class, 'a', with 1 picture")
    (tmp_path / "b").mkdir()
    untrainable(tmp_path, r"belongs to 'a', 'b' \(2 of 2 classes")
    paint(tmp_path / "a" / "1.png", seed=1)
    untrainable(tmp_path, "belongs to 'b'")
    for i in range(2):
        paint(tmp_path / "b" / f"{i}.png", seed=i)
    assert by_class(opened(tmp_path))["test"] == [1, 1]


def test_an_empty_class_in_the_training_split_is_told(tmp_path: Path, paint: Paint) -> None:
    for split in ("train", "test"):
        paint(tmp_path / split / "a" / "0.png")
    (tmp_path / "train" / "b").mkdir()
    paint(tmp_path / "test" / "b" / "0.png", seed=1)
    untrainable(tmp_path, "No picture to train on belongs to 'b'")
    assert by_class(opened(tmp_path))["test"] == [1, 1]


def test_folders_that_are_none_or_hold_nothing(tmp_path: Path, paint: Paint) -> None:
    refused(tmp_path / "missing", "is no folder")
    refused(tmp_path, "holds no pictures")
    paint(tmp_path / "test" / "a" / "0.png")
    paint(tmp_path / "test" / "b" / "0.png")
    untrainable(tmp_path, "2 of 2 classes")
    assert by_class(opened(tmp_path)) == {"test": [1, 1]}
    paint(tmp_path / "train" / "a" / "0.png")
    (tmp_path / "further" / "x").mkdir(parents=True)
    refused(tmp_path, "split folders and also 'further'")


def break_two(pets: Path) -> None:
    (pets / "cat" / "00.png").write_bytes(b"%PDF-1.4 no picture at all")
    whole = (pets / "cat" / "01.png").read_bytes()
    (pets / "cat" / "01.png").write_bytes(whole[: len(whole) // 2])


def test_broken_files_are_an_error_unless_they_shall_be_skipped(pets: Path) -> None:
    whole = opened(pets)
    break_two(pets)
    told = refused(pets, "^2 files of the 30 pictures cannot be read")
    assert "cat/00.png" in told
    assert "cat/01.png" in told
    assert "by the dataset's name: folder:PATH?skip_broken=true" in told
    assert str(pets.parent) not in told  # visitors do not learn where the folder lies
    left = opened(pets, "?skip_broken=true")
    assert len(left.unreadable) == 2
    assert left.notes == ("2 of 30 pictures cannot be read and were left out.",)
    assert opened(pets, "?seed=3&skip_broken=true").notes == left.notes
    assert whole.notes == ()
    assert left.unreadable[0].startswith("cat/00.png: 00.png is a PDF document")
    assert sum(map(len, left.parts.values())) == 28
    assert not {"cat/00.png", "cat/01.png"} & {id for p in left.parts.values() for id in p.ids}
    assert left.fingerprint != whole.fingerprint


@pytest.mark.parametrize("command", ["predict", "fairness", "robustness", "corruptions"])
def test_commands_do_the_rest_and_say_how_many_were_left_out(
    command: str, pets: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    break_two(pets)
    files = sorted(p.relative_to(pets).as_posix() for p in pets.rglob("*.png"))
    rows = [f"{name},{name[:3]},{'ab'[i % 2]}" for i, name in enumerate(files)]
    (pets / "metadata.csv").write_text("\n".join(["file_name,label,owner", *rows]) + "\n")
    api.register_model("toy_pets", _grey, input_size=16, n_classes=2, labels=["cat", "dog"])
    more = {
        "predict": [],
        "fairness": ["--positive", "cat", "--group", "owner"],
        "robustness": ["--limit", "4", "--attack", "fgsm", "--no-checks", "--no-rounding"],
        "corruptions": ["--limit", "4", "--corruption", "brightness", "--severity", "1"],
    }[command]

    def run(source: str, *options: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([command, "--dataset", source, "--model", "toy_pets", *more, *options])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    status, _, err = run(f"folder:{pets}")
    assert (status, "folder:PATH?skip_broken=true" in err) == (2, True)
    status, out, err = run(f"folder:{pets}?skip_broken=true")
    assert status == 0, err
    assert "2 of 30 pictures cannot be read and were left out." in out + err
    if command == "predict":
        status, out, err = run(f"folder:{pets}?skip_broken=true", "--json", "--strict")
        assert status == 2
        assert len(json.loads(out)["unreadable"]) == 2
        assert "left out: cat/00.png: 00.png is a PDF document" in err
        status, _, err = run(f"folder:{pets}?skip_broken=true", "--depth", "12")
        assert (status, "folder:PATH?depth=12" in err) == (2, True)


def _grey(inputs: object, n_classes: int) -> object:
    from core.models.tensorflow import keras

    x = keras.layers.Dense(n_classes)(keras.layers.GlobalAveragePooling2D()(inputs))
    return keras.Model(keras.utils.get_source_inputs(inputs), x)


def test_damage_that_the_check_does_not_see_is_told_when_the_picture_is_opened(
    tmp_path: Path, paint: Paint
) -> None:
    for label in "ab":
        for i in range(3):
            paint(tmp_path / label / f"{i}.png", seed=i, size=(64, 64))
    damaged = bytearray((tmp_path / "a" / "0.png").read_bytes())
    damaged[200:2000] = os.urandom(1800)
    (tmp_path / "a" / "0.png").write_bytes(damaged)
    found = opened(tmp_path)
    split, at = next((s, p.find("a/0.png")) for s, p in found.parts.items() if "a/0.png" in p.ids)
    with pytest.raises(ImageError, match=r"a/0\.png") as caught:
        found.part(split).pixels([at], (32, 32, 3))
    assert str(tmp_path) not in str(caught.value)


def test_sizes_may_be_mixed(tmp_path: Path, paint: Paint) -> None:
    sizes = [(10, 30), (40, 9), (16, 16), (200, 120)]
    for label in "ab":
        for i, size in enumerate(sizes):
            paint(tmp_path / label / f"{i}.png", seed=i, size=size)
    found = opened(tmp_path)
    assert found.size == 0
    part = found.part("train")
    shown = part.pixels(range(len(part)), (16, 16, 3))
    assert shown.shape == (len(part), 16, 16, 3)
    for i in range(len(part)):  # one colour and a little noise: the middle keeps the colour
        colour = part.picture(i).pixels.reshape(-1, 3).mean(axis=0)
        assert np.abs(shown[i].reshape(-1, 3).mean(axis=0) - colour).max() < 8


def test_a_change_on_the_disk_is_seen(pets: Path, paint: Paint) -> None:
    before = opened(pets)
    assert opened(pets) is before
    paint(pets / "dog" / "new.png", seed=77)
    after = opened(pets)
    assert after.fingerprint != before.fingerprint
    assert sum(map(len, after.parts.values())) == 31


def test_labels_are_part_of_the_fingerprint(tmp_path: Path, paint: Paint) -> None:
    for i in range(8):
        paint(tmp_path / f"{i}.png", seed=i)
    rows = [{"file_name": f"{i}.png", "label": "ab"[i % 2]} for i in range(8)]
    write_table(tmp_path, "csv", rows)
    before = opened(tmp_path).fingerprint
    write_table(tmp_path, "csv", [{**row, "label": "ba"[i % 2]} for i, row in enumerate(rows)])
    assert opened(tmp_path).fingerprint != before


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("file_name,label\n0.png,a\n0.png,b\n", "names '0.png' twice"),
        ("file_name,label\n0.png,a\n,b\n", "row 2: file_name is empty"),
        ("file_name,label\n0.png,a\n1.png,\n", "1 row has no label, the first is '1.png'"),
        ("file_name,kind\n0.png,a\n", "has no column label"),
        ("label\na\n", "has no column file_name"),
        ("file_name,label,split\n0.png,a,train\n1.png,b,holdout\n", "split 'holdout' is unknown"),
        ("file_name,label,label\n0.png,a,b\n", "columns 2 and 3 are both named"),
        ("file_name,label\n0.png,a,b,c\n", "4 cells, but the header names 2 columns"),
    ],
)
def test_tables_that_cannot_be_followed(
    tmp_path: Path, paint: Paint, table: str, words: str
) -> None:
    for i in range(2):
        paint(tmp_path / f"{i}.png", seed=i)
    (tmp_path / "metadata.csv").write_text(table)
    refused(tmp_path, words)


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("jsonl", b'{"file_name": "0.png", "label": ["a"]}', "holds lists"),
        ("jsonl", b"[1, 2]", "expected one JSON object a line"),
        ("jsonl", b"{no json", "line 1 is no JSON"),
        ("jsonl", b"[" * 100_000, "line 1 is no JSON"),
        ("parquet", b"PAR1 certainly not", "is no Parquet file"),
        ("csv", "file_name,label\nä.png,ö\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_tables_that_are_damaged(tmp_path: Path, kind: str, content: bytes, words: str) -> None:
    (tmp_path / f"metadata.{kind}").write_bytes(content)
    refused(tmp_path, words)


def test_two_tables_are_one_too_many(tmp_path: Path) -> None:
    for kind in ("csv", "jsonl"):
        (tmp_path / f"metadata.{kind}").write_text("")
    refused(tmp_path, "Expected one table")


def deep(folder: Path, bits: int) -> None:
    for label, top in (("a", 2**bits - 1), ("b", 2 ** (bits - 1))):
        for i in range(3):
            values = np.linspace(0, top, 32).astype(np.uint16)[None].repeat(32, 0)
            (folder / label).mkdir(exist_ok=True)
            Image.fromarray(values).save(folder / label / f"{i}.png")


def test_pictures_of_twelve_bits_are_read_as_such_or_as_asked(tmp_path: Path) -> None:
    deep(tmp_path, 12)
    found, asked = opened(tmp_path), opened(tmp_path, "?depth=14")
    part = found.part("test")
    # Each file is read by what it holds: 2048 needs 12 bits as 4095 does.
    assert sorted(int(part.picture(i).pixels.max()) for i in range(len(part))) == [128, 255]
    assert int(asked.part("test").picture(0).pixels.max()) < 70
    assert found.fingerprint != asked.fingerprint


def test_a_depth_changes_nothing_where_all_have_eight_bits(pets: Path) -> None:
    assert opened(pets).fingerprint == opened(pets, "?depth=12").fingerprint
