"""Augmentation: what stays the same, what a seed repeats, and where labels follow the pixels."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts import Array
from core.models.tensorflow import tf
from core.parameters import Value
from core.training.augment import augmentation, cutmix, mixup, two_views

N, SIZE, CLASSES = 16, 24, 4
EACH: dict[str, dict[str, Value]] = {
    "flip": {"flip": True},
    "crop": {"crop": 4},
    "randaugment": {"randaugment": 9},
    "colour": {"colour": 0.4},
    "mixup": {"mixup": 0.4},
    "cutmix": {"cutmix": 1.0},
}


def seed(number: int) -> object:
    return tf.constant([7, number], tf.int32)


@pytest.fixture(scope="module")
def batch() -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    x = rng.random((N, SIZE, SIZE, 3), dtype=np.float32)
    y = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, N)]
    return x, y


def changed(values: dict[str, Value], batch: tuple[Array, Array], number: int = 0):
    augment = augmentation(values)
    assert augment is not None
    x, y = augment(tf.constant(batch[0]), tf.constant(batch[1]), seed(number))
    return x.numpy(), y.numpy()


def test_nothing_asked_for_is_nothing() -> None:
    assert augmentation({}) is None
    assert augmentation({"flip": False, "crop": 0, "mixup": 0.0}) is None


@pytest.mark.parametrize("name", EACH)
def test_pixels_stay_pixels_and_labels_distributions(name: str, batch) -> None:
    for number in range(5):
        x, y = changed(EACH[name], batch, number)
        assert x.shape == batch[0].shape
        assert x.min() >= 0
        assert x.max() <= 1
        np.testing.assert_allclose(y.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", EACH)
def test_a_seed_repeats_it_and_another_does_not(name: str, batch) -> None:
    once, again = changed(EACH[name], batch, 3), changed(EACH[name], batch, 3)
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_array_equal(once[1], again[1])
    others = [changed(EACH[name], batch, number)[0] for number in range(4, 8)]
    assert any(np.abs(once[0] - other).max() > 0 for other in others)


def test_pictures_are_mirrored_or_left_about_half_and_half(batch) -> None:
    mirrored = 0
    for number in range(20):
        x, _ = changed(EACH["flip"], batch, number)
        for before, after in zip(batch[0], x, strict=True):
            if np.array_equal(after, before[:, ::-1]):
                mirrored += 1
            else:
                np.testing.assert_array_equal(after, before)
    assert 0.4 < mirrored / (20 * N) < 0.6


def test_a_crop_shifts_by_whole_pixels_and_reaches_every_shift(batch) -> None:
    most, seen = 4, set()
    for number in range(30):
        x, _ = changed(EACH["crop"], batch, number)
        for before, after in zip(batch[0], x, strict=True):
            padded = np.pad(before, ((most, most), (most, most), (0, 0)), mode="reflect")
            at = [
                (i, j)
                for i in range(2 * most + 1)
                for j in range(2 * most + 1)
                if np.array_equal(padded[i : i + SIZE, j : j + SIZE], after)
            ]
            assert len(at) == 1
            seen.add(at[0])
    assert len(seen) == (2 * most + 1) ** 2


def test_mixed_labels_follow_the_pixels(batch) -> None:
    x, y = (part.numpy() for part in mixup(*map(tf.constant, batch), 0.4, seed(1)))
    pixels, labels = batch
    share = np.vdot(x - pixels[::-1], pixels - pixels[::-1]) / np.sum((pixels - pixels[::-1]) ** 2)
    assert 0 < share < 1
    np.testing.assert_allclose(x, share * pixels + (1 - share) * pixels[::-1], atol=1e-5)
    np.testing.assert_allclose(y, share * labels + (1 - share) * labels[::-1], atol=1e-5)


@pytest.mark.parametrize("number", range(5))
def test_a_pasted_box_counts_by_its_area(number: int, batch) -> None:
    x, y = (part.numpy() for part in cutmix(*map(tf.constant, batch), 1.0, seed(number)))
    pixels, labels = batch
    pasted = (x == pixels[::-1]).all(axis=-1)
    assert ((x == pixels).all(axis=-1) | pasted).all()
    assert (pasted == pasted[0]).all()  # the same box in each picture
    area = pasted[0].mean()
    rows, columns = pasted[0].any(axis=1), pasted[0].any(axis=0)
    assert pasted[0].sum() == rows.sum() * columns.sum()
    np.testing.assert_allclose(y, (1 - area) * labels + area * labels[::-1], atol=1e-6)


def test_colours_change_and_places_do_not() -> None:
    """What is black stays black; what is of one colour stays so."""
    x = np.zeros((N, SIZE, SIZE, 3), np.float32)
    x[:, :, SIZE // 2 :] = (0.5, 0.3, 0.4)
    out, _ = changed({"colour": 0.4}, (x, np.eye(CLASSES, dtype=np.float32)[[0] * N]))
    for half in (slice(0, SIZE // 2), slice(SIZE // 2, SIZE)):
        assert np.ptp(out[:, :, half], axis=(1, 2)).max() < 1e-6
    assert np.ptp(out[:, 0, -1], axis=0).min() > 0.01  # each picture by its own amount


def test_turning_moves_a_dot_by_the_angle_that_is_published() -> None:
    """At the full magnitude a picture turns by 30 degrees (RandAugment, table 6 of AutoAugment)."""
    from core.training.augment import _rotate

    size = 65
    x = np.zeros((1, size, size, 3), np.float32)
    x[0, 31:34, 51:54] = 1.0
    turned = _rotate(tf.constant(x), tf.ones((1, 1, 1, 1))).numpy()[0, ..., 0]
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    row, column = (turned * rows).sum() / turned.sum(), (turned * columns).sum() / turned.sum()
    assert np.hypot(row, column) == pytest.approx(20, abs=0.3)
    assert abs(np.degrees(np.arctan2(row, column))) == pytest.approx(30, abs=1)


def test_two_views_are_two(batch) -> None:
    x, y = two_views(0.5)(tf.constant(batch[0]), tf.constant(batch[1]), seed(0))
    assert x.shape == (N, SIZE, SIZE, 6)
    first, second = x.numpy()[..., :3], x.numpy()[..., 3:]
    assert np.abs(first - second).max(axis=(1, 2, 3)).min() > 0
    assert x.numpy().min() >= 0
    assert x.numpy().max() <= 1
    np.testing.assert_array_equal(y.numpy(), batch[1])


def test_a_resized_crop_of_a_slope_is_a_flatter_slope() -> None:
    """A box of share s, enlarged to the whole, has s of the slope: area between 0.2 and 1."""
    from core.training.augment import _resized_crop

    size = 64
    ramp = np.linspace(0.2, 0.8, size, dtype=np.float32)
    x = np.broadcast_to(ramp[None, None, :, None], (N, size, size, 3)).copy()
    x[..., 1] = ramp[None, :, None]
    cropped = _resized_crop(tf.constant(x), seed(5)).numpy()
    middle = slice(8, size - 8)  # the border is reflected
    across = np.diff(cropped[:, middle, middle, 0], axis=2).mean(axis=(1, 2)) / np.diff(ramp).mean()
    down = np.diff(cropped[:, middle, middle, 1], axis=1).mean(axis=(1, 2)) / np.diff(ramp).mean()
    assert (across * down).min() > 0.19
    assert (across * down).max() < 1.01
    assert np.ptp(across * down) > 0.2
