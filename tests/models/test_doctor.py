"""The preprocessing doctor promises what holds for pictures it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data.base import Dataset
from core.data.registry import open_dataset
from core.own_models.doctor import ambiguous, trials


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
        rows = trials(Guess(seed), (8, 8, 3), noise, range(4), two_of_one=False)
        stated.append(rows[0].accuracy)
        lucky.append(max(row.accuracy for row in rows))
        sure += not ambiguous(rows)
    assert abs(np.mean(stated) - 0.25) < 0.04
    assert np.mean(lucky) > 0.34, "or this test could not tell"
    assert sure == 0
