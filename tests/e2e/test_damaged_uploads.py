"""Somebody drops a damaged file, in a real browser, and goes on working."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.driver import Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def damaged_gif(path: Path) -> Path:
    """An animation whose second frame is announced by a block that is too short."""
    frames = [Image.effect_noise((48, 48), 60 + i).convert("P") for i in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    data = path.read_bytes()
    second = data.index(b"\x21\xf9", data.index(b"\x21\xf9") + 2)
    path.write_bytes(data[:second] + b"\x21\xf9\x01\x01\0" + data[second + 8 :])
    return path


def test_a_damaged_gif_is_one_line_and_the_page_goes_on(
    page: Page, tmp_path: Path, examples: Path
) -> None:
    page.open()
    page.map_of("Grad-CAM")
    page.upload(damaged_gif(tmp_path / "x.gif"))
    page.says("x.gif is damaged or cut off")
    assert "Traceback" not in page.text
    assert not page.all(".stException")
    before = page.map_source()
    page.press(".strip button[data-id=coffee]")
    page.says("for espresso")
    assert page.map_source() != before
    assert "x.gif" not in page.text

    deep = tmp_path / "deep.png"
    with Image.open(examples / "flower.jpg") as image:
        grey = np.asarray(image.convert("L").resize((200, 150))).astype(np.uint16) * 16
    Image.fromarray(grey).save(deep)
    page.upload(deep)
    page.says("Read as 12 bits in 16 (0 to 4095)")
    page.says("Bits in the file")
