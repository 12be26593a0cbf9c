"""Tables of folders follow the rules of prediction tables: no value, spellings, Unicode forms."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from core import api
from core.cli import main
from core.contracts import MISSING
from core.data.base import Dataset
from core.data.folder.listing import list_folder
from core.data.registry import open_dataset
from core.errors import InputError
from core.modalities.picture.gallery import read_gallery

from .conftest import Paint

N = 12
Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path, paint: Paint) -> Table:
    """Write a folder whose table has these labels and attributes in turn."""

    def write(labels: list[str], sites: list[str] | None = None) -> Path:
        lines = ["file_name,label,site"]
        for i in range(N * len(labels)):
            paint(tmp_path / f"{i:02d}.png", seed=i)
            site = (sites or ["x", "y"])[(i // len(labels)) % len(sites or "xy")]
            lines.append(f"{i:02d}.png,{labels[i % len(labels)]},{site}")
        (tmp_path / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
        return tmp_path

    return write


def opened(folder: Path) -> Dataset:
    return open_dataset(f"folder:{folder}")


def sites(folder: Path) -> set[str]:
    found = opened(folder)
    return {value for part in found.parts.values() for value in part.groups["site"]}


@pytest.mark.parametrize("word", [*MISSING, "nan", "n/a", "NULL", "<na>", ""])
def test_a_label_that_is_no_value_is_refused(table: Table, word: str) -> None:
    folder = table(["cat", "dog", word])
    with pytest.raises(InputError, match="rows have no label") as caught:
        opened(folder)
    told = str(caught.value)
    assert "metadata.csv" in told
    assert f"{N} rows" in told
    assert "'02.png' (row 3)" in told
    if word:
        assert f"{word!r}, which stands for no value" in told
        assert "classes.txt" in told


def test_words_that_classes_txt_lists_are_classes(table: Table) -> None:
    folder = table(["cat", "None", "-"])
    (folder / "classes.txt").write_text("None\ncat\n-\n")
    assert opened(folder).classes == ("None", "cat", "-")


def test_none_in_small_letters_is_a_class(table: Table) -> None:
    assert opened(table(["cat", "none"])).classes == ("cat", "none")


@pytest.mark.parametrize("word", [*MISSING, "nan", "n/a", "unknown", ""])
def test_a_group_that_is_no_value_is_unknown(table: Table, word: str) -> None:
    folder = table(["cat", "dog"], ["x", word, "y"])
    assert sites(folder) == {"x", "y", "Unknown"}
    said = [note for note in opened(folder).notes if "read as no value" in note]
    assert said == ([] if word == "" else [f"In 'site', read as no value: {word!r}."])


def test_groups_of_equal_numbers_are_one(table: Table) -> None:
    folder = table(["cat", "dog"], ["1", "1.0", "2.0", "none"])
    assert sites(folder) == {"1", "2", "none"}
    assert opened(folder).notes == ("In 'site', spellings taken for one group: '1', '1.0'.",)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["Yes", "yes", "no"], ("no", "yes")),
        (["TRUE", "true", "False"], ("false", "true")),
        (["1.0", "1", "0"], ("0", "1")),
        (["cat.", "cat", "dog"], ("cat", "dog")),
        (["yes", "no", "1", "0"], ("0", "1")),
    ],
)
def test_spellings_of_one_class_are_one_and_said(
    table: Table, labels: list[str], classes: tuple[str, ...]
) -> None:
    found = opened(table(labels))
    assert sorted(name.casefold() for name in found.classes) == sorted(classes)
    assert sum(len(part) for part in found.parts.values()) == N * len(labels)
    if labels != ["TRUE", "true", "False"] and labels != ["1.0", "1", "0"]:
        assert any("Spellings taken for one class" in note for note in found.notes)


@pytest.mark.parametrize("pair", [("NONE", "none"), ("Cat", "cat"), ("us", "US")])
def test_names_that_differ_in_case_alone_are_asked(table: Table, pair: tuple[str, str]) -> None:
    folder = table([*pair, "dog"])
    with pytest.raises(InputError, match="differ in case alone: are they one class"):
        opened(folder)
    (folder / "classes.txt").write_text("\n".join((*pair, "dog")))
    assert opened(folder).classes == (*pair, "dog")


@pytest.mark.parametrize(("on_disk", "in_table"), [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("folder", ["", "mu\u0308de/"])
def test_one_file_name_has_several_forms(
    tmp_path: Path, paint: Paint, on_disk: str, in_table: str, folder: str
) -> None:
    lines = ["file_name,label,mask_file_name"]
    for i in range(24):
        name = f"{folder}Zo\u00eb{i}.png"
        paint(tmp_path / unicodedata.normalize(on_disk, name), seed=i)
        said = unicodedata.normalize(in_table, name)
        lines.append(f"{said},{'ab'[i % 2]},{said}")
    (tmp_path / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    found = opened(tmp_path)
    part = found.part("test")
    assert part.picture(0).pixels.shape[-1] == 3
    assert part.mask(0).shape == part.picture(0).pixels.shape[:2]
    assert len(read_gallery(tmp_path)) == 24


def test_reference_folders_read_their_table_alike(table: Table) -> None:
    folder = table(["cat", "NA"], ["x", "?"])
    gallery = read_gallery(folder)
    assert gallery.labels == {"cat": N}
    assert {picture.columns["site"] for picture in gallery.pictures} == {"x", ""}


def test_what_was_read_as_what_is_said(table: Table, capfd: pytest.CaptureFixture[str]) -> None:
    folder = table(["Yes", "yes", "no"], ["x", "N/A"])
    with pytest.raises(SystemExit):
        main(["datasets", f"folder:{folder}", "--json"])
    told = json.loads(capfd.readouterr().out)["notes"]
    assert told == [
        "Spellings taken for one class: 'Yes', 'yes'.",
        "In 'site', read as no value: 'N/A'.",
    ]
    with pytest.raises(SystemExit):
        main(["datasets", f"folder:{folder}"])
    assert all(note in capfd.readouterr().out for note in told[:1])


def test_audits_say_it_too(table: Table) -> None:
    folder = table(["dog", "cat"], ["x", "N/A"])
    api.register_model(
        "folder_tables", _flat, input_size=16, n_classes=2, labels=["cat", "dog"]
    )  # fmt: skip
    report = api.fairness(dataset=f"folder:{folder}", model="folder_tables", positive="cat")
    assert "In 'site', read as no value: 'N/A'." in report.notes
    assert report.unknown == {"site": sum(_unknown(folder))}


def _unknown(folder: Path) -> list[bool]:
    return [value == "Unknown" for value in opened(folder).part("test").groups["site"]]


def _flat(inputs: object, n_classes: int) -> object:
    from core.models.tensorflow import keras

    x = keras.layers.GlobalAveragePooling2D()(inputs)
    x = keras.layers.Dense(n_classes)(x)
    return keras.Model(keras.utils.get_source_inputs(inputs), x)


def test_what_class_folders_hold_besides_is_said(tmp_path: Path, paint: Paint) -> None:
    for i in range(6):
        for kind in ("cat", "dog"):
            paint(tmp_path / kind / f"{i}.png", seed=i)
    (tmp_path / "cat" / ".hidden.png").write_bytes(b"")
    assert not list_folder(tmp_path).notes
    paint(tmp_path / "cat" / "more" / "7.png", seed=7)
    paint(tmp_path / "beside.png", seed=8)
    (tmp_path / "dog" / "9.heic").write_bytes((tmp_path / "dog" / "1.png").read_bytes())
    (note,) = opened(tmp_path).notes
    assert "Not taken, 3 in number: beside.png, cat/more/, dog/9.heic." in note
    assert sum(len(part) for part in opened(tmp_path).parts.values()) == 12


def split_in_classes(root: Path, paint: Paint, names: list[str]) -> Path:
    for k, name in enumerate(names):
        for i in range(N):
            paint(root / name / f"{k}-{i}.png", seed=i)
    return root


@pytest.mark.parametrize("listed", [False, True])
def test_class_folders_of_one_name_in_two_forms_are_one(
    tmp_path: Path, paint: Paint, *, listed: bool
) -> None:
    forms = [unicodedata.normalize(form, "Zo\u00eb") for form in ("NFC", "NFD")]
    folder = split_in_classes(tmp_path, paint, [*forms, "dog"])
    if listed:
        (folder / "classes.txt").write_text(f"dog\n{forms[1]}\n", encoding="utf-8")
    found = opened(folder)
    assert sorted(found.classes) == ["Zo\u00eb", "dog"]
    labels = [found.classes[k] for part in found.parts.values() for k in part.labels]
    assert (labels.count("Zo\u00eb"), labels.count("dog")) == (2 * N, N)
    assert listed or any("Spellings taken for one class" in note for note in found.notes)


@pytest.mark.parametrize("pair", [("Cat", "cat"), ("train/Cat", "test/cat")])
def test_class_folders_that_differ_in_case_alone_are_asked(
    tmp_path: Path, paint: Paint, pair: tuple[str, str]
) -> None:
    top = pair[0].rpartition("/")[0]
    folder = split_in_classes(tmp_path, paint, [*pair, f"{top}/dog".strip("/")])
    with pytest.raises(InputError, match="'Cat', 'cat' differ in case alone: are they one class"):
        opened(folder)
    (folder / "classes.txt").write_text("Cat\ncat\ndog")
    assert opened(folder).classes == ("Cat", "cat", "dog")


@pytest.mark.parametrize("row", [
    "file_name,label,site", "label,site,file_name", "FILE_NAME,Label,Site", "file_name,,",
])  # fmt: skip
@pytest.mark.parametrize("at", [1, 20])
def test_a_header_in_the_midst_is_refused(table: Table, row: str, at: int) -> None:
    folder = table(["cat", "dog"])
    lines = (folder / "metadata.csv").read_text().splitlines()
    lines.insert(at, row)
    (folder / "metadata.csv").write_text("\n".join(lines))
    for read in (
        lambda: open_dataset(f"folder:{folder}?skip_broken=true"),
        lambda: read_gallery(folder),
    ):
        with pytest.raises(InputError, match=f"row {at} holds the names of the columns once more"):
            read()


@pytest.mark.parametrize("row", ["Total,24,", "Grand total:,x,x", "12.png,Total,", "Sum,Summe,y"])
def test_a_total_is_no_class(table: Table, row: str) -> None:
    folder = table(["cat", "dog"])
    with (folder / "metadata.csv").open("a") as file:
        file.write(f"\n{row}")
    if "12.png" in row:
        lines = (folder / "metadata.csv").read_text().splitlines()
        (folder / "metadata.csv").write_text("\n".join(x for x in lines if x[:9] != "12.png,ca"))
    with pytest.raises(InputError, match=r"a word for a total\. Take that row out"):
        open_dataset(f"folder:{folder}?skip_broken=true")


def test_a_picture_may_be_called_total(table: Table, paint: Paint) -> None:
    folder = table(["cat", "dog"])
    paint(folder / "total.png")
    with (folder / "metadata.csv").open("a") as file:
        file.write("\ntotal.png,cat,x")
    assert opened(folder).classes == ("cat", "dog")


def test_a_label_without_a_picture_that_can_be_read_is_no_class(table: Table) -> None:
    folder = table(["cat", "dog"])
    with (folder / "metadata.csv").open("a") as file:
        file.write("\ngone.png,horse,x")
    with pytest.raises(InputError, match="1 file of the 25 pictures cannot be read"):
        opened(folder)
    found = open_dataset(f"folder:{folder}?skip_broken=true")
    assert found.classes == ("cat", "dog")
    assert "No picture of 'horse' can be read: it is no class." in found.notes
    for path in folder.glob("*.png"):
        path.unlink()
    with pytest.raises(InputError, match=r"No picture of the folder .* The first: 00\.png"):
        open_dataset(f"folder:{folder}?skip_broken=true")


def test_a_key_that_stands_twice_in_a_line_is_refused(tmp_path: Path, paint: Paint) -> None:
    lines = []
    for i in range(24):
        paint(tmp_path / f"{i}.png", seed=i)
        lines.append(f'{{"file_name": "{i}.png", "label": "{"ab"[i % 2]}"}}')
    lines[3] = lines[3].replace("}", ', "label": "a"}')
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"line 4 names 'label' twice"):
        opened(tmp_path)
