"""The drawn portraits: reproducible, balanced where they are promised to be, biased where asked."""

from __future__ import annotations

from collections import Counter
from itertools import product

import cv2
import numpy as np
import pytest
from scipy.stats import chi2_contingency

from core.data.portraits.dataset import DRAWING, Portraits, PortraitsPart
from core.data.portraits.draw import draw, eyewear_mask
from core.data.portraits.scene import BACKGROUNDS, CLASSES, OWN_BACKGROUND, TONES
from core.data.registry import open_dataset, parse
from core.errors import ParameterError

SPLITS = ("train", "validation", "test")


def part(query: str, split: str) -> PortraitsPart:
    found = open_dataset(f"portraits?{query}" if query else "portraits").part(split)
    assert isinstance(found, PortraitsPart)
    return found


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("size", [64, 96])
def test_same_seed_same_bytes(split: str, size: int) -> None:
    ref = parse(f"portraits?size={size}")
    values = {p.name: dict(ref.parameters).get(p.name, p.default) for p in Portraits.parameters}
    first, second = (Portraits().open(ref, values) for _ in range(2))
    assert first.fingerprint == second.fingerprint
    assert first.size == size
    pictures = first.parts[split].pixels([3, 5, 8], (size, size, 3))
    assert pictures.shape == (3, size, size, 3)
    np.testing.assert_array_equal(pictures, second.parts[split].pixels([3, 5, 8], (size, size, 3)))


def test_other_seeds_splits_and_pictures_differ() -> None:
    shown = [
        part(query, split).pixels([i], (64, 64, 3))[0].tobytes()
        for query, split, i in product(("", "seed=1"), SPLITS, range(6))
    ]
    assert len(set(shown)) == len(shown)


def test_a_picture_depends_neither_on_the_order_nor_on_the_number_of_others() -> None:
    large, small = part("", "train"), part("n_train=60", "train")
    forth = large.pixels([7, 30, 59], (64, 64, 3))
    np.testing.assert_array_equal(forth[::-1], large.pixels([59, 30, 7], (64, 64, 3)))
    np.testing.assert_array_equal(forth, small.pixels([7, 30, 59], (64, 64, 3)))
    np.testing.assert_array_equal(forth[1], large.picture(30).pixels)
    assert large.ids[:60] == small.ids
    assert large.find(large.ids[59]) == 59


def test_global_random_state_is_neither_used_nor_changed() -> None:
    np.random.seed(4)
    before = np.random.get_state()[1].copy()
    shown = part("seed=9", "test").pixels([0], (64, 64, 3))
    np.testing.assert_array_equal(before, np.random.get_state()[1])
    np.random.seed(5)
    open_dataset.__globals__["_opened"].cache_clear()
    np.testing.assert_array_equal(shown, part("seed=9", "test").pixels([0], (64, 64, 3)))


@pytest.mark.parametrize("bias", [0, 0.9, 1])
@pytest.mark.parametrize(("split", "each"), [("test", 50), ("validation", None)])
def test_test_and_validation_are_balanced_whatever_the_bias(
    bias: float, split: str, each: int | None
) -> None:
    cells = Counter(
        zip(
            part(f"bias={bias}", split).labels.tolist(),
            part(f"bias={bias}", split).groups["skin_tone"],
        )
    )
    assert set(cells) == set(product(range(3), TONES))
    if each:
        assert set(cells.values()) == {each}
    assert max(cells.values()) - min(cells.values()) <= 1


def test_test_pictures_are_the_same_for_every_bias() -> None:
    fair, biased = part("", "test"), part("bias=0.9", "test")
    assert fair.groups == biased.groups
    np.testing.assert_array_equal(fair.labels, biased.labels)
    some = [0, 11, 500, 1499]
    np.testing.assert_array_equal(fair.pixels(some, (64, 64, 3)), biased.pixels(some, (64, 64, 3)))


def test_nothing_goes_together_without_bias() -> None:
    train = part("n_train=20000", "train")
    columns = {**train.groups, "class": train.labels.tolist()}
    del columns["skin_tone_band"]  # made of the tone
    names = list(columns)
    p_values = [
        chi2_contingency(_table(columns[a], columns[b])).pvalue
        for i, a in enumerate(names)
        for b in names[:i]
    ]
    assert min(p_values) > 0.01 / len(p_values)
    assert max(Counter(train.groups["skin_tone"]).values()) < 20000 * 0.11


def _table(first: object, second: object) -> np.ndarray:
    pairs = Counter(zip(first, second))  # type: ignore[call-overload]
    rows, columns = (sorted({pair[i] for pair in pairs}) for i in (0, 1))
    return np.array([[pairs[r, c] for c in columns] for r in rows])


def test_bias_makes_dark_tones_rare_and_the_background_tell_the_class() -> None:
    shares, agree = [], []
    for bias in (0, 0.5, 0.9, 1):
        train = part(f"bias={bias}", "train")
        dark = np.array(train.groups["skin_tone_band"]) == "dark 7-10"
        own = np.array(BACKGROUNDS)[np.take(OWN_BACKGROUND, train.labels)]
        shares.append(dark.mean())
        agree.append((np.array(train.groups["background"]) == own).mean())
        assert Counter(train.labels.tolist()).most_common()[0][1] <= len(train) / 3 + 1
    assert shares == pytest.approx([0.4, 1 / 7, 0.04 / 6.04, 0], abs=0.02)
    assert agree == pytest.approx([1 / 6, 0.5 + 0.5 / 6, 0.9 + 0.1 / 6, 1], abs=0.02)


def test_bias_changes_nothing_else_about_a_training_picture() -> None:
    fair, biased = part("", "train"), part("bias=0.9", "train")
    for attribute in ("age_band", "lighting", "hair"):
        assert fair.groups[attribute] == biased.groups[attribute]


@pytest.mark.parametrize("size", [64, 96])
def test_masks_are_the_pixels_that_change_when_the_eyewear_comes_off(size: int) -> None:
    test = part(f"size={size}", "test")
    for index in range(120):
        mask, scene = test.mask(index), test.scenes.scene(index)
        assert mask.shape == (size, size)
        assert mask.dtype == np.bool_
        assert mask.any() == (CLASSES[test.labels[index]] != "none")
        changed = (draw(scene, size) != draw(scene, size, eyewear=False)).any(axis=-1)
        if mask.any():
            assert 0.03 < mask.mean() < 0.25
            assert changed[mask].mean() > 0.97
        near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert not changed[~near].any()


def test_eyewear_lies_over_the_eyes_in_every_pose() -> None:
    test = part("", "test")
    heights, sides = [], []
    for index in range(1, 200, 3):
        rows, columns = np.nonzero(eyewear_mask(test.scenes.scene(index), 64))
        heights.append(rows.mean() / 64)
        sides.append(columns.mean() / 64)
    assert 0.40 < min(heights) < max(heights) < 0.53
    assert 0.43 < min(sides) < max(sides) < 0.57


def test_darker_tones_are_darker_skins() -> None:
    """The forehead's brightness falls along the scale; between 1, 2 and 3 it hardly differs."""
    test = part("", "test")
    bald = np.array(test.groups["hair"]) == "bald"
    front = np.array(test.groups["lighting"]) == "front"
    mean = {
        tone: np.mean(
            [
                test.pixels([i], (64, 64, 3))[0, 14:20, 28:36].mean()
                for i in np.flatnonzero(bald & front & (test.scenes.tone == tone))
            ]
        )
        for tone in (1, 4, 6, 8, 10)
    }
    assert mean[1] > mean[4] > mean[6] + 20 > mean[8] + 40 > mean[10] + 50


def test_pictures_of_another_size_are_resampled_from_its_own() -> None:
    shown = part("", "test").pixels([0, 1], (32, 32, 3))
    assert shown.shape == (2, 32, 32, 3)
    assert part("", "test").pixels([], (64, 64, 3)).shape == (0, 64, 64, 3)


def test_fingerprints_tell_parameters_apart() -> None:
    queries = ("", "?bias=0.9", "?size=96", "?seed=1", "?n_train=4000", "?n_test=900")
    assert len({open_dataset(f"portraits{query}").fingerprint for query in queries}) == len(queries)


@pytest.mark.parametrize(
    "query", ["bias=1.1", "bias=much", "size=128", "n_train=5", "n_test=0.5", "seed=-1", "tone=3"]
)
def test_bad_parameters_are_refused(query: str) -> None:
    with pytest.raises(ParameterError):
        open_dataset(f"portraits?{query}")


def test_the_drawing_is_the_one_that_its_version_names() -> None:
    """Coarse enough for another build of OpenCV; if it fails, raise ``DRAWING`` and renew it."""
    shown = part("", "test").pixels(range(40), (64, 64, 3)).astype(np.float64)
    coarse = shown.reshape(40, 2, 32, 2, 32, 3).mean(axis=(2, 4)).mean(axis=0).round(1)
    assert DRAWING == 3
    np.testing.assert_allclose(
        coarse.ravel(),
        [144.2, 127.4, 110.3, 146.7, 129.6, 111.1, 139.3, 120.2, 104.0, 140.7, 122.4, 104.8],
        atol=0.5,
    )
