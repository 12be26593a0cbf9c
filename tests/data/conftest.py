"""Folders of tiny pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import registry
from core.settings import settings

Paint = Callable[..., Path]


@pytest.fixture(scope="session")
def paint() -> Paint:
    """Write a picture of one colour and noise; ``seed`` tells pictures apart."""

    def write(path: Path, *, seed: int = 0, size: tuple[int, int] = (12, 10)) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        shade = rng.integers(0, 200, 3) + rng.integers(0, 40, (*size[::-1], 3))
        Image.fromarray(shade.astype(np.uint8)).save(path)
        return path

    return write


@pytest.fixture
def pets(tmp_path: Path, paint: Paint) -> Path:
    """Return a folder of two class folders, 20 cats and 10 dogs."""
    root = tmp_path / "pets"
    for label, n in (("cat", 20), ("dog", 10)):
        for i in range(n):
            paint(root / label / f"{i:02d}.png", seed=i + 100 * n)
    return root


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test a home in which nothing is kept yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("PELLUCID_HOME", str(home))
    settings.cache_clear()
    registry._opened.cache_clear()
    yield home
    monkeypatch.undo()
    settings.cache_clear()
    registry._opened.cache_clear()
