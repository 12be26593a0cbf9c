from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError
from core.modalities.picture import images
from core.modalities.picture.images import open_picture, to_input

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no such pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_keep_every_pixel(kind: str) -> None:
    picture = open_picture(encoded(Image.fromarray(RGB), kind), name="x")
    np.testing.assert_array_equal(picture.pixels, RGB)
    assert picture.format == kind
    assert picture.notes == ()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_lossy_formats_keep_the_picture(kind: str) -> None:
    smooth = np.asarray(Image.fromarray(RGB[:4, :6]).resize((60, 40), Image.Resampling.BICUBIC))
    picture = open_picture(encoded(Image.fromarray(smooth), kind), name="x")
    assert np.abs(picture.pixels.astype(int) - smooth).mean() < 12


def test_exif_orientation_is_applied_and_said() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = open_picture(encoded(Image.fromarray(RGB), "PNG", exif=exif), name="x")
    assert (picture.width, picture.height) == (40, 60)
    np.testing.assert_array_equal(picture.pixels, np.rot90(RGB, -1))
    assert any("upright" in note for note in picture.notes)


def test_alpha_is_laid_over_white_and_said() -> None:
    rgba = np.dstack([RGB, np.zeros(RGB.shape[:2], np.uint8)])
    picture = open_picture(encoded(Image.fromarray(rgba, "RGBA"), "PNG"), name="x")
    assert (picture.pixels == 255).all()
    assert any("white" in note for note in picture.notes)


def test_opaque_alpha_is_not_worth_a_note() -> None:
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    assert open_picture(encoded(Image.fromarray(rgba, "RGBA"), "PNG"), name="x").notes == ()


def test_palette_with_transparency() -> None:
    image = Image.fromarray(RGB).convert("P")
    picture = open_picture(encoded(image, "PNG", transparency=0), name="x")
    assert picture.pixels.shape == RGB.shape


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 60, dtype=np.uint16)[None].repeat(40, 0)
    picture = open_picture(encoded(Image.fromarray(ramp), "PNG"), name="x")
    np.testing.assert_array_equal(picture.pixels[0, :, 0], np.rint(ramp[0] / 257))
    assert any("16" in note for note in picture.notes)


def test_cmyk_and_greyscale() -> None:
    cmyk = open_picture(encoded(Image.fromarray(RGB).convert("CMYK"), "TIFF"), name="x")
    np.testing.assert_array_equal(cmyk.pixels, RGB)
    grey = open_picture(encoded(Image.fromarray(RGB).convert("L"), "PNG"), name="x")
    assert (grey.pixels[..., 0] == grey.pixels[..., 2]).all()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animations_use_their_first_frame_and_say_so(kind: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "lime")]
    options = {"save_all": True, "append_images": frames[1:]} | (
        {"lossless": True} if kind == "WEBP" else {}
    )
    picture = open_picture(encoded(frames[0], kind, **options), name="x")
    assert tuple(picture.pixels[16, 16]) == (255, 0, 0)
    assert "first of several frames" in picture.notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 whatever", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?><svg/>", "XML or SVG"),
        (b"PK\x03\x04....", "ZIP"),
        (b"just text", "no picture"),
        (encoded(Image.fromarray(RGB), "GIF")[:100], "a GIF that is damaged or cut off"),
        (encoded(Image.fromarray(RGB), "PNG")[:20], "damaged or cut off"),
        (encoded(Image.fromarray(RGB), "JPEG")[:20], "a JPEG that is damaged or cut off"),
        (b"RIFF\x00\x01\x00\x00WAVEfmt ", "damaged, or a sound"),
        (encoded(Image.fromarray(RGB), "PNG")[:200], "damaged or cut off"),
        (encoded(Image.fromarray(RGB), "JPEG")[:300], "damaged or cut off"),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "1×1"),
        (png_header(30_000, 30_000), "too many pixels"),
        (png_header(8_000, 8_000), "8000×8000"),
        (encoded(Image.fromarray(RGB), "ICO"), "an icon"),
    ],
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_bad_bytes_get_one_clear_line(data: bytes, words: str) -> None:
    with pytest.raises(ImageError) as error:
        open_picture(data, name="photo.png")
    assert words in str(error.value)
    assert "photo.png" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_decompression_bomb_is_refused_before_decoding(tmp_path: Path) -> None:
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(ImageError):
        open_picture(png_header(30_000, 30_000), name="bomb.png")
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_too_many_bytes_are_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(ImageError, match=r"30.0 MB; at most 25 MB"):
        open_picture(path)


@pytest.mark.parametrize("name", ["missing.png", "."])
def test_paths_that_are_no_files(name: str) -> None:
    with pytest.raises(ImageError):
        open_picture(Path(name))


def test_arrays() -> None:
    np.testing.assert_array_equal(open_picture(RGB / 255.0).pixels, RGB)
    np.testing.assert_array_equal(open_picture(RGB[..., 0]).pixels[..., 1], RGB[..., 0])
    for bad in (RGB.astype(np.int32), RGB / 100.0, RGB[None], np.full((20, 20), np.nan)):
        with pytest.raises(ImageError):
            open_picture(bad)


def test_equal_pixels_share_a_hash_whatever_the_file() -> None:
    a = open_picture(encoded(Image.fromarray(RGB), "PNG"), name="a")
    b = open_picture(encoded(Image.fromarray(RGB), "BMP"), name="b")
    assert a.sha256 == b.sha256
    assert a.sha256 != open_picture(RGB.transpose(1, 0, 2)).sha256


def test_crop_passes_pictures_of_the_right_size_through() -> None:
    pixels = RNG.integers(0, 256, (256, 341, 3), dtype=np.uint8)
    seen = to_input(open_picture(pixels), shape=(224, 224, 3))
    np.testing.assert_array_equal(seen.pixels, pixels[16:240, 58:282])
    assert (seen.box.left, seen.box.top, seen.box.right, seen.box.bottom) == (58, 16, 282, 240)


@pytest.mark.parametrize(("shape", "box"), [((32, 32), (0, 0, 32, 32)), ((64, 96), (16, 0, 80, 64)),
                                           ((224, 224), (0, 0, 224, 224))])  # fmt: skip
def test_of_a_picture_that_is_not_larger_than_the_input_only_what_is_beyond_the_square_is_cut(
    shape: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    seen = to_input(open_picture(pixels), shape=(224, 224, 3))
    shown = (seen.box.left, seen.box.top, seen.box.right, seen.box.bottom)
    assert shown == pytest.approx(box)


def test_the_box_is_where_the_pixels_came_from() -> None:
    """A white square drawn exactly at the box fills the input and nothing else does."""
    pixels = np.zeros((700, 1000, 3), np.uint8)
    box = to_input(open_picture(pixels), shape=(224, 224, 3)).box
    pixels[round(box.top) : round(box.bottom), round(box.left) : round(box.right)] = 255
    assert to_input(open_picture(pixels), shape=(224, 224, 3)).pixels.mean() > 253
    assert abs((box.right - box.left) - 700 * 224 / 256) < 1.5


def test_letterbox_shows_everything_and_squash_bends() -> None:
    pixels = np.full((100, 200, 3), 255, np.uint8)
    seen = to_input(open_picture(pixels), shape=(64, 64, 3), geometry="letterbox")
    assert (seen.pixels[0] == 127).all()
    assert (seen.pixels[32] == 255).all()
    assert (seen.box.top, seen.box.bottom) == (-50, 150)
    squashed = to_input(open_picture(pixels), shape=(64, 64, 3), geometry="squash")
    assert (squashed.pixels == 255).all()


def test_antialiasing_when_shrinking() -> None:
    checker = np.indices((896, 896)).sum(0) % 2 * 255
    seen = to_input(open_picture(checker.astype(np.uint8)), shape=(224, 224, 3))
    assert seen.pixels.std() < 3  # without a filter this aliases to black or white


def test_suffixes_and_formats_agree() -> None:
    Image.init()
    assert {Image.EXTENSION.get(s, "DICOM") for s in images.SUFFIXES} == {*images.FORMATS, "DICOM"}


@pytest.mark.parametrize("width", [300, 427, 640, 701])
def test_a_letterboxed_pixel_is_where_its_box_says(width: int) -> None:
    """A marker on the picture, found in the input by its centre of mass, at every kind of size."""
    for height in (*range(203, 640, 37), 1000, 1531):
        pixels = np.zeros((height, width, 3), np.uint8)
        edge = max(width, height) // 16
        top, left = height - 2 * edge, width - 2 * edge
        pixels[top : top + edge, left : left + edge] = 255
        seen = to_input(open_picture(pixels), shape=(224, 224, 3), geometry="letterbox")
        bright = seen.pixels[..., 0].astype(float) * (seen.pixels[..., 0] != 127)
        down, across = np.indices(bright.shape) + 0.5
        y = (down * bright).sum() / bright.sum() / 224 * (seen.box.bottom - seen.box.top)
        x = (across * bright).sum() / bright.sum() / 224 * (seen.box.right - seen.box.left)
        assert abs(y + seen.box.top - (top + edge / 2)) <= 0.5
        assert abs(x + seen.box.left - (left + edge / 2)) <= 0.5
