"""Datasets: how fast portraits are drawn, and CIFAR-10 opened and fed against decoding it."""

from __future__ import annotations

import io
import time
from itertools import islice
from statistics import median

import numpy as np
from PIL import Image

from benchmarks.base import Options, Row, alternate, at_least, faster, main, milliseconds
from benchmarks.workload import ROOT, use_home
from core.data import archive
from core.data.base import Part
from core.data.cifar10.dataset import Cifar10
from core.data.registry import open_dataset, parse
from core.parameters import resolve

__all__ = ["measure"]

_TAR = ROOT.parent / "shared" / "data" / "cifar10-folder.tar.xz"
_BATCH = 256


def measure(options: Options) -> list[Row]:
    """Draw portraits; with CIFAR-10 at hand, also open and feed it."""
    use_home()
    rows = [_drawn(size, options) for size in (64, 96)]
    return rows + (_cifar10(options) if _TAR.is_file() else [])


def _drawn(size: int, options: Options) -> Row:
    part = open_dataset(f"portraits?size={size}").part("train")
    part.pixels(range(32), size)
    n, rates = options.some(500, 100), []
    for start in range(0, options.repeats * n, n):
        began = time.process_time()
        part.pixels(range(start % 4000, start % 4000 + n), size)
        rates.append(n / (time.process_time() - began))
    return at_least(
        f"Portraits of {size} px drawn in a second of one core",
        median(rates),
        300,
        note="processor time, one thread",
    )


def _cifar10(options: Options) -> list[Row]:
    ref = parse(f"cifar10:{_TAR}")
    values = resolve(Cifar10.parameters, {}, owner=ref.id)
    part = Cifar10().open(ref, values).part("train")
    again, decode = alternate(
        lambda: Cifar10().open(ref, values),
        lambda: _decode(2000),
        repeats=min(options.repeats, 5),
    )
    files = [content for _, content in islice(archive.members(_TAR), 2000)]
    order = np.random.default_rng(0).permutation(2000)
    fed, decoded = alternate(
        lambda: _fed(part, order), lambda: _pillow(files), repeats=min(options.repeats, 5)
    )
    return [
        faster(
            "CIFAR-10 opened again",
            milliseconds(again),
            milliseconds(decode) * 30,
            at_least=20,
            note="against reading and decoding the archive (2000 of its files, times 30)",
        ),
        faster(
            "2000 shuffled pictures in batches of 256",
            milliseconds(fed),
            milliseconds(decoded),
            at_least=20,
            note="from the mapped file, against decoding the JPEGs with Pillow",
        ),
    ]


def _decode(n: int) -> None:
    _pillow([content for _, content in islice(archive.members(_TAR), n)])


def _pillow(files: list[bytes]) -> None:
    for content in files:
        with Image.open(io.BytesIO(content)) as image:
            np.asarray(image.convert("RGB"))


def _fed(part: Part, order: np.ndarray) -> None:
    for start in range(0, len(order), _BATCH):
        part.pixels(order[start : start + _BATCH].tolist(), 32)


if __name__ == "__main__":
    main(measure, __doc__)
