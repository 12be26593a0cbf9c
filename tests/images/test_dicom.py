"""DICOM: windows, inversion, frames; what is compressed is refused in a line."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import ImageError
from core.images import check_file, open_picture
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
    with pytest.raises(ImageError, match=rf"compressed.*{syntax}"):
        open_picture(data, name="ct.dcm")


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
