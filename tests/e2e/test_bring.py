"""Somebody drops model files on the Models page, in a real browser: theirs, and hostile ones."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from tests.e2e.driver import Page, Server, opened, until
from tests.e2e.test_models import widths
from tests.models.reading.onnx_networks import as_onnx, network

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(500)]


class Hostile:
    """What a pickle runs when it is opened."""

    def __reduce__(self) -> Any:
        return (print, ("owned",))


def bright() -> Any:
    """A model of pixels from 0 to 1 whose second class is brightness."""
    i = keras.Input((32, 32, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 1, name="conv")(i))
    model = keras.Model(i, keras.layers.Softmax()(x))
    kernel = np.array([[-4.0, 4.0]] * 3, np.float32).reshape(1, 1, 3, 2)
    model.get_layer("conv").set_weights([kernel, np.array([6.0, -6.0], np.float32)])
    return model


def pictures(path: Path) -> Path:
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(40):
            file = io.BytesIO()
            level = 60 + 130 * (i % 2)
            pixels = rng.normal(level, 12, (32, 32, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(file, "PNG")
            archive.writestr(f"light/{('dark', 'pale')[i % 2]}/{i}.png", file.getvalue())
    return path


def drop(page: Page, *files: Path) -> None:
    """Drop a model, and what comes along, and press the button."""
    page.open("?view=bring", path="/models")
    page.says("How do I get a file?")
    for place, file in enumerate(files):
        until(lambda place=place: len(page.all("input[type=file]")) > place, "the drop zone")
        page.all("input[type=file]")[place].send_keys(str(file))
        if not place:
            page.says(file.name)  # the others lie in a folded part
    page.click("Look inside")


def test_a_keras_file_goes_from_the_drop_to_a_map(page: Page, tmp_path: Path) -> None:
    bright().save(tmp_path / "light.keras")
    drop(page, tmp_path / "light.keras", pictures(tmp_path / "own.zip"))
    page.says("2 classes of pictures 32 × 32 × 3", timeout=120)
    page.says("truly dark")
    page.says("0 to 1 · RGB")
    page.browser.refresh()
    page.says("2 classes of pictures 32 × 32 × 3", timeout=60)
    page.click("Save this model")
    page.says("Open in Inspect", timeout=120)
    assert page.query().startswith("?run=own_")
    page.click("Open in Inspect")
    page.map_of("Grad-CAM")
    assert "own_" in page.query()
    assert not page.all(".stException")


def test_an_onnx_file_too(page: Page, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(as_onnx(network(3, 32, 32, 4, "softmax")))
    drop(page, tmp_path / "net.onnx")
    page.says("4 classes of pictures 32 × 32 × 3", timeout=120)
    page.click("Save this model")
    page.says("Open in Inspect", timeout=120)
    assert not page.all(".stException")


def test_a_hostile_file_is_one_line_and_the_page_goes_on(server: Server, tmp_path: Path) -> None:
    (tmp_path / "evil.keras").write_bytes(pickle.dumps(Hostile()))
    with opened(server, width=390, height=844, mode="dark") as page:
        drop(page, tmp_path / "evil.keras")
        page.says("is a pickle, which runs code when it is opened", timeout=120)
        assert "Traceback" not in page.text
        assert "--" not in page.text.split("Look inside")[1]
        assert max(widths(page)) <= 390
        bright().save(tmp_path / "light.keras")
        drop(page, tmp_path / "light.keras")
        page.says("2 classes of pictures 32 × 32 × 3", timeout=120)
        page.says("numbered: the file does not name them")
        assert max(widths(page)) <= 390
        assert not page.all(".stException")
