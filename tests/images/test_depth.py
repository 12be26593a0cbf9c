"""Samples of 10, 12 and 14 bits in files of 16, floats, and the camera's orientation."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.contracts import DEPTHS, Depth
from core.errors import ImageError
from core.modalities.picture.images import open_picture
from tests.images.damage import dicom, encoded, png_sixteen

BITS = (8, 10, 12, 14, 16)


def ramp(bits: int) -> np.ndarray:
    return np.linspace(0, 2**bits - 1, 60).round().astype(np.uint16)[None].repeat(40, 0)


FILES = {
    "PNG": lambda values: encoded(Image.fromarray(values), "PNG"),
    "TIFF": lambda values: encoded(Image.fromarray(values), "TIFF"),
    "TIFF, LZW": lambda values: encoded(Image.fromarray(values), "TIFF", compression="tiff_lzw"),
    "colours": lambda values: png_sixteen(np.repeat(values[..., None], 3, -1)),
    "opaque colours": lambda values: png_sixteen(
        np.dstack([values] * 3 + [np.full_like(values, 65535)])
    ),
    "array": lambda values: values,
}


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("kind", FILES)
def test_values_are_scaled_by_what_the_file_holds(kind: str, bits: int) -> None:
    values = ramp(bits)
    picture = open_picture(FILES[kind](values))
    wanted = np.rint(values * (255 / (2**bits - 1)))
    if bits == 16 and "colours" in kind:
        wanted = values >> 8  # as Pillow reads them, and as it was always
    np.testing.assert_array_equal(picture.pixels[..., 1], wanted)
    assert picture.bits == bits
    assert len(picture.notes) == 1
    assert f"{bits} bits in 16" in picture.notes[0] or bits == 16


def test_transparency_of_twelve_bits_is_scaled_too() -> None:
    values = np.dstack([ramp(12)] * 3 + [np.full_like(ramp(12), 4095)])
    picture = open_picture(png_sixteen(values))
    np.testing.assert_array_equal(picture.pixels[..., 0], np.rint(ramp(12) * (255 / 4095)))
    values[..., 3] = 0
    picture = open_picture(png_sixteen(values))
    assert (picture.pixels == 255).all()
    assert any("white" in note for note in picture.notes)


def test_a_grey_picture_with_transparency_says_that_it_is_not_read() -> None:
    with pytest.raises(ImageError, match="fewer than 16 bits"):
        open_picture(png_sixteen(np.dstack([ramp(12), ramp(12)])))


@pytest.mark.parametrize("kind", FILES)
def test_bits_can_be_chosen(kind: str) -> None:
    data = FILES[kind](ramp(10))
    for depth in ("12", "14"):
        picture = open_picture(data, depth=depth)
        assert picture.bits == int(depth)
        assert picture.pixels.max() == round(1023 * 255 / (2 ** int(depth) - 1))
        assert "as asked" in picture.notes[0]
    assert open_picture(data, depth="16").pixels.max() in (3, 4)


@pytest.mark.parametrize("kind", FILES)
def test_too_few_bits_are_refused(kind: str) -> None:
    with pytest.raises(ImageError, match=r"more than 10 bits \(0 to 1023\).*12 bits or more"):
        open_picture(FILES[kind](ramp(12)), depth="10")


@pytest.mark.parametrize("depth", DEPTHS)
def test_files_of_eight_bits_are_what_they_are(depth: Depth) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    picture = open_picture(encoded(Image.fromarray(rgb), "PNG"), depth=depth)
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert picture.bits is None
    told = [f"{depth} bits were asked for, but no sample has more than 8: the depth was not used."]
    assert list(picture.notes) == (told if depth not in ("auto", "8") else [])


@pytest.mark.parametrize("kind", ["JPEG", "array", "DICOM", "float TIFF", "float array"])
def test_a_depth_that_cannot_be_used_is_said_once(kind: str) -> None:
    rgb = np.full((20, 30, 3), 9, np.uint8)
    source: bytes | np.ndarray = {  # type: ignore[assignment]
        "JPEG": encoded(Image.fromarray(rgb), "JPEG"),
        "array": rgb,
        "DICOM": dicom(np.arange(600, dtype=np.int16).reshape(20, 30)),
        "float TIFF": encoded(Image.fromarray(np.full((20, 30), 0.5, np.float32)), "TIFF"),
        "float array": rgb / 255,
    }[kind]
    notes = open_picture(source, depth="12").notes
    (said,) = [note for note in notes if note.startswith("12 bits were asked for")]
    assert "not used" in said
    assert not any("asked for" in note for note in open_picture(source).notes)


def test_a_black_picture_stays_black() -> None:
    assert not open_picture(png_sixteen(np.zeros((20, 20, 3), np.uint16))).pixels.any()
    assert not open_picture(np.zeros((20, 20), np.uint16)).pixels.any()


@pytest.mark.parametrize(
    ("low", "high", "words", "ends"),
    [
        (0.0, 1.0, "0 to 1 became", (0, 255)),
        (0.25, 0.5, "0 to 1 became", (64, 128)),
        (0.0, 200.0, "0 to 255 became", (0, 200)),
        (-3.5, 812.0, "-3.5 to 812, the least and the largest", (0, 255)),
        (0.0, 5000.0, "0 to 5000, the least", (0, 255)),
    ],
)
def test_floats_are_read_over_a_range_that_is_said(
    low: float, high: float, words: str, ends: tuple[int, int]
) -> None:
    values = np.linspace(low, high, 60, dtype=np.float32)[None].repeat(40, 0)
    picture = open_picture(encoded(Image.fromarray(values), "TIFF"))
    assert (picture.pixels.min(), picture.pixels.max()) == ends
    assert words in picture.notes[0]


def test_floats_that_are_no_numbers_are_refused() -> None:
    for value in (np.nan, np.inf):
        values = np.full((40, 60), value, np.float32)
        with pytest.raises(ImageError, match="NaN or infinite"):
            open_picture(encoded(Image.fromarray(values), "TIFF"))


def test_a_constant_float_picture() -> None:
    values = np.full((40, 60), 7e6, np.float32)
    assert not open_picture(encoded(Image.fromarray(values), "TIFF")).pixels.any()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_and_said_in_every_format(kind: str, orientation: int) -> None:
    corners = np.zeros((32, 48, 3), np.uint8)
    corners[:16, :24], corners[:16, 24:], corners[16:, :24] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = open_picture(encoded(Image.fromarray(corners), kind, exif=exif, quality=95))
    turned = {
        1: corners, 2: corners[:, ::-1], 3: corners[::-1, ::-1], 4: corners[::-1],
        5: corners.transpose(1, 0, 2), 6: np.rot90(corners, -1),
        7: corners[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90(corners),
    }[orientation]  # fmt: skip
    assert picture.pixels.shape == turned.shape
    assert np.abs(picture.pixels.astype(int) - turned).mean() < 12
    assert ("Turned upright as the camera noted." in picture.notes) is (orientation != 1)
