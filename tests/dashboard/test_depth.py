"""How many bits a file of 16 holds, chosen beside the picture."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from .conftest import texts


@dataclass
class File:
    name: str
    data: bytes

    def getvalue(self) -> bytes:
        return self.data


def deep() -> bytes:
    values = np.linspace(0, 1000, 60).astype(np.uint16)[None].repeat(40, 0)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def page(data: bytes) -> None:
    import streamlit as st

    from dashboard import uploads
    from dashboard.app_pages.inspect.result import _depth
    from dashboard.guard import guard_callbacks
    from tests.dashboard.test_depth import File

    guard_callbacks()
    if "strip" not in st.session_state:
        st.session_state.strip = True
        uploads.add([File("deep.png", data)])
    for item in uploads.session_items().values():
        _depth(item)
        st.caption(f"{item.depth} {uploads.picture(item).pixels.max()}")


def test_an_upload_is_read_anew_in_its_place() -> None:
    app = AppTest.from_function(page, args=(deep(),)).run()
    assert "auto 249" in texts(app)
    app.selectbox[0].set_value("12").run()
    assert not app.exception
    assert len(app.selectbox) == 1
    assert app.selectbox[0].value == "12"
    assert "12 62" in texts(app)
    app.selectbox[0].set_value("8").run()
    assert "more than 8 bits" in app.error[0].value
    assert "12 62" in texts(app)
