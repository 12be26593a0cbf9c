"""Drawn masks: what the browser sends is checked first, and lands where it was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts import Box
from core.errors import InputError
from dashboard import masks


def test_runs_become_cells_row_by_row() -> None:
    marked = masks.cells("4x2:1,2,3,2", (4, 2))
    assert marked.tolist() == [[False, True, True, False], [False, False, True, True]]


def test_nothing_marked_is_an_empty_mask() -> None:
    assert not masks.cells("4x2:8", (4, 2)).any()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (None, "Draw it again"),
        ({"runs": "4x2:8"}, "Draw it again"),
        ("4x2:" + "1," * 40_000 + "1", "at most 64 KB"),
        ("<script>", "can't be read"),
        ("4x2:-8", "can't be read"),
        ("4x2:8,", "can't be read"),
        ("4x2:٨", "can't be read"),
        ("2x4:8", "2 × 4 cells, the grid of this picture 4 × 2"),
        ("4x2:7", "7 of 8 cells"),
        ("4x2:4,99999", "100003 of 8 cells"),
    ],
)
def test_what_is_no_mask_of_this_picture_is_refused_in_words(sent: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        masks.cells(sent, (4, 2))


def test_a_mask_lands_on_the_pixels_that_lie_below_it() -> None:
    # A picture of 400 × 200, the model sees its middle 200 × 200 at 100 × 100.
    marked = np.zeros((80, 160), np.bool_)
    marked[:40, 80:] = True  # the upper right quarter of the picture
    seen = masks.at_input(marked, Box(100, 0, 300, 200), (400, 200), (100, 100))
    wanted = np.zeros((100, 100), np.bool_)
    wanted[:50, 50:] = True
    assert np.array_equal(seen, wanted)


def test_letterbox_pads_are_never_marked() -> None:
    marked = np.ones((80, 160), np.bool_)
    seen = masks.at_input(marked, Box(0, -100, 400, 300), (400, 200), (100, 100))
    assert not seen[:25].any()
    assert seen[25:75].all()
    assert not seen[75:].any()


def test_a_mask_is_found_again_for_its_own_picture_only() -> None:
    id = masks.keep(masks.Drawn("cat", "4x2:1,2,3,2"))
    assert masks.find(id, picture="cat") == masks.Drawn("cat", "4x2:1,2,3,2")
    assert masks.find(id, picture="dog") is None
    assert masks.find("0" * 16, picture="cat") is None
