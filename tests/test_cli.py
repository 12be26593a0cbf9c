"""The command line: what it prints, writes and returns; as a process where that is the point."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.settings import settings
from tests.commands import (
    answer,
    answered,
    is_refusal,
    refused,
    run,
    run_as_process,
)


def test_models_and_methods() -> None:
    models = answer("models")
    assert models["default"] == "efficientnet_lite0"
    assert len(models["models"]) >= 12
    methods = answer("methods")["methods"]
    assert {"saliency", "gradcam", "gradcam++", "scorecam"} <= {m["id"] for m in methods}
    assert run("models").stdout.count("\n") >= 12


def test_predict(cat: Path) -> None:
    result = answered(run_as_process("predict", cat, "--top", 3, "--json"))
    assert set(result) == {"model", "weights_sha256", "device", "predictions"}
    (only,) = result["predictions"]
    assert only["image"] == str(cat)
    assert [set(t) for t in only["top"]] == [{"index", "label", "probability"}] * 3
    assert only["top"][0]["index"] in {281, 282, 285}
    assert only["seconds"] > 0
    assert len(result["weights_sha256"]) == 64


def test_predict_accuracy_on_the_sample(imagenet_sample: list[tuple[Path, int]]) -> None:
    result = answer("predict", *(path for path, _ in imagenet_sample))
    top = [[t["index"] for t in p["top"]] for p in result["predictions"]]
    labels = [label for _, label in imagenet_sample]
    assert np.mean([t[0] == y for t, y in zip(top, labels, strict=True)]) >= 0.88
    assert np.mean([y in t for t, y in zip(top, labels, strict=True)]) >= 0.97


def test_explain_writes_map_and_overlay(cat: Path, tmp_path: Path) -> None:
    out = tmp_path / "maps"
    result = answer("explain", cat, "--method", "gradcam++", "--target", "n02123045", "--out", out)
    (entry,) = result["explanations"]
    assert {
        "image", "key", "method", "target", "against", "box", "logit", "map", "overlay",
        "completeness_error", "seconds", "cached",
    } <= set(entry)  # fmt: skip
    assert entry["target"] == {"index": 281, "label": "tabby"}
    assert entry["map"] == str(out / "cat.gradcam++.npz")
    with np.load(entry["map"], allow_pickle=False) as data:
        assert data["map"].shape == (224, 224)
        assert data["map"].dtype == np.float32
    assert Image.open(entry["overlay"]).size == Image.open(cat).size


def test_a_folder_is_explained_in_one_go(cat: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("b.png", "a.jpg", "a.png"):
        Image.open(cat).save(folder / name)
    (folder / "notes.txt").write_text("not a picture", encoding="utf-8")
    entries = answer("explain", folder, "--method", "saliency", "--out", out)["explanations"]
    assert [Path(e["image"]).name for e in entries] == ["a.jpg", "a.png", "b.png"]
    assert sorted(p.name for p in out.glob("*.npz")) == [
        "a-2.saliency.npz", "a.saliency.npz", "b.saliency.npz",
    ]  # fmt: skip


def test_the_command_in_the_result_repeats_it(cat: Path, tmp_path: Path) -> None:
    import shlex

    first = answer(
        "explain", cat, "--method", "smoothgrad", "--param", "n_samples=2", "--target", "tabby",
        "--against", "tiger cat", "--seed", 5, "--out", tmp_path,
    )["explanations"][0]  # fmt: skip
    with np.load(first["map"], allow_pickle=False) as data:
        command = shlex.split(json.loads(str(data["metadata"]))["command"])
    assert command[:4] == ["python", "-m", "core", "explain"]
    words = [str(cat) if word == "cat.jpg" else word for word in command[3:]]
    words[words.index("--out") + 1] = str(tmp_path / "again")
    again = answer(*words)["explanations"][0]
    assert again["key"] == first["key"]
    assert again["cached"]


def bad_files(folder: Path) -> dict[str, Path]:
    files = {
        "empty.png": b"",
        "renamed.png": b"%PDF-1.4 and so on",
        "drawing.svg": b"<svg/>",
        "text.jpg": b"hello",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    Image.new("RGB", (1, 1)).save(folder / "one.png")
    return {name: folder / name for name in [*files, "one.png"]}


def test_bad_pictures_get_one_line_and_write_nothing(cat: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name, path in bad_files(tmp_path).items():
        refused("explain", cat, path, "--method", "gradcam", "--out", out, words=name)
    done = run_as_process("explain", tmp_path / "text.jpg", "--out", out, "--json")
    is_refusal(done, "text.jpg")
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--target", "crane"), "134"),
        (("--target", "no such thing"), "no class called"),
        (("--method", "smoothgrad", "--param", "n_samples=-1"), "n_samples=-1"),
        (("--param", "n_samples"), "name=value"),
        (("--model", "resnet5"), "resnet50"),
        (("--method", "gradcam2"), "gradcam"),
        (("--layer", "nowhere"), "Choose one of"),
        (("--geometry", "stretch"), "crop, squash, letterbox"),
        (("--weights", "evil.pkl"), "weights only"),
        (("--seed", "-3"), "--seed"),
        (("--no-such-option",), "no-such-option"),
    ],
)
def test_bad_options(cat: Path, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    out = tmp_path / "out"
    refused("explain", cat, "--out", out, *options, words=words)
    assert not out.exists()


def test_empty_folder_and_unknown_command(tmp_path: Path) -> None:
    refused("predict", tmp_path, words="holds no pictures")
    refused("predikt", words="predict")


def test_without_network_or_file_one_line_tells_what_to_do(
    cat: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import http.server
    import threading

    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.server_port}")
    done = run_as_process("predict", cat, "--model", "vgg16", "--json")
    server.shutdown()
    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert "vgg16_weights_tf_dim_ordering_tf_kernels.h5" in last
    assert "--weights" in last


@pytest.fixture
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_cache_shows_and_empties(own_home: None, cat: Path) -> None:
    answer("predict", cat)
    assert answer("cache")["entries"] >= 1
    assert answer("cache", "--clear")["removed"] >= 1
    assert answer("cache")["entries"] == 0
