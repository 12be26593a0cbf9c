"""The commands about examples and concepts: what they print, write and refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commands import answer, is_refusal, refused, run_as_process
from tests.concepts.conftest import Folder


@pytest.fixture(autouse=True)
def _as_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process may have loaded TensorFlow, which leaves its log level to child processes."""
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)


def textures(n: int, *, seed: int, stripes: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (n, 48, 48, 3), np.uint8)
    if stripes:
        pictures[:, :, (np.arange(48) // 6) % 2 == 0] = 20
    return pictures


def test_neighbours(folder: Folder) -> None:
    place = folder("set", textures(6, seed=1))
    found = answer("neighbours", place / "003.png", "--folder", place, "--k", 3)
    assert {"model", "weights_sha256", "image", "predicted", "n", "neighbours"} <= set(found)
    first = found["neighbours"][0]
    assert (first["name"], first["same"]) == ("003.png", True)
    assert len(found["neighbours"]) == 3
    assert found["command"].startswith("python -m core neighbours")


def test_concepts_writes_crops(folder: Folder, tmp_path: Path) -> None:
    place = folder("set", textures(9, seed=2))
    out = tmp_path / "out"
    found = answer(
        "concepts", place, "--class", "tabby", "--select", "all", "--n-concepts", 2, "--out", out
    )  # fmt: skip
    assert found["target"]["index"] == 281
    assert [c["number"] for c in found["concepts"]] == [1, 2]
    written = [file for c in found["concepts"] for file in c["crops"]]
    assert written
    with Image.open(written[0]) as crop:
        assert crop.size == (112, 112)


def test_tcav(folder: Folder) -> None:
    found = answer(
        "tcav", folder("class", textures(6, seed=3)), "--target", "zebra", "--n-runs", 5,
        "--concept", f"stripes={folder('stripes', textures(9, seed=4, stripes=True))}",
        "--random", folder("random", textures(30, seed=5)),
    )  # fmt: skip
    (score,) = found["concepts"]
    assert score["name"] == "stripes"
    assert 0 <= score["score"] <= 1
    assert 0 < score["p"] <= score["p_adjusted"] <= 1
    assert isinstance(score["significant"], bool)
    assert score["words"]


def test_visualise(tmp_path: Path) -> None:
    made = answer("visualise", "--target", "goldfish", "--steps", 16, "--out", tmp_path / "out")
    assert made["logit"] > made["start_logit"]
    with Image.open(made["picture"]) as picture:
        assert picture.size == (224, 224)


def test_mistakes_are_one_line(folder: Folder, tmp_path: Path) -> None:
    place = folder("set", textures(3, seed=6))
    some = place / "000.png"
    refused("neighbours", some, "--folder", tmp_path / "nowhere", words="is no folder")
    done = run_as_process("neighbours", some, "--folder", place, "--layer", "x", "--json")
    is_refusal(done, "no layer 'x'")  # with TensorFlow loaded, which writes to stderr itself
    refused("concepts", place, "--class", "tabby", "--select", "all", words="found 3")
    refused("concepts", place, "--class", "nonsense", words="no class called")
    refused(
        "tcav", place, "--concept", "stripes", "--random", place, "--target", "1",
        words="NAME=FOLDER",
    )  # fmt: skip
    refused("visualise", "--target", "5000", "--out", tmp_path, words="no class 5000")
