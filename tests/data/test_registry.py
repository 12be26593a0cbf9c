"""References to datasets: read, checked, written again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core import api
from core.contracts import DatasetRef
from core.data.registry import DATASETS, open_dataset, parse
from core.errors import InputError, ParameterError, UnknownNameError


def test_the_kinds_that_there_are() -> None:
    assert list(DATASETS) == ["portraits", "cifar10", "folder", "tfds"]
    cards = {card.id: card for card in api.datasets()}
    assert list(cards) == list(DATASETS)
    assert [card.usage for card in cards.values()] == [
        "portraits", "cifar10[:PATH]", "folder:PATH", "tfds:NAME",
    ]  # fmt: skip
    for card in cards.values():
        assert card.summary.endswith(".")
        assert card.limits.endswith(".")
        assert card.licence
    assert cards["portraits"].needs == cards["folder"].needs == ""


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("portraits", DatasetRef("portraits")),
        (" portraits?bias=0.9 ", DatasetRef("portraits", "", (("bias", 0.9),))),
        ("portraits?bias=0.0&seed=0", DatasetRef("portraits")),  # defaults are left out
        (
            "portraits?n_test=900&bias=1",
            DatasetRef("portraits", "", (("bias", 1.0), ("n_test", 900))),
        ),
        ("cifar10", DatasetRef("cifar10")),
        ("cifar10:/data/c.tar.xz", DatasetRef("cifar10", "/data/c.tar.xz")),
        ("folder:/my pets", DatasetRef("folder", "/my pets")),
        ("folder:/a%3Fb:c?seed=2", DatasetRef("folder", "/a?b:c", (("seed", 2),))),
        ("folder:/x?skip_broken=true", DatasetRef("folder", "/x", (("skip_broken", True),))),
    ],
)  # fmt: skip
def test_a_reference_is_read_and_written_again(text: str, ref: DatasetRef) -> None:
    assert parse(text) == ref
    assert parse(ref.text) == ref


@pytest.mark.parametrize("source", ["/a b/ü?x=1&y#z%41:c", "../relative", "~/home", "/tab\there"])
def test_any_path_survives_the_reference(source: str) -> None:
    ref = DatasetRef("folder", source, (("seed", 3),))
    assert parse(ref.text) == ref


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("portrait", UnknownNameError, "Did you mean 'portraits'"),
        ("", UnknownNameError, "Known: portraits, cifar10, folder, tfds"),
        ("portraits:/x", InputError, "takes no source"),
        ("folder", InputError, "needs a folder behind a colon, folder:PATH"),
        ("tfds:", InputError, "tfds:NAME"),
        ("portraits?bias", InputError, "name=value"),
        ("portraits?bias=", ParameterError, "Received: bias="),
        ("portraits?bias=1&bias=0", InputError, "given twice"),
        ("portraits?bias=2", ParameterError, "from 0 to 1"),
        ("portraits?tone=3", ParameterError, "no parameter 'tone'"),
        ("folder:/x?validation=0.7", ParameterError, "from 0 to 0.5"),
    ],
)  # fmt: skip
def test_references_that_do_not_fit(text: str, error: type[InputError], words: str) -> None:
    with pytest.raises(error, match=words):
        parse(text)


def test_opening_twice_is_opening_once(pets: Path) -> None:
    assert open_dataset("portraits?seed=5") is open_dataset("portraits?seed=5&bias=0")
    ref = parse(f"folder:{pets}")
    assert open_dataset(ref) is open_dataset(ref.text)
    assert open_dataset(replace(ref, parameters=(("seed", 4),))) is not open_dataset(ref)


def test_a_split_that_is_missing_names_those_that_there_are(pets: Path) -> None:
    with pytest.raises(InputError, match=r"no split 'validation'\. It has: train, test"):
        open_dataset(f"folder:{pets}?validation=0").part("validation")
