"""Folders of small pictures that toy models take without resampling."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

Folder = Callable[[str, npt.NDArray[np.uint8]], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Write pictures ``(n, h, w, 3)`` as PNG files into a folder of that name."""

    def written(name: str, pictures: npt.NDArray[np.uint8]) -> Path:
        place = tmp_path / name
        place.mkdir(parents=True)
        for i, pixels in enumerate(pictures):
            Image.fromarray(pixels).save(place / f"{i:03d}.png")
        return place

    return written


def noise(n: int, *, seed: int) -> npt.NDArray[np.uint8]:
    """Pictures of independent pixels, 16 × 16."""
    return np.random.default_rng(seed).integers(0, 256, (n, 16, 16, 3), np.uint8)
