"""Many batches in one process: memory does not grow with them, and nothing is traced again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("batches_worker.py")
BATCHES, CHUNK = 50, 16
WARM = 10
"""Batches after which allocators and lazy imports have settled."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process saw that attacked 50 batches of 16 pictures of 224 pixels."""
    root = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(2)
    rows = ["file_name,label,split"]
    for i in range(BATCHES * CHUNK + 2):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(root / f"{i}.png")
        split = "train" if i < BATCHES * CHUNK else ("validation", "test")[i % 2]
        rows.append(f"{i}.png,{i % 2},{split}")
    (root / "metadata.csv").write_text("\n".join(rows))
    (root / "classes.txt").write_text("Class 0\nClass 1")
    done = subprocess.run(
        [sys.executable, str(WORKER), str(root), str(BATCHES * CHUNK)], cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_memory_is_constant_in_the_number_of_pictures(seen: dict[str, Any]) -> None:
    """30 more batches must not cost a third of what their 8-bit pictures alone would, 69 MiB."""
    rss = seen["rss"]
    assert len(rss) == BATCHES
    grown = max(rss[-WARM:]) - max(rss[WARM : 2 * WARM])
    kept = seen["bytes_a_batch"] * (BATCHES - 2 * WARM)
    assert grown < kept / 3, f"{grown / 2**20:.0f} MiB more"


def test_nothing_is_traced_after_the_first_batches(seen: dict[str, Any]) -> None:
    """Counted are all of TensorFlow's graphs in that process, whoever makes them."""
    traces = seen["traces"]
    assert traces[0] > 0
    assert traces[-1] == traces[BATCHES // 2]
