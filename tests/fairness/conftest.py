"""Small tables with known counts, as columns and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from core.settings import settings

Write = Callable[..., Path]


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home that no other test has left anything in."""
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write columns as ``name`` (.csv or .parquet) and return the path."""

    def put(columns: Mapping[str, Sequence[object]], name: str = "table.csv") -> Path:
        path, table = tmp_path / name, pa.table(dict(columns))
        if path.suffix == ".parquet":
            pyarrow.parquet.write_table(table, path)
        else:
            pyarrow.csv.write_csv(table, path)
        return path

    return put


@pytest.fixture(scope="session")
def biased() -> dict[str, np.ndarray]:
    """2 400 rows: positives of ``f`` are found half as often as those of ``m``; scores too."""
    rng = np.random.default_rng(7)
    n = 2400
    sex = np.array(["f", "m"])[rng.integers(0, 2, n)]
    city = np.array(["A", "B", "C"])[rng.integers(0, 3, n)]
    y = (rng.random(n) < 0.45).astype(int)
    score = np.clip(rng.normal(0.33 + 0.36 * y - 0.2 * y * (sex == "f"), 0.15), 0, 1).round(3)
    return {"sex": sex, "city": city, "y": y, "s": score, "p": (score >= 0.5).astype(int)}
