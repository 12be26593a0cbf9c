"""What people have in hand: each ends as the picture that its file would be, or in one sentence."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import api
from core.errors import ImageError
from core.modalities.picture.images import open_picture
from core.settings import settings

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (40, 60, 3), np.uint8)
GREY = RGB[..., 0]
RGBA = np.dstack([RGB, RNG.integers(0, 256, (40, 60), np.uint8)])


def png(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def opened(source: object, **options: object) -> np.ndarray:
    return open_picture(source, **options).pixels  # type: ignore[arg-type]


# ---- arrays


@pytest.mark.parametrize("array", [GREY, RGB, RGBA], ids=["grey", "rgb", "rgba"])
def test_an_array_is_the_picture_of_its_png(array: np.ndarray) -> None:
    picture = open_picture(array)
    np.testing.assert_array_equal(picture.pixels, opened(png(array)))
    assert picture.notes == open_picture(png(array)).notes
    assert (picture.format, picture.name) == ("array", "array")


@pytest.mark.parametrize("values", [GREY, GREY / 255, GREY.astype(np.uint16) * 257])
def test_one_channel_is_grey_with_or_without_its_axis(values: np.ndarray) -> None:
    for array in (values, values[..., None]):
        np.testing.assert_array_equal(opened(array), np.repeat(GREY[..., None], 3, axis=-1))


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", ">f4", ">f8", "longdouble"])
def test_floats_from_0_to_1_are_levels_of_255(kind: str) -> None:
    values = (RGB / 255).astype(kind)
    wanted = np.rint(values.astype(float) * 255)
    np.testing.assert_array_equal(opened(values), wanted)
    assert np.abs(opened(values) - RGB.astype(int)).max() <= (1 if kind == "f2" else 0)


@pytest.mark.parametrize("scale", [1, 1 / 255], ids=["uint8", "float"])
def test_alpha_is_laid_over_white(scale: float) -> None:
    array = RGBA if scale == 1 else RGBA * scale
    colour, alpha = RGBA[..., :3].astype(float), RGBA[..., 3:] / 255
    wanted = np.rint(colour * alpha + 255 * (1 - alpha))
    picture = open_picture(array)
    assert np.abs(picture.pixels - wanted).max() <= (1 if scale == 1 else 0)
    assert picture.notes == ("Transparent parts are laid over white.",)
    assert open_picture(np.dstack([array[..., :3], np.full(GREY.shape, 255 * scale)]).astype(
        array.dtype
    )).notes == ()  # fmt: skip


@pytest.mark.parametrize("bits", [12, 16])
def test_alpha_of_sixteen_bits_is_laid_over_white(bits: int) -> None:
    top = 2**bits - 1
    array = np.full((16, 16, 4), top, np.uint16)
    array[:8, :, :3], array[:8, :, 3] = top // 3, top
    array[8:, :, :3], array[8:, :, 3] = 0, 0
    picture = open_picture(array)
    assert (picture.pixels[:8] == 85).all()
    assert (picture.pixels[8:] == 255).all()
    assert picture.bits == 12 if bits == 12 else picture.bits in (14, 16)


def test_a_view_of_an_array_is_read_as_it_lies() -> None:
    np.testing.assert_array_equal(opened(RGB[::-1, ::2]), RGB[::-1, ::2])
    np.testing.assert_array_equal(opened(RGB[..., ::-1]), RGB[..., ::-1])


REFUSED = {
    "float 0..255": (RGB.astype(float), "from 0 to 255: divide them by 255 (array / 255)"),
    "float -1..1": (RGB / 127.5 - 1, "from -1 to 1: if −1 is black and 1 is white, give (array"),
    "normalised": (RGB / 50 - 2.1, "as the picture was before it was normalised"),
    "NaN": (np.where(RGB[0, 0, 0] == RGB, np.nan, 0.5), "NaN or infinite values"),
    "infinite": (np.full((16, 16), np.inf), "(256 of 256): fill them in first"),
    "bool": (GREY > 99, "Received bool: for black and white, give array.astype(np.uint8) * 255"),
    "int64": (RGB.astype(int), "Received int64, with values from 0 to 255: give array.astype(np.u"),
    "int8": (RGB.astype(np.int8), "Received int8, with values from -128 to 127: bring black to 0"),
    "uint32": (RGB.astype(np.uint32) * 9, "to 2295: give array.astype(np.uint16)"),
    "int32": (RGB.astype(np.int32) * 900, "to 229500: bring black to 0 and white to 255"),
    "big-endian": (RGB.astype(">u2"), "Received >u2, the other byte order: give array.astype(np.u"),
    "big-endian int": (RGB.astype(">i4"), "Received >i4, with values from 0 to 255: give array"),
    "complex": (RGB.astype(complex), "Received complex128, which are no pixels"),
    "text": (np.full((16, 16), "a"), "Received <U1, which are no pixels"),
    "objects": (np.full((16, 16), None), "Received object, which are no pixels"),
    "two channels": (RGB[..., :2], "(H, W, 3) or (H, W, 4). Received shape (40, 60, 2)."),
    "five channels": (np.zeros((16, 16, 5)), "Received shape (16, 16, 5)."),
    "channels first": (
        RGB.transpose(2, 0, 1),
        "Channels stand last: give np.moveaxis(array, 0, -1",
    ),
    "a batch of one": (RGB[None], "This is a batch of one picture: give array[0]."),
    "a batch": (np.stack([RGB, RGB]), "This is a batch: give its pictures one by one."),
    "a line": (RGB.ravel(), "Received shape (7200,)."),
    "a number": (np.array(3.0), "Received shape ()."),
    "empty": (np.zeros((0, 0, 3), np.uint8), "0×0 pixels; at least 8×8 are needed"),
    "small": (RGB[:4], "60×4 pixels; at least 8×8 are needed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_arrays_are_refused_with_the_way_out(case: str) -> None:
    array, words = REFUSED[case]
    with pytest.raises(ImageError, match=re.escape(words)):
        opened(array, name="mine")


@pytest.mark.parametrize(
    ("case", "repaired"),
    [
        ("float 0..255", lambda array: array / 255),
        ("float -1..1", lambda array: (array + 1) / 2),
        ("bool", lambda array: array.astype(np.uint8) * 255),
        ("int64", lambda array: array.astype(np.uint8)),
        ("big-endian", lambda array: array.astype(np.uint16)),
        ("channels first", lambda array: np.moveaxis(array, 0, -1)),
        ("a batch of one", lambda array: array[0]),
    ],
)
def test_the_way_out_leads_out(case: str, repaired) -> None:  # type: ignore[no-untyped-def]
    array, _ = REFUSED[case]
    wanted = {"bool": np.where(GREY > 99, 255, 0)[..., None].repeat(3, -1)}.get(case, RGB)
    np.testing.assert_array_equal(opened(repaired(array)), wanted)


def test_the_pixel_cap_holds_before_anything_is_made_of_an_array() -> None:
    side = int((settings().max_megapixels * 1e6) ** 0.5) + 1
    held = np.broadcast_to(np.float64(0.5), (side, side))
    with pytest.raises(ImageError, match="megapixels are read"):
        opened(held)


# ---- bytes and open files


class Trickle(io.RawIOBase):
    """A stream that cannot be sought in and gives less than it is asked for, as pipes do."""

    def __init__(self, data: bytes, most: int = 7) -> None:
        self._left, self._most, self.given = data, most, 0

    def read(self, size: int = -1, /) -> bytes:
        part, self._left = self._left[: self._most], self._left[self._most :]
        self.given += len(part)
        return part


@pytest.mark.parametrize("held", [bytes, bytearray, memoryview, io.BytesIO, Trickle])
def test_bytes_are_read_in_whatever_holds_them(held: type) -> None:
    picture = open_picture(held(png(RGB)))
    np.testing.assert_array_equal(picture.pixels, RGB)
    assert (picture.name, picture.format) == ("picture", "PNG")


@pytest.mark.parametrize("buffering", [0, -1])
def test_an_open_file_is_the_picture_of_its_path(tmp_path: Path, buffering: int) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(png(RGB))
    with path.open("rb", buffering=buffering) as file:
        picture = open_picture(file)
        assert not file.closed
    assert (picture.name, picture.sha256) == ("mine.png", open_picture(path).sha256)
    np.testing.assert_array_equal(picture.pixels, RGB)
    assert open_picture(io.BytesIO(png(RGB)), name="another.png").name == "another.png"


def test_a_file_that_is_open_as_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("no picture")
    with path.open() as file, pytest.raises(ImageError, match=r"mine.txt is open as text.*'rb'"):
        opened(file)
    with pytest.raises(ImageError, match="open as text"):
        opened(io.StringIO("no picture"))


def test_a_file_at_its_end_a_closed_one_and_one_for_writing_are_refused(tmp_path: Path) -> None:
    ended = io.BytesIO(png(RGB))
    ended.read()
    with pytest.raises(ImageError, match=r"nothing left to read.*file.seek\(0\)"):
        opened(ended)
    ended.close()
    with pytest.raises(ImageError, match="closed"):
        opened(ended)
    with (tmp_path / "new.png").open("wb") as file, pytest.raises(ImageError, match="cannot be r"):
        opened(file)


def test_a_file_beyond_the_cap_is_refused_before_it_is_read_whole() -> None:
    cap = int(settings().max_upload_mb * 1e6)
    endless = Trickle(b"\0" * (cap + 50_000_000), most=1_000_000)
    with pytest.raises(ImageError, match="MB are read"):
        opened(endless)
    assert endless.given <= cap + 1_000_001


def test_what_an_open_file_holds_is_checked_as_other_bytes_are() -> None:
    with pytest.raises(ImageError, match="a PDF document"):
        opened(io.BytesIO(b"%PDF-1.7 and so on"))
    with pytest.raises(ImageError, match="damaged or cut off"):
        opened(io.BytesIO(png(RGB)[:-200]))


# ---- pictures of Pillow


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_a_picture_of_pillow_is_what_its_mode_says(mode: str) -> None:
    image = Image.fromarray(RGB).convert(mode)
    picture = open_picture(image)
    np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))
    assert (picture.name, picture.format) == ("picture", "array")
    image.load()  # it was not closed


def test_alpha_of_a_pillow_picture_is_laid_over_white() -> None:
    np.testing.assert_array_equal(opened(Image.fromarray(RGBA)), opened(png(RGBA)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_picture_that_pillow_opened_is_the_picture_of_its_file(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / f"mine.{kind.lower()}"
    Image.fromarray(RGB).save(path, kind, exif=exif)
    wanted = open_picture(path)
    with Image.open(path) as image:
        picture = open_picture(image)
        image.tobytes()  # it was not closed
    np.testing.assert_array_equal(picture.pixels, wanted.pixels)
    assert (picture.width, picture.height) == (40, 60)
    assert (picture.name, picture.format) == (wanted.name, kind)


def test_grey_of_sixteen_bits_and_floats_of_pillow_are_read_as_of_files() -> None:
    deep = np.linspace(0, 4095, 40 * 60).reshape(40, 60).astype(np.uint16)
    np.testing.assert_array_equal(opened(Image.fromarray(deep)), opened(png(deep)))
    shares = Image.fromarray((GREY / 255).astype(np.float32))
    np.testing.assert_array_equal(opened(shares)[..., 0], GREY)


def test_of_several_frames_the_one_is_taken_that_pillow_stands_at() -> None:
    frames, file = [Image.new("L", (16, 16), level) for level in (0, 100, 200)], io.BytesIO()
    frames[0].save(file, "TIFF", save_all=True, append_images=frames[1:])
    with Image.open(file) as image:
        image.seek(2)
        assert (opened(image) == 200).all()
        assert image.tell() == 2


def test_a_pillow_picture_that_is_damaged_or_too_small_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(png(RGB)[:-200])
    with Image.open(path) as image, pytest.raises(ImageError, match=r"cut.png is damaged"):
        opened(image)
    with pytest.raises(ImageError, match="4×4 pixels"):
        opened(Image.new("RGB", (4, 4)))


# ---- everything else


@pytest.mark.parametrize("source", [None, 3, [[1, 2]], {"a": 1}, object()])
def test_what_is_no_picture_at_all_is_refused(source: object) -> None:
    with pytest.raises(ImageError, match=r"Received: (NoneType|int|list|dict|object)\. What can"):
        opened(source)


def test_the_facade_opens_them_all_and_a_picture_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(png(RGB))
    sources = (
        path, str(path), png(RGB), io.BytesIO(png(RGB)), Image.fromarray(RGB), RGB, RGB / 255,
        open_picture(RGB),
    )  # fmt: skip
    assert len({api.open_picture(source).sha256 for source in sources}) == 1
    same = open_picture(RGB)
    assert api.open_picture(same) is same


@pytest.mark.parametrize("outside", [1.0000001, -1e-7, 1 + 5e-7])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_that_rounding_put_outside_are_read(outside: float, kind: type) -> None:
    pixels: np.ndarray = np.full((16, 16, 3), outside, kind)
    assert (open_picture(pixels).pixels == (255 if outside > 0 else 0)).all()
    for far in (1.00001, -1e-5):
        with pytest.raises(ImageError, match="finite and in"):
            open_picture(np.full((16, 16, 3), far, kind))
