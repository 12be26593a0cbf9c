"""Whatever a file holds, it ends as a picture or as one line."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import ImageError
from core.modalities.picture.images import check_file, open_picture
from tests.conftest import ROOT
from tests.images.damage import damaged_files, foreign_files, mutated, sound_files

SECONDS, MEGABYTES = 2.0, 300 + 200
"""Most processor time of a file; most memory: 300 MB beside 50 megapixels of 4 bytes."""


@pytest.mark.parametrize("name", sound_files())
def test_the_files_that_are_damaged_here_are_sound_at_first(name: str) -> None:
    picture = open_picture(sound_files()[name])
    assert min(picture.pixels.shape[:2]) == 30
    assert picture.pixels.std() > 20, "almost black or white"


@pytest.mark.parametrize(("n", "seed"), [(400, 1), pytest.param(15_600, 2, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_damaged_files_end_as_pictures_or_in_one_line(n: int, seed: int) -> None:
    before = _peak()
    opened, refused, worst = 0, 0, (0.0, "")
    for name, data in damaged_files(n, seed=seed):
        began = time.process_time()
        try:
            open_picture(data, name="photo")
            opened += 1
        except ImageError as error:
            told = str(error)
            assert "photo" in told, name
            assert told.isprintable(), name
            refused += 1
        worst = max(worst, (time.process_time() - began, name))
    taken = _peak() - before
    print(
        f"\n{n} damaged pictures: {opened} opened, {refused} refused in one line, 0 tracebacks; "
        f"worst processor time {worst[0]:.2f} s ({worst[1]}), peak memory +{taken:.0f} MB"
    )
    assert refused > n / 5
    assert worst[0] <= SECONDS
    assert taken <= MEGABYTES


@pytest.mark.parametrize("name", ["png", "png palette", "png animated", "png 16"])
@pytest.mark.parametrize("filler", [b"\0", b"\xff", b"\r"])
def test_a_png_that_was_cut_off_and_filled_up_is_damaged(name: str, filler: bytes) -> None:
    """Its second half was shown black, without a word."""
    sound = sound_files()[name]
    at = sound.index(b"IDAT") + 60
    with pytest.raises(ImageError, match="damaged"):
        open_picture(sound[:at] + filler * (len(sound) - at), name="photo")
    with pytest.raises(ImageError, match="damaged"):
        open_picture(sound[:at] + filler * 8 + sound[at + 8 :], name="photo")


@pytest.mark.parametrize("name", foreign_files())
def test_formats_that_are_not_read_are_named(name: str, tmp_path: Path) -> None:
    data, words = foreign_files()[name]
    (tmp_path / "photo.png").write_bytes(data)
    for opened in (
        lambda: open_picture(data, name="photo"),
        lambda: check_file(tmp_path / "photo.png"),
    ):
        with pytest.raises(ImageError, match=words) as told:
            opened()
        assert str(told.value).isprintable()


@pytest.mark.parametrize("n", [400, pytest.param(6_000, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_formats_that_are_not_read_are_refused_in_time_however_damaged(n: int) -> None:
    before, worst = _peak(), 0.0
    files = {name: data for name, (data, _) in foreign_files().items()}
    for name, data in damaged_files(n, seed=3, files=files):
        began = time.process_time()
        told = "opened"
        try:
            open_picture(data, name="photo")
        except ImageError as error:
            told = str(error)
        assert told.isprintable(), name
        assert told != "opened" or name.startswith("DNG"), name  # a copy that says so no more
        worst = max(worst, time.process_time() - began)
    assert worst <= SECONDS
    assert _peak() - before <= MEGABYTES


def test_decoders_say_nothing_themselves(tmp_path: Path) -> None:
    """Libtiff writes to stderr below Python; a command's refusal is one line all the same."""
    rng = np.random.default_rng(5)
    for kind in ("tiff_lzw", "tiff_adobe_deflate", "tiff_jpeg", "dicom", "gif animated"):
        for i in range(12):
            (tmp_path / f"{kind} {i}").write_bytes(mutated(sound_files()[kind], rng))
    done = subprocess.run(
        [sys.executable, "-c", _OPEN_ALL, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) > 10
    assert done.stderr == ""


_OPEN_ALL = """
import sys
from pathlib import Path
from core.errors import ImageError
from core.modalities.picture.images import open_picture
refused = 0
for path in Path(sys.argv[1]).iterdir():
    try:
        open_picture(path)
    except ImageError:
        refused += 1
print(refused)
"""


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize(
    "error",
    [IndexError, KeyError, OverflowError, MemoryError, RecursionError, SyntaxError, ValueError,
     EOFError, AssertionError, AttributeError, TypeError, ZeroDivisionError],
)  # fmt: skip
def test_whatever_a_decoder_raises_becomes_one_line(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from PIL import ImageFile

    def broken(self: object) -> None:
        raise error("what is\nwrong")

    monkeypatch.setattr(ImageFile.ImageFile, "load", broken)
    with pytest.raises(ImageError, match=r"^photo is damaged or cut off .*\(") as told:
        open_picture(sound_files()["jpeg"], name="photo")
    assert isinstance(told.value.__cause__, error)
    assert "\n" not in str(told.value)
