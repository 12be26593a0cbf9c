"""DICOM: windows, inversion, frames; what is compressed is refused in a line."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import ImageError
from core.modalities.picture.images import check_file, open_picture
from tests.images.damage import dicom

VALUES = np.linspace(-1000, 3000, 64, dtype=np.int16)[None].repeat(48, 0)


def test_the_window_of_the_file_is_applied_and_said() -> None:
    picture = open_picture(dicom(VALUES, WindowCenter=40, WindowWidth=400), name="ct.dcm")
    assert picture.format == "DICOM"
    assert "centre 40, width 400" in picture.notes[0]
    assert "-160 to 239" in picture.notes[0]
    wanted = np.rint(np.clip((VALUES + 160.0) / 399, 0, 1) * 255)
    np.testing.assert_array_equal(picture.pixels[..., 0], wanted)
    assert (picture.pixels[..., 0] == picture.pixels[..., 2]).all()


def test_values_are_rescaled_before_the_window() -> None:
    plain = open_picture(dicom(VALUES, WindowCenter=0, WindowWidth=1000))
    moved = open_picture(
        dicom(
            (VALUES + 1024).astype(np.uint16), WindowCenter=0, WindowWidth=1000,
            RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU",
        )
    )  # fmt: skip
    np.testing.assert_array_equal(plain.pixels, moved.pixels)
    assert "HU" in moved.notes[0]


def test_of_several_windows_the_first_is_taken() -> None:
    picture = open_picture(dicom(VALUES, WindowCenter=[40, 500], WindowWidth=[400, 2000]))
    assert "centre 40" in picture.notes[0]


@pytest.mark.parametrize(
    ("function", "at_centre"), [("LINEAR", 128), ("LINEAR_EXACT", 128), ("SIGMOID", 128)]
)
def test_the_three_functions(function: str, at_centre: int) -> None:
    values = np.full((16, 16), 100, np.int16)
    picture = open_picture(
        dicom(values, WindowCenter=100, WindowWidth=400, VOILUTFunction=function)
    )
    assert abs(int(picture.pixels[0, 0, 0]) - at_centre) <= 1


def test_without_a_window_the_range_is_said() -> None:
    picture = open_picture(dicom(VALUES))
    assert "-1000 to 3000" in picture.notes[0]
    assert (picture.pixels.min(), picture.pixels.max()) == (0, 255)


def test_monochrome1_is_inverted_and_said() -> None:
    straight = open_picture(dicom(VALUES))
    inverted = open_picture(dicom(VALUES, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(inverted.pixels, 255 - straight.pixels)
    assert any("Inverted" in note for note in inverted.notes)


def test_the_first_of_several_frames() -> None:
    picture = open_picture(dicom(np.stack([VALUES, VALUES[:, ::-1]]).copy()))
    np.testing.assert_array_equal(picture.pixels, open_picture(dicom(VALUES)).pixels)
    assert "first of several" in picture.notes[0]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"WindowCenter": 1, "WindowWidth": 0}, "width 0"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR"),
        ({"Rows": 5000, "Columns": 12000}, "5000 pixels"),
        ({"Rows": 4000}, "damaged"),
    ],
)
def test_what_is_not_read_is_said(tags: dict[str, object], words: str) -> None:
    data = dicom(VALUES) if "Rows" not in tags else _resized(**tags)  # type: ignore[arg-type]
    if "Rows" not in tags:
        data = dicom(VALUES, **tags)
    with pytest.raises(ImageError, match=words):
        open_picture(data, name="ct.dcm")


def _resized(**tags: int) -> bytes:
    from pydicom import dcmread

    found = dcmread(io.BytesIO(dicom(VALUES)))
    for name, value in tags.items():
        setattr(found, name, value)
    buffer = io.BytesIO()
    found.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99"]
)
def test_compressed_files_are_refused_before_they_are_read(syntax: str) -> None:
    data = dicom(VALUES)
    uid = b"1.2.840.10008.1.2.1\0"
    at = data.index(uid)
    padded = syntax.encode() + b"\0" * (len(syntax) % 2)
    data = data[: at - 2] + struct.pack("<H", len(padded)) + padded + data[at + len(uid) :]
    with pytest.raises(ImageError, match=rf"compressed pixels \([A-Z].*{syntax}"):
        open_picture(data, name="ct.dcm")


@pytest.mark.parametrize(
    ("syntax", "words"),
    [
        (
            "1.2.840.113619.5.2",
            r"way that is not known \(transfer syntax '1\.2\.840\.113619\.5\.2'\)",
        ),
        ("1.2", "way that is not known"),
        ("no uid", "way that is not known"),
        ("9" * 64, "way that is not known"),
        ("", r"does not say how it is written"),
    ],
)
def test_a_way_of_writing_that_is_not_known_is_not_called_compressed(
    syntax: str, words: str
) -> None:
    data, uid = dicom(VALUES), b"1.2.840.10008.1.2.1\0"
    at, padded = data.index(uid), syntax.encode() + b"\0" * (len(syntax) % 2)
    data = data[: at - 2] + struct.pack("<H", len(padded)) + padded + data[at + len(uid) :]
    with pytest.raises(ImageError, match=words) as told:
        open_picture(data, name="ct.dcm")
    assert "compressed" not in str(told.value)
    assert "Expected one without compression" in str(told.value)


def test_a_file_of_very_many_elements_is_refused_in_time() -> None:
    data = dicom(VALUES)
    at = data.index(b"\x28\x00\x02\x00")
    element = struct.pack("<HH2sH", 0x0009, 0x0010, b"LO", 0)
    began = time.process_time()
    with pytest.raises(ImageError, match="too many small parts"):
        open_picture(data[:at] + element * 2_000_000 + data[at:])
    assert time.process_time() - began <= 2


def test_check_file_reads_the_size(tmp_path: Path) -> None:
    path = tmp_path / "ct.dcm"
    path.write_bytes(dicom(VALUES))
    assert check_file(path) is False
    path.write_bytes(_resized(Rows=5000, Columns=12000))
    with pytest.raises(ImageError, match="12000×5000"):
        check_file(path)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("limit", [None, -1998, -2002])
@pytest.mark.parametrize("window", [False, True])
def test_padding_is_black_in_no_range_and_said(
    photometric: str, limit: int | None, window: bool
) -> None:
    values = VALUES.copy()
    values[:, :8] = -2000
    if limit is not None:
        values[:, 8:12] = limit
    tags: dict[str, object] = {"PixelPaddingValue": -2000, "PhotometricInterpretation": photometric}
    if limit is not None:
        tags["PixelPaddingRangeLimit"] = limit
    if window:
        tags |= {"WindowCenter": 1000, "WindowWidth": 4001}
    picture = open_picture(dicom(values, **tags))
    padded = np.zeros(values.shape, bool)
    padded[:, : 8 if limit is None else 12] = True
    measured = values[~padded]
    low, high = (-1000, 3000) if window else (int(measured.min()), int(measured.max()))
    wanted = np.rint(np.clip((values - float(low)) / (high - low), 0, 1) * 255)
    if photometric == "MONOCHROME1":
        wanted = 255 - wanted
    wanted[padded] = 0
    assert np.abs(picture.pixels[..., 0] - wanted).max() <= 1
    stored = "-2000" if limit is None else f"{min(-2000, limit)} to {max(-2000, limit)}"
    assert any(f"{padded.sum()} padding pixels (stored as {stored})" in n for n in picture.notes)
    if not window:
        assert any(f"{low} to {high}" in note for note in picture.notes)


def test_padding_that_is_not_there_is_not_said_and_all_of_it_is_black() -> None:
    plain = open_picture(dicom(VALUES))
    padded = open_picture(dicom(VALUES, PixelPaddingValue=-2000))
    np.testing.assert_array_equal(plain.pixels, padded.pixels)
    assert plain.notes == padded.notes
    whole = open_picture(dicom(np.full((16, 16), -2000, np.int16), PixelPaddingValue=-2000))
    assert not whole.pixels.any()


def test_padding_of_unsigned_values() -> None:
    values = np.linspace(1000, 5000, 64).astype(np.uint16)[None].repeat(48, 0)
    values[0] = 65535
    picture = open_picture(dicom(values, PixelPaddingValue=65535))
    assert "1000 to 5000" in picture.notes[1]
    assert not picture.pixels[0].any()
    assert (picture.pixels[1, 0, 0], picture.pixels[1, -1, 0]) == (0, 255)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_signed_values_of_every_width(bits: int) -> None:
    """Whether or not the bits above those that are stored repeat the sign."""
    width = np.int8 if bits == 8 else np.int16
    values = np.linspace(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 64)[None].repeat(48, 0)
    signed = np.rint(values).astype(width)
    wanted = np.rint((signed.astype(float) - signed.min()) / (2**bits - 1) * 255)
    for stored in (signed, (signed.astype(np.int64) & (2**bits - 1)).astype(width)):
        picture = open_picture(dicom(stored, BitsStored=bits, HighBit=bits - 1))
        assert np.abs(picture.pixels[..., 0] - wanted).max() <= 1


@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (2.5, 0), (0.001, 7), (-1, 100)])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_the_slope_and_the_intercept_are_used(
    slope: float, intercept: float, photometric: str
) -> None:
    real = VALUES * slope + intercept
    centre, width = float(real.mean()), float(np.ptp(real)) / 2 + 1
    picture = open_picture(
        dicom(
            VALUES, RescaleSlope=slope, RescaleIntercept=intercept, WindowCenter=centre,
            WindowWidth=width, VOILUTFunction="LINEAR_EXACT", PhotometricInterpretation=photometric,
        )
    )  # fmt: skip
    shares = np.clip((real - (centre - width / 2)) / width, 0, 1)
    wanted = np.rint((shares if photometric == "MONOCHROME2" else 1 - shares) * 255)
    assert np.abs(picture.pixels[..., 0] - wanted).max() <= 1


def test_a_table_reads_values_that_were_rescaled() -> None:
    """PS3.3 C.11.2.1.1: what enters it is what the slope and the intercept made."""
    from pydicom.dataset import Dataset

    table = Dataset()
    table.LUTDescriptor = [100, 0, 16]
    table.add_new(0x00283006, "US", [int(v) for v in np.arange(100) ** 2])
    stored = np.arange(1024, 1124, dtype=np.int16)[None].repeat(16, 0)
    picture = open_picture(
        dicom(stored, RescaleSlope=1, RescaleIntercept=-1024, VOILUTSequence=[table])
    )
    wanted = np.rint(np.arange(100) ** 2 / 99**2 * 255)
    np.testing.assert_array_equal(picture.pixels[3, :, 0], wanted)


def test_rescaled_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ImageError, match="are no numbers"):
        open_picture(dicom(VALUES, RescaleSlope="1e308", RescaleIntercept="-1e308"), name="ct")


@pytest.mark.parametrize("seed", range(3))
def test_a_file_that_is_cut_off_says_so_wherever_that_is(seed: int, tmp_path: Path) -> None:
    data = dicom(VALUES, WindowCenter=40, WindowWidth=400)
    cuts = np.random.default_rng(seed).integers(132, len(data), 60)
    for n in (*cuts, len(data) - 1, len(data) - len(VALUES.tobytes()), 132):
        with pytest.raises(ImageError, match=r"^ct.dcm is a DICOM file that .*cut off.*"):
            open_picture(data[:n], name="ct.dcm")
        path = tmp_path / "ct.dcm"
        path.write_bytes(data[:n])
        with pytest.raises(ImageError, match="cut off"):
            check_file(path)


def test_a_cut_picture_says_how_much_is_there() -> None:
    data = dicom(VALUES)
    with pytest.raises(ImageError, match="of 64×48 pixels takes 6144 bytes, and 6044 are there"):
        open_picture(data[:-100], name="ct.dcm")
