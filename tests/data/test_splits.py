"""Held-out pictures: stratified, the same for the same seed, any beginning like the whole."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.splits import apportion, carve, draw
from core.errors import InputError

LABELS = np.repeat([0, 1, 2], [60, 30, 10])
ASKED = {"validation": 0.1, "test": 0.2, "seed": 0}


def carved(labels: np.ndarray = LABELS, **changed: float) -> dict[str, np.ndarray]:
    return carve(labels, [None] * len(labels), ASKED | changed)


def test_every_picture_is_in_one_split_and_classes_keep_their_shares() -> None:
    rows = carved()
    assert sorted(np.concatenate(list(rows.values()))) == list(range(100))
    assert {name: np.bincount(LABELS[own]).tolist() for name, own in rows.items()} == {
        "train": [43, 22, 7], "validation": [5, 2, 1], "test": [12, 6, 2],
    }  # fmt: skip


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    first, again, other = carved(), carved(), carved(seed=1)
    for name, own in first.items():
        np.testing.assert_array_equal(own, again[name])
        assert set(own) != set(other[name])


def test_the_test_split_does_not_depend_on_the_validation_share() -> None:
    assert set(carved()["test"]) == set(carved(validation=0.4)["test"])
    assert "validation" not in carved(validation=0)


def test_a_further_class_does_not_change_the_draw_of_the_others() -> None:
    fewer = LABELS[LABELS < 2]
    short = carve(fewer, [None] * 90, ASKED)["test"]
    assert set(short) == {i for i in carved()["test"] if LABELS[i] < 2}


def test_every_beginning_holds_the_classes_in_proportion() -> None:
    for own in carved().values():
        share = np.bincount(LABELS[own], minlength=3) / len(own)
        seen = np.cumsum(LABELS[own][:, None] == np.arange(3), axis=0)
        expected = np.arange(1, len(own) + 1)[:, None] * share
        assert np.abs(seen - expected).max() < 1.5


def test_within_a_class_the_order_is_that_of_the_folder() -> None:
    for own in carved().values():
        for c in range(3):
            assert (np.diff(own[LABELS[own] == c]) > 0).all()


def test_one_picture_of_each_class_stays_to_train_on() -> None:
    rows = carved(np.array([0, 0, 1, 1, 2, 2]), test=0.9, validation=0.5)
    assert np.bincount(rows["train"] // 2).tolist() == [1, 1, 1]
    assert np.bincount(rows["test"] // 2).tolist() == [1, 1, 1]
    assert "validation" not in rows


def test_the_only_picture_of_a_class_is_tested_with() -> None:
    rows = carved(np.array([0, 0, 1, 1, 2]))
    assert 4 in rows["test"]
    assert len(rows["test"]) == 3
    assert len(rows["train"]) == 2


def test_of_one_picture_a_class_all_are_tested_with() -> None:
    assert {name: sorted(own) for name, own in carved(np.arange(3)).items()} == {"test": [0, 1, 2]}


@pytest.mark.parametrize("name", ["test", "validation"])
def test_a_folder_without_a_training_split_is_carved(name: str) -> None:
    rows = carve(np.arange(6) % 3, [name] * 6, ASKED)
    assert {key: len(own) for key, own in rows.items()} == {name: 6}


def test_pictures_of_no_split_beside_others_are_refused() -> None:
    with pytest.raises(InputError, match="3 pictures belong to no split, others to train, test"):
        carve(np.arange(6) % 3, ["train", "train", "test", None, None, None], ASKED)


def test_apportion_gives_exactly_n_in_proportion() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        counts = rng.integers(1, 100, 5)
        n = int(rng.integers(1, counts.sum()))
        shares = apportion(counts, n)
        assert shares.sum() == n
        assert (np.abs(shares - counts * n / counts.sum()) < 1).all()
        assert (shares <= counts).all()


def test_draws_of_different_splits_are_independent() -> None:
    labels, each = np.zeros(1000, np.int64), np.array([100])
    test = draw(labels, each, seed=0, split="test")
    validation = draw(labels, each, seed=0, split="validation")
    assert len(set(test)) == len(set(validation)) == 100
    assert 0 < len(set(test) & set(validation)) < 30
