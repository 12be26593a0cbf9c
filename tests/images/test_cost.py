"""What a file would cost is found out before it is decoded."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError
from core.modalities.picture import images
from core.modalities.picture.images import _cost, open_picture
from tests.conftest import ROOT
from tests.images.damage import chunk, encoded, png_sixteen

SECONDS, MEGABYTES = 2.0, 300 + 200
TOO_MANY = "too many small parts"


def jpeg(side: int = 64, **options: object) -> bytes:
    return encoded(Image.new("RGB", (side, side), "teal"), "JPEG", **options)


def with_scans(n: int, side: int) -> bytes:
    """A progressive JPEG whose last scan is said again and again."""
    data = jpeg(side, progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * n + b"\xff\xd9"


def markers(n: int) -> bytes:
    data = jpeg()
    return data[:2] + b"\xff\xef\0\x02" * n + data[2:]


def chunks(n: int) -> bytes:
    data = encoded(Image.new("RGB", (64, 64)), "PNG")
    return data[:33] + chunk(b"abCd") * n + data[33:]


def blocks(n: int) -> bytes:
    data = encoded(Image.new("P", (64, 64)), "GIF")
    return data[:-1] + b"!\xfe" + b"\x01a" * n + b"\0;"


def runs(n: int) -> bytes:
    """A BMP with run lengths of one pixel."""
    head = struct.pack("<IIIHHIIIIII", 40, 2048, 2048, 1, 8, 1, 0, 0, 0, 0, 0)
    body = head + bytes(1024) + b"\x01\x05" * n
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + 40 + 1024) + body


def tiff(width: int, height: int, *, strips: int, pages: int = 1) -> bytes:
    """Grey pages that share their pixels; each strip is one row."""
    offsets = 8 + pages * 114
    pixels = offsets + 4 * strips
    found = [b"II*\0" + struct.pack("<I", 8)]
    for page in range(pages):
        following = 8 + (page + 1) * 114 if page + 1 < pages else 0
        entries = (
            (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
            (262, 3, 1, 1), (273, 4, strips, offsets if strips > 1 else pixels), (277, 3, 1, 1),
            (278, 4, 1, max(1, height // strips)), (279, 4, 1, width * height),
        )  # fmt: skip
        found.append(struct.pack("<H", len(entries)))
        found += [struct.pack("<HHII", *entry) for entry in entries]
        found.append(struct.pack("<I", following))
    return b"".join([*found, struct.pack("<I", pixels) * strips, bytes(width * height)])


COSTLY: dict[str, tuple[Callable[[], bytes], str]] = {
    "many scans": (lambda: with_scans(2000, 1500), "2010 scans"),
    "many scans of a large picture": (lambda: with_scans(60, 6000), "70 scans"),
    "many empty segments": (lambda: markers(5_000_000), TOO_MANY),
    "many empty chunks": (lambda: chunks(1_900_000), TOO_MANY),
    "many blocks of one byte": (lambda: blocks(9_000_000), TOO_MANY),
    "many runs of one pixel": (lambda: runs(2_000_000), TOO_MANY),
    "many strips": (lambda: tiff(8, 2_000_000, strips=2_000_000), "2000000 strips"),
    "a large WebP": (lambda: encoded(Image.new("RGB", (7000, 7000)), "WEBP", method=0), "980 MB"),
    "a large WebP without loss": (
        lambda: encoded(Image.new("RGBA", (6000, 5000)), "WEBP", lossless=True, method=0),
        "600 MB",
    ),
}


@pytest.mark.parametrize("kind", COSTLY)
def test_what_costs_too_much_is_refused_in_a_line(kind: str) -> None:
    make, words = COSTLY[kind]
    data = make()
    before, began = _peak(), time.process_time()
    with pytest.raises(ImageError, match=words) as told:
        open_picture(data, name="photo")
    assert time.process_time() - began <= SECONDS
    assert _peak() - before <= MEGABYTES
    assert "\n" not in str(told.value)


AFFORDABLE: dict[str, Callable[[], bytes]] = {
    "pages without end": lambda: tiff(16, 16, strips=1, pages=60_000),
    "a progressive JPEG of 48 megapixels": lambda: encoded(
        Image.effect_noise((800, 600), 60).convert("RGB").resize((8000, 6000)),
        "JPEG",
        progressive=True,
    ),
    "a PNG of 49 megapixels": lambda: encoded(
        Image.new("RGBA", (7000, 7000), (1, 2, 3, 90)), "PNG", compress_level=1
    ),
    "a PNG of 16 bits and 49 megapixels": lambda: encoded(
        Image.fromarray(np.full((7000, 7000), 4095, np.uint16)), "PNG", compress_level=1
    ),
    "a WebP of 20 megapixels": lambda: encoded(
        Image.new("RGB", (5000, 4000), "teal"), "WEBP", method=0
    ),
    "a thin PNG": lambda: encoded(Image.new("L", (8, 60_000)), "PNG"),
    "many scans of a small picture": lambda: with_scans(40, 64),
}


_OPENED = """
import sys, time
from core.modalities.picture.images import open_picture
data = open(sys.argv[1], "rb").read()
peak = lambda: int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
before, began = peak(), time.process_time()
open_picture(data)
print(time.process_time() - began, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", AFFORDABLE)
def test_what_is_read_takes_two_seconds_and_a_bounded_memory(kind: str, tmp_path: Path) -> None:
    """Each in a process of its own, whose peak nothing else has raised before."""
    path = tmp_path / "picture"
    path.write_bytes(AFFORDABLE[kind]())
    command = [sys.executable, "-c", _OPENED, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, taken = map(float, done.stdout.split())
    print(f"\n{kind}: {seconds:.2f} s, peak +{taken:.0f} MB")
    assert seconds <= SECONDS
    assert taken <= MEGABYTES


def test_pages_are_not_counted() -> None:
    data, began = tiff(16, 16, strips=1, pages=60_000), time.process_time()
    picture = open_picture(data)
    assert time.process_time() - began <= SECONDS
    assert picture.notes == ("The first of several frames is used.",)


def test_pages_in_a_circle_end() -> None:
    data = bytearray(tiff(16, 16, strips=1, pages=2))
    data[8 + 114 + 110 : 8 + 114 + 114] = struct.pack("<I", 8)
    assert open_picture(bytes(data)).width == 16


def test_an_ordinary_progressive_jpeg_is_read() -> None:
    assert open_picture(jpeg(600, progressive=True)).notes == ()


def test_a_thumbnail_inside_is_no_scan() -> None:
    data, thumbnail = jpeg(64), jpeg(16) * 30
    segment = b"\xff\xe2" + struct.pack(">H", min(len(thumbnail), 60_000) + 2) + thumbnail[:60_000]
    assert open_picture(data[:2] + segment * 4 + data[2:]).width == 64


def test_check_file_refuses_by_the_head_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(tiff(8, 60_000, strips=60_000))
    with pytest.raises(ImageError, match="60000 strips"):
        images.check_file(path)


def test_check_file_says_whether_samples_have_sixteen_bits(tmp_path: Path) -> None:
    for name, data, deep in (
        ("8.png", encoded(Image.new("RGB", (16, 16)), "PNG"), False),
        ("grey.png", encoded(Image.fromarray(np.full((16, 16), 900, np.uint16)), "PNG"), True),
        ("colour.png", png_sixteen(np.full((16, 16, 3), 900)), True),
        ("x.jpg", jpeg(), False),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        assert images.check_file(path) is deep, name


def test_decodings_share_what_memory_they_may_take() -> None:
    """Of five that need a third of all each, three run at once at most."""
    room, running, most = _cost._Room(), 0, 0
    changed = threading.Lock()

    def decode() -> None:
        nonlocal running, most
        with room.taken(33, 100):
            with changed:
                running += 1
                most = max(most, running)
            time.sleep(0.05)
            with changed:
                running -= 1

    threads = [threading.Thread(target=decode) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == 3


def test_who_needs_more_than_all_waits_to_be_alone() -> None:
    room = _cost._Room()
    with room.taken(1000, 100):
        waited = threading.Event()
        other = threading.Thread(target=lambda: _enter(room, waited))
        other.start()
        assert not waited.wait(0.1)
    other.join(10)
    assert waited.is_set()


def _enter(room: _cost._Room, waited: threading.Event) -> None:
    with room.taken(1, 100):
        waited.set()


def test_room_is_given_back_where_decoding_fails() -> None:
    damaged = encoded(Image.effect_noise((200, 200), 60), "PNG")[:3000]
    for _ in range(3):
        with pytest.raises(ImageError):
            open_picture(damaged)
    assert _cost._room._taken == 0


def test_a_large_cap_takes_large_files(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.settings import settings

    data = encoded(Image.new("RGB", (5000, 5100)), "WEBP", method=0)
    with pytest.raises(ImageError, match="PELLUCID_MAX_MEGAPIXELS"):
        open_picture(data)
    monkeypatch.setenv("PELLUCID_MAX_MEGAPIXELS", "80")
    settings.cache_clear()
    try:
        with Image.open(io.BytesIO(data)) as image:
            assert _cost.check_cost(image, data, "x") > 0
    finally:
        settings.cache_clear()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
