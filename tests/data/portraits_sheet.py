"""The drawn portraits on one sheet, to be looked at after every change of the drawing.

::

    python -m tests.data.portraits_sheet sheet.png [SIZE] [SEED]

Columns: the ten tones of the Monk scale. Rows: each age in each light, first without eyewear, then
with glasses and sunglasses. Every cell is another person; the same seed draws the same people.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import product

import numpy as np
from PIL import Image

from core.data.picture import Pixels
from core.data.portraits.draw import draw
from core.data.portraits.scene import AGES, CLASSES, LIGHTING, N_TONES, sample

__all__ = ["sheet"]

_N = 600


def sheet(size: int = 96, *, seed: int = 0) -> Pixels:
    """Return the sheet, uint8 ``(36 size, 10 size, 3)``."""
    people = sample("test", _N, seed=seed, bias=0)
    rng = np.random.default_rng(seed)
    rows = []
    for eyewear, age, lighting in product(range(len(CLASSES)), range(len(AGES)),
                                          range(len(LIGHTING))):  # fmt: skip
        scenes = (
            replace(people.scene(int(rng.integers(_N))), tone=tone, age=age, lighting=lighting,
                    eyewear=eyewear)
            for tone in range(1, N_TONES + 1)
        )  # fmt: skip
        rows.append(np.concatenate([draw(scene, size) for scene in scenes], axis=1))
    return np.concatenate(rows)


if __name__ == "__main__":
    path, *numbers = sys.argv[1:]
    size, seed = (*map(int, numbers), *(96, 0)[len(numbers) :])
    Image.fromarray(sheet(size, seed=seed)).save(path)
