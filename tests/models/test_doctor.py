"""The preprocessing doctor promises what holds for pictures it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data.base import Dataset
from core.data.registry import open_dataset
from core.errors import InputError
from core.own_models.doctor import Told, told_by_pictures
from core.own_models.ranges import Order, Range, affine

COLOURS = ((210, 60, 40), (40, 60, 210), (60, 190, 60), (190, 180, 50))
WAYS: tuple[tuple[Range, Order], ...] = (
    ("0-1", "rgb"), ("0-255", "rgb"), ("-1-1", "rgb"), ("imagenet", "rgb"), ("caffe", "bgr"),
    ("0-1", "bgr"), ("-1-1", "bgr"),
)  # fmt: skip


class Nearest:
    """A network that knows colours as one way of preparing pictures gives them."""

    def __init__(self, range_: Range, order: Order, turned: Sequence[int] = range(4)) -> None:
        said = affine(range_, order)
        ordered = np.array(COLOURS, float)[:, ::-1] if said.order == "bgr" else np.array(COLOURS)
        self._means = ((ordered - said.mean) / said.scale)[list(turned)]

    def __call__(self, pixels: Any) -> Any:
        return -np.linalg.norm(pixels.mean((1, 2))[:, None] - self._means, axis=-1)


def coloured(place: Path, counts: Sequence[int], spread: float) -> Dataset:
    rng = np.random.default_rng(9)
    for label, n in enumerate(counts):
        folder = place / f"class{label}"
        folder.mkdir(parents=True)
        for i in range(n):
            colour = COLOURS[label] + rng.normal(0, spread, 3)
            field = np.clip(colour + rng.normal(0, 9, (8, 8, 3)), 0, 255)
            Image.fromarray(field.astype(np.uint8)).save(folder / f"{i}.png")
    return open_dataset(f"folder:{place}")


def asked(network: Any, dataset: Dataset, **options: Any) -> Told:
    return told_by_pictures(network, (8, 8, 3), dataset, range(4), two_of_one=False, **options)


class Guess:
    """A network that knows nothing: its answers depend on pixels, and on no class."""

    def __init__(self, seed: int) -> None:
        self._weights = np.random.default_rng(seed).normal(size=(192, 4))

    def __call__(self, pixels: Any) -> Any:
        return np.sin(np.reshape(pixels, (len(pixels), -1)) @ self._weights)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("noise")
    rng = np.random.default_rng(5)
    for i in range(80):
        place = folder / f"class{i % 4}"
        place.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(place / f"{i}.png")
    return open_dataset(f"folder:{folder}")


def test_the_best_of_many_ways_is_not_praised_for_its_luck(noise: Dataset) -> None:
    """Chosen and stated on the same pictures, the best of 24 ways would look like knowledge."""
    stated, lucky, sure = [], [], 0
    for seed in range(40):
        told = told_by_pictures(Guess(seed), (8, 8, 3), noise, range(4), two_of_one=False)
        rows = told.trials
        stated.append(rows[0].accuracy)
        lucky.append(max(row.accuracy for row in rows))
        sure += not told.unsure
    assert abs(np.mean(stated) - 0.25) < 0.04
    assert np.mean(lucky) > 0.34, "or this test could not tell"
    assert sure == 0


@pytest.fixture(scope="module", params=[30.0, 90.0])
def colours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Pictures that are easy to tell, and others that are not."""
    return coloured(tmp_path_factory.mktemp("colours"), [10] * 4, request.param)


@pytest.mark.parametrize("way", WAYS)
def test_the_kept_way_is_the_right_one_or_a_doubt_is_said(
    way: tuple[Range, Order], colours: Dataset
) -> None:
    told = asked(Nearest(*way), colours)
    kept = told.trials[0]
    right = next(row for row in told.trials if (row.range, row.order) == way)
    assert (kept.range, kept.order) == way or told.unsure or told.better
    assert kept.accuracy >= right.accuracy - 0.25
    assert not told.renamed
    assert not told.one_class


def test_what_the_file_tells_is_kept_where_pictures_do_not_speak_against_it(
    colours: Dataset,
) -> None:
    """Networks that are blind to the range find every way as good; the file knows better."""
    blind = asked(lambda x: Nearest("0-1", "rgb")(x * 0), colours, by_file=("0-255", "rgb"))
    assert (blind.trials[0].range, blind.trials[0].order) == ("0-255", "rgb")
    assert blind.unsure
    seeing = asked(Nearest("caffe", "bgr"), colours, by_file=("0-1", "rgb"))
    believed = seeing.trials[0].range != "caffe"
    assert not believed or seeing.unsure, "a file that is clearly wrong is not believed"


@pytest.mark.parametrize("counts", [(20, 0, 0, 0), (57, 1, 1, 1)])
def test_pictures_of_one_class_make_nobody_sure(tmp_path: Path, counts: Sequence[int]) -> None:
    told = asked(Nearest("0-1", "rgb"), coloured(tmp_path, counts, 20.0))
    assert told.trials[0].accuracy > 0.9
    assert "of one class" in told.one_class
    assert not asked(Nearest("0-1", "rgb"), coloured(tmp_path / "all", [9] * 4, 20.0)).one_class


def test_classes_in_another_order_are_suspected(tmp_path: Path, noise: Dataset) -> None:
    dataset = coloured(tmp_path, [10] * 4, 20.0)
    told = asked(Nearest("-1-1", "rgb", turned=(1, 0, 3, 2)), dataset)
    assert "another order ({0} → {1}, {1} → {0}, {2} → {3})" in told.renamed
    assert told.trials[0].range == "-1-1", "the names do not matter for how pictures are prepared"
    assert told.trials[0].accuracy < 0.5
    for seed in range(10):
        assert not asked(Guess(seed), noise).renamed, "some order always fits by chance"


def test_one_picture_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 labelled picture; at least two"):
        asked(Nearest("0-1", "rgb"), coloured(tmp_path, [1, 0, 0, 0], 20.0))
