"""Every kind of TIFF shows what was written, or says in one line which kind is not read."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError
from core.modalities.picture.images import check_file, open_picture
from tests.images.tiffs import HEIGHT, WIDTH, Kind, kinds, shown, values, written

TOLD = r"^photo( is a TIFF with .* That kind is not read; | holds negative | holds 32-bit )"
GROUPS = sorted({(kind.photometric, kind.bits) for kind in kinds()})
BASE = Kind(1, 8, "uint", "<", 1, 1)


def members(photometric: int, bits: int) -> Iterator[Kind]:
    for kind in kinds():
        if (kind.photometric, kind.bits) == (photometric, bits):
            for extra in (None, 0, 1, 2) if kind.bands > kind.colours else (0,):
                for negative in (False, True) if kind.sample == "int" else (False,):
                    yield replace(kind, extra=extra, negative=negative)


@pytest.mark.parametrize(("photometric", "bits"), GROUPS)
def test_a_kind_shows_what_was_written_or_is_refused_by_its_name(
    photometric: int, bits: int
) -> None:
    for kind in members(photometric, bits):
        drawn = values(kind)
        told = ""
        try:
            picture = open_picture(written(kind, drawn), name="photo")
        except ImageError as error:
            told = str(error)
        if told:
            assert re.match(TOLD, told), (kind, told)
            continue
        if kind.negative:
            low, high = drawn.min(), drawn.max()
            wanted = np.rint((drawn[..., :1] - low) / (high - low) * 255)
            grey = 255 - wanted if photometric == 0 else wanted
            assert np.abs(picture.pixels - grey).max() <= 1, kind
            assert any("became 0 to 255" in note for note in picture.notes), kind
            continue
        if kind.extra is None:  # a fourth band of colours is transparency, as it was always
            kind = replace(kind, extra=2)
        away = np.abs(picture.pixels.astype(int) - shown(kind, drawn)).max()
        assert away <= (2 if kind.extra == 1 else 1), (kind, away)


READ = [
    *(replace(BASE, photometric=p, bits=b) for p in (0, 1, 3) for b in (1, 2, 4, 8)),
    *(replace(BASE, photometric=p, bits=16, order=o) for p in (0, 1) for o in "<>"),  # type: ignore[arg-type]
    *(replace(BASE, photometric=p, bits=12) for p in (0, 1)),
    *(
        replace(BASE, photometric=p, bits=32, sample="float", order=o)  # type: ignore[arg-type]
        for p in (0, 1)
        for o in "<>"
    ),
    *(replace(BASE, photometric=2, bits=b, bands=3, order=o) for b in (8, 16) for o in "<>"),  # type: ignore[arg-type]
    *(replace(BASE, photometric=2, bands=n, extra=e) for n, e in ((4, 1), (4, 2), (5, 0), (5, 2))),
    replace(BASE, photometric=2, bands=3, planar=2),
    replace(BASE, photometric=1, bands=2, extra=1),
    replace(BASE, photometric=1, bands=2, extra=2),
    replace(BASE, bits=16, sample="int"),
    replace(BASE, bits=16, sample="int", order=">"),
]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", READ, ids=str)
def test_these_kinds_are_read(kind: Kind, compressed: bool, tmp_path: Path) -> None:
    kind = replace(kind, compressed=compressed)
    drawn = values(kind)
    data = written(kind, drawn)
    picture = open_picture(data, name="photo")
    tolerance = 2 if kind.extra == 1 else 1
    np.testing.assert_allclose(picture.pixels.astype(int), shown(kind, drawn), atol=tolerance)
    path = tmp_path / "photo.tif"
    path.write_bytes(data)
    assert check_file(path) is (kind.bits in (12, 16))
    one_plane = written(replace(kind, planar=2), drawn)
    if kind.bands == 1:
        np.testing.assert_array_equal(open_picture(one_plane).pixels, picture.pixels)


def test_white_is_the_least_is_the_negative_of_black_is_the_least_and_said() -> None:
    for bits, sample in ((12, "uint"), (16, "uint"), (16, "int"), (32, "float")):
        for order in "<>" if bits != 12 else "<":
            black = replace(BASE, bits=bits, sample=sample, order=order)  # type: ignore[arg-type]
            drawn = values(black)
            one = open_picture(written(black, drawn))
            other = open_picture(written(replace(black, photometric=0), drawn))
            np.testing.assert_array_equal(one.pixels, 255 - other.pixels)
            assert any("lowest values are white" in note for note in other.notes)


def test_bits_that_the_file_says_need_not_be_guessed() -> None:
    kind = replace(BASE, bits=12)
    dark = np.full((HEIGHT, WIDTH, 1), 700)
    picture = open_picture(written(kind, dark))
    assert picture.bits == 12
    assert picture.pixels[0, 0, 0] == round(700 * 255 / 4095)
    assert open_picture(written(kind, dark), depth="10").bits == 10


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (replace(BASE, bits=8, sample="int"), "1 band of 8-bit signed values, meant as grey"),
        (replace(BASE, bits=16, sample="float"), "1 band of 16-bit floating-point values"),
        (replace(BASE, bits=64, sample="float"), "1 band of 64-bit floating-point values"),
        (
            replace(BASE, photometric=2, bits=32, sample="float", bands=3),
            "3 bands of 32-bit floating-point values, meant as RGB",
        ),
        (replace(BASE, bands=5), "5 bands of 8-bit values, meant as grey"),
        (
            replace(BASE, photometric=2, bits=16, bands=3, planar=2),
            "3 bands of 16-bit values, each by itself, meant as RGB",
        ),
        (replace(BASE, bits=32, order=">"), "1 band of 32-bit values"),
    ],
)
def test_what_is_not_read_is_named(kind: Kind, words: str) -> None:
    with pytest.raises(ImageError, match=words) as told:
        open_picture(written(kind, values(kind)), name="photo")
    assert "\n" not in str(told.value)
    assert "damaged" not in str(told.value)


@pytest.mark.parametrize(
    ("kind", "least", "largest"),
    [("int16", -32000, 16000), ("int16", -32768, 32767), ("uint32", 0, 4294967295),
     ("uint32", 70000, 90000), ("int32", -5, 2147483647)],
)  # fmt: skip
def test_whole_values_beyond_sixteen_bits_are_shown_over_their_range_and_said(
    kind: str, least: int, largest: int
) -> None:
    cells = np.linspace(least, largest, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).round().astype(kind)
    signed, bits = kind.startswith("i"), cells.itemsize * 8
    written_ = written(
        replace(BASE, bits=bits, sample="int" if signed else "uint", negative=least < 0),
        cells[..., None],
    )
    picture = open_picture(written_)
    low, high = int(cells.min()), int(cells.max())
    wanted = np.rint((cells.astype(float) - low) / (high - low) * 255)
    assert np.array_equal(picture.pixels[..., 0], wanted)
    assert picture.notes == (
        f"Whole values: {low} to {high}, the least and the largest in the file, became 0 to 255.",
    )


def test_bands_that_are_left_out_are_counted() -> None:
    kind = replace(BASE, photometric=2, bands=5, extra=0)
    picture = open_picture(written(kind, values(kind)))
    assert picture.notes == ("Of 5 bands, 2 beyond the colours are left out.",)


def test_colours_of_another_resolution_than_brightness_are_refused() -> None:
    """YCbCr without compression, with one colour for four pixels, which Pillow reads as if not."""
    kind = replace(BASE, photometric=2, bands=3)
    data = bytearray(written(kind, values(kind)))
    at = data.index(struct.pack("<HHI", 262, 3, 1)) + 8
    data[at : at + 2] = struct.pack("<H", 6)
    with pytest.raises(ImageError, match="meant as YCbCr"):
        open_picture(bytes(data), name="photo")


def test_a_tiff_that_is_cut_off_is_damaged_not_of_another_kind() -> None:
    data = written(BASE, values(BASE))
    for n in (9, 60, 200):
        with pytest.raises(ImageError, match="damaged"):
            open_picture(data[:n], name="photo")


def test_files_of_tifffile_show_the_same(tmp_path: Path) -> None:
    """Written by others: BigTIFF, tiles, predictors."""
    tifffile = pytest.importorskip("tifffile")
    grey = np.random.default_rng(0).integers(0, 65536, (64, 64), dtype=np.uint16)
    grey[0, 0] = 65535
    wanted = np.rint(grey / 257)
    path = tmp_path / "x.tif"
    for options in (
        {"bigtiff": True}, {"byteorder": ">"}, {"tile": (32, 32)}, {"photometric": "miniswhite"},
        {"photometric": "miniswhite", "byteorder": ">"},
        {"photometric": "miniswhite", "bigtiff": True},
        {"compression": "zlib", "predictor": True}, {"compression": "zlib", "tile": (32, 32)},
    ):  # fmt: skip
        tifffile.imwrite(path, grey, **({"photometric": "minisblack"} | options))
        inverted = options.get("photometric") == "miniswhite"
        np.testing.assert_allclose(
            open_picture(path).pixels[..., 0].astype(int), 255 - wanted if inverted else wanted,
            atol=1, err_msg=str(options),
        )  # fmt: skip
    tifffile.imwrite(path, grey, bigtiff=True, byteorder=">")
    with pytest.raises(ImageError, match="big-endian BigTIFF"):
        open_picture(path)


def test_pillow_s_own_files_are_read_as_before() -> None:
    import io

    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        buffer = io.BytesIO()
        Image.fromarray(rgb).save(buffer, "TIFF", compression=compression)
        picture = open_picture(buffer.getvalue())
        np.testing.assert_array_equal(picture.pixels, rgb)
        assert picture.notes == ()
