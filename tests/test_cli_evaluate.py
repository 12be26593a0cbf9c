"""``python -m core evaluate``: the document it prints, and what it refuses."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import commands

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ("cat", "coffee", "flower")


def run(*arguments: object) -> commands.Ran:
    return commands.run("evaluate", *arguments)


def answer(*arguments: object) -> dict[str, Any]:
    return commands.answer("evaluate", *arguments)


def refused(*arguments: object, words: str) -> None:
    commands.refused("evaluate", *arguments, words=words)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photographs with a table beside them."""
    place = tmp_path_factory.mktemp("pictures")
    for name in EXAMPLES:
        shutil.copy(ROOT / "assets" / "examples" / f"{name}.jpg", place)
    rows = ["file_name,label,kind", "cat.jpg,281,animal", "coffee.jpg,967,thing", "flower.jpg,985,"]
    (place / "metadata.csv").write_text("\n".join(rows), encoding="utf-8")
    return place


def test_document(folder: Path) -> None:
    options = ("--methods", "gradcam,edges", "--metrics", "average_drop,sparseness", "--by", "kind")
    document = answer(folder, *options, "--seed", 3)
    assert set(document) == {"model", "target", "against", "n", "scores", "seconds"}
    assert document["model"] == "efficientnet_lite0"
    assert document["n"] == 3
    assert document["seconds"] > 0
    scores = document["scores"]
    assert {frozenset(score) for score in scores} == {
        frozenset({"method", "metric", "group", "mean", "low", "high", "n", "protocol"})
    }
    cells = {(s["method"], s["metric"], s["group"]): s for s in scores}
    assert set(cells) == {
        (method, metric, group)
        for method in ("gradcam", "edges")
        for metric in ("average_drop", "sparseness")
        for group in ("", "animal", "thing", "(none)")
    }
    drop = cells["gradcam", "average_drop", ""]
    assert drop["n"] == 3
    assert drop["low"] <= drop["mean"] <= drop["high"]
    parts = [cells["edges", "sparseness", g]["mean"] for g in ("animal", "thing", "(none)")]
    assert math.isclose(cells["edges", "sparseness", ""]["mean"], np.mean(parts), rel_tol=1e-6)
    one = cells["edges", "sparseness", "animal"]
    assert (one["n"], one["low"], one["high"]) == (1, None, None)
    assert all("Mean over pictures" in score["protocol"] for score in scores)
    # The same again comes from the store, and reads the same.
    assert answer(folder, *options, "--seed", 3) == document


def test_what_is_not_defined_says_why(tmp_path: Path) -> None:
    """Integrated gradients of a picture that equals its baseline are zero everywhere."""
    black = tmp_path / "black.png"
    Image.new("RGB", (64, 64)).save(black)
    done = run(black, "--methods", "integrated_gradients", "--metrics", "deletion")
    assert done.stdout.startswith("efficientnet_lite0, 1 picture\n")
    assert "not defined: no positive evidence" in done.stdout


def test_one_picture_with_a_mask(cat: Path, tmp_path: Path) -> None:
    with Image.open(cat) as picture:
        pixels = np.zeros(picture.size[::-1], np.uint8)
    height, width = pixels.shape
    pixels[height // 10 : -height // 10, width // 5 : -width // 5] = 255
    file = tmp_path / "mask.png"
    Image.fromarray(pixels).save(file)
    document = answer(
        cat, "--mask", file, "--methods", "gradcam", "--metrics", "relevance_mass,pointing_game"
    )
    mass, game = document["scores"]
    assert 0.5 < mass["mean"] <= 1
    assert game["mean"] == 1
    done = run(
        cat, "--mask", file, "--methods", "gradcam", "--metrics", "relevance_mass,pointing_game"
    )
    assert "gradcam" in done.stdout
    assert "n = 1" in done.stdout


def test_limit_takes_the_first_pictures(folder: Path) -> None:
    document = answer(
        folder, "--limit", 2, "--methods", "edges", "--metrics", "sparseness", "--by", "kind"
    )
    assert document["n"] == 2
    assert {s["group"] for s in document["scores"]} == {"", "animal", "thing"}


def test_wrong_names(folder: Path) -> None:
    refused(folder, "--methods", "gradcam,gradcamm", words="no method 'gradcamm'. Did you mean")
    refused(folder, "--metrics", "deletion,insertio", words="no metric 'insertio'. Did you mean")
    refused(folder, "--preset", "rice", words="no preset 'rice'")
    refused(folder, "--model", "resnet5", words="no model 'resnet5'")
    refused(folder, "--by", "sex", words="no column 'sex'. It has: file_name, label, kind")
    refused(folder, "--metrics", "relevance_mass", words="needs a mask")


def test_wrong_tables(cat: Path, folder: Path, tmp_path: Path) -> None:
    shutil.copy(cat, tmp_path)
    refused(tmp_path, "--by", "kind", words="metadata.csv, which does not exist")
    refused(cat, "--by", "kind", words="--by goes with a folder")
    (tmp_path / "metadata.csv").write_text("file_name,kind\nother.jpg,a\n", encoding="utf-8")
    refused(tmp_path, "--by", "kind", words="no row for cat.jpg (1 of 1 picture)")
    (tmp_path / "metadata.csv").write_text("", encoding="utf-8")
    refused(tmp_path, "--by", "kind", words="metadata.csv is empty")
    (tmp_path / "metadata.csv").write_bytes(b"file_name,kind\na,\xff\n")
    refused(tmp_path, "--by", "kind", words="line 2, column 2 holds bytes of another")


def test_wrong_masks(cat: Path, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mask.png"
    Image.new("L", (30, 20), 255).save(file)
    refused(cat, "--mask", file, words="The mask mask.png has 30 × 20 pixels. Expected")
    Image.new("L", (224, 224), 0).save(file)
    refused(cat, "--mask", file, words="The mask is empty")
    refused(folder, "--mask", file, words="--mask belongs to one picture")
    refused(cat, "--mask", tmp_path / "none.png", words="does not exist")


def test_wrong_pictures(tmp_path: Path) -> None:
    refused(tmp_path, words="holds no pictures")
    refused(tmp_path / "none.png", words="does not exist")
