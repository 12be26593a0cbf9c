"""The Models page takes in a model from its file: looked at, tried, stated, kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.settings import settings
from dashboard import services
from dashboard.services import _model_looks
from tests.dashboard.conftest import settled, texts
from tests.models.reading.networks import drawn

PAGE = "from dashboard.app_pages.models import page as models; models.page()"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


def saved(model: Any, folder: Path) -> bytes:
    model.save(folder / "model.keras")
    return (folder / "model.keras").read_bytes()


def opened(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in {"view": "bring", **query}.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    pieces = [element.proto.body for element in app.get("html")]
    return unescape("\n".join([texts(app), *pieces])).replace("\N{NO-BREAK SPACE}", " ")


def looked(app: AppTest, name: str, data: bytes, *, pictures: bytes = b"") -> AppTest:
    app.file_uploader(key="bring model").set_value([(name, data, "")]).run()
    if pictures:
        app.file_uploader(key="bring pictures").set_value([("own.zip", pictures, "")]).run()
    app.button(key="bring look inside").click().run()
    return settled(app)


def colours() -> bytes:
    """A zip of pictures of two classes that anything could tell apart, with a group."""
    buffer, rng = io.BytesIO(), np.random.default_rng(0)
    with zipfile.ZipFile(buffer, "w") as archive:
        rows = ["file_name,label,light"]
        for i in range(24):
            side, file = i % 2, io.BytesIO()
            pixels = rng.normal(60 + 130 * side, 12, (16, 16, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(file, "PNG")
            archive.writestr(f"own/{i}.png", file.getvalue())
            rows.append(f"{i}.png,{('dark', 'pale')[side]},{('dim', 'lit')[i // 12]}")
        archive.writestr("own/metadata.csv", "\n".join(rows))
    return buffer.getvalue()


def bright() -> Any:
    """A model whose second class is brightness, on pixels of 0 to 1."""
    i = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(2, 1, name="conv")(i)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(i, keras.layers.Softmax()(x))
    kernel = np.array([[-4.0, 4.0]] * 3, np.float32).reshape(1, 1, 3, 2)
    model.get_layer("conv").set_weights([kernel, np.array([6.0, -6.0], np.float32)])
    return model


def test_a_file_is_understood_tried_and_kept(tmp_path: Path) -> None:
    app = opened()
    assert app.button(key="bring look inside").disabled
    looked(app, "Mine <b>.keras", saved(bright(), tmp_path), pictures=colours())
    assert not app.exception
    words = said(app)
    assert "2 classes of pictures 16 × 16 × 3" in words
    assert "dark, pale" in words
    assert "truly dark" in words
    assert "Grad-CAM map of dark" in words
    assert "0 to 1 · RGB · crop" in words
    assert "--" not in texts(app), "no option of a command line on a page"
    key = app.query_params["look"]
    again = opened(look=key[0] if isinstance(key, list) else key)
    assert "2 classes of pictures" in said(again), "a reloaded page finds it"
    app.button(key="bring save it").click().run()
    settled(app).run()
    (run,) = (run for run in services.runs() if run.origin == "imported")
    assert app.query_params["run"] in (run.model, [run.model])
    assert run.classes == ("dark", "pale")
    assert services.models()[run.model].trained_on.startswith("folder:")
    assert services.models()[run.model].trained_on in services.shown_datasets().values()


def test_what_is_stated_is_looked_at_again(tmp_path: Path) -> None:
    app = looked(opened(), "two.keras", saved(drawn("two_outputs"), tmp_path))
    (error,) = (unescape(each.value) for each in app.error)
    assert "has 2 outputs" in error
    assert "--output" not in error
    name = error.split("outputs: ")[1].split(",")[0]
    output = next(box for box in app.text_input if box.label == "Output")
    names = next(box for box in app.text_area if box.label.startswith("Class"))
    output.set_value(name)
    names.set_value("a\nb\nc\nd\ne")
    app.button(key="bring again").click().run()
    assert "5 class names were given" in unescape(settled(app).error[0].value)
    next(box for box in app.text_input if box.label == "Output").set_value(name)
    app.button(key="bring again").click().run()
    assert not settled(app).error
    assert "two.keras: " in said(app)


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"\x80\x04pickle", "a pickle, which runs code"), (b"", "is empty"),
     (b"PK\x03\x04", "damaged"), (b"\x89HDF\r\n\x1a\n" + b"x" * 90, "cannot be read as HDF5")],
)  # fmt: skip
def test_hostile_files_are_refused_in_one_line(data: bytes, told: str) -> None:
    app = looked(opened(), "<img src=x>.keras", data)
    assert not app.exception
    (error,) = app.error
    assert told in unescape(error.value)
    assert "<img" not in error.value
    assert "ailable" not in error.value
    assert app.button(key="bring again"), "what can be stated is there"


def test_an_unknown_look_is_said() -> None:
    app = opened(look="0" * 64)
    assert "no longer knows that file" in said(app)
    assert not app.exception


@pytest.mark.parametrize(
    ("who", "address", "headers", "may"),
    [
        ("loopback", None, {}, True), ("loopback", "127.0.0.1", {}, True),
        ("loopback", "::1", {}, True), ("loopback", "192.168.1.9", {}, False),
        ("loopback", None, {"X-Forwarded-For": "1.2.3.4"}, False),
        ("everyone", "192.168.1.9", {}, True), ("nobody", None, {}, False),
    ],
)  # fmt: skip
def test_who_may_bring_a_model(
    monkeypatch: pytest.MonkeyPatch, who: str, address: str | None, headers: dict[str, str],
    may: bool,
) -> None:  # fmt: skip
    monkeypatch.setenv("PELLUCID_BRING", who)
    settings.cache_clear()
    monkeypatch.setattr(_model_looks, "visitor", lambda: (address, headers))
    assert (services.why_not_to_bring() == "") is may
    monkeypatch.undo()
    settings.cache_clear()
