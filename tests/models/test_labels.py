from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.contracts import ModelRef
from core.errors import AmbiguousNameError, InputError, UnknownNameError
from core.models.labels import class_names

NAMES = class_names(ModelRef("efficientnet_lite0"))


def test_the_table_is_imagenet() -> None:
    assert len(NAMES.labels) == len(set(NAMES.labels)) == len(set(NAMES.wnids)) == 1000
    assert NAMES.labels[281] == "tabby"
    assert NAMES.wnids[281] == "n02123045"


def test_the_table_agrees_with_the_sample(imagenet_sample: list[tuple[Path, int]]) -> None:
    for path, label in imagenet_sample:
        wnid, _, name = path.stem.partition("_")
        assert NAMES.wnids[label] == wnid
        assert NAMES.synonyms[label][0].replace(" ", "_").casefold() == name.casefold()


@pytest.mark.parametrize(
    "text", ["tabby", "Tabby_Cat", "tabby cat", "n02123045", "281", 281, " TABBY "]
)
def test_find(text: str | int) -> None:
    assert api.find_class("efficientnet_lite0", text).index == 281


@pytest.mark.parametrize(("name", "indices"), [("crane", (134, 517)), ("maillot", (638, 639))])
def test_shared_names_list_all(name: str, indices: tuple[int, int]) -> None:
    with pytest.raises(AmbiguousNameError) as error:
        NAMES.find(name)
    for index in indices:
        assert str(index) in str(error.value)
        assert NAMES.wnids[index] in str(error.value)


def test_disambiguated_labels_find_themselves() -> None:
    for index, label in enumerate(NAMES.labels):
        assert NAMES.find(label).index == index


@pytest.mark.parametrize("text", ["tabbi", "1000", "-1", "n99999999", ""])
def test_unknown(text: str) -> None:
    with pytest.raises(UnknownNameError):
        NAMES.find(text)


def test_suggestions() -> None:
    with pytest.raises(UnknownNameError, match="tabby"):
        NAMES.find("tabbi")


def test_own_class_file(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("none\nglasses\nsunglasses\n", encoding="utf-8")
    assert class_names(ModelRef("resnet50", classes=str(path))).labels == (
        "none",
        "glasses",
        "sunglasses",
    )
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError):
        class_names(ModelRef("vgg16", classes=str(path)))
    with pytest.raises(InputError, match="no class file"):
        class_names(ModelRef("vgg16", classes=str(tmp_path / "none.txt")))
