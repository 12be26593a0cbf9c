"""Batches: the same ones whether the pictures are held in memory or streamed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from core.contracts import Picture
from core.data.picture import PicturePart, Pixels
from core.settings import settings

SIDE, N = 32, 150
BYTES = N * SIDE * SIDE * 3


class Counting(PicturePart):
    """Pictures made of their index; counts how many were asked for at once."""

    def __init__(self) -> None:
        labels = np.arange(N) % 3
        super().__init__("train", ids=[f"{i}" for i in range(N)], labels=labels)
        self.asked: list[int] = []

    def picture(self, index: int) -> Picture:
        rng = np.random.default_rng(index)
        return Picture(str(index), rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))

    def pixels(self, indices: Sequence[int], shape: tuple[int, ...]) -> Pixels:
        self.asked.append(len(indices))
        return super().pixels(indices, shape)


@pytest.fixture
def cap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Set ``PELLUCID_DATASET_MEMORY_GB`` to so many bytes."""

    def change(n_bytes: int) -> None:
        monkeypatch.setenv("PELLUCID_DATASET_MEMORY_GB", f"{n_bytes / 1e9:.12f}")
        settings.cache_clear()

    yield change
    monkeypatch.undo()
    settings.cache_clear()


def feed(**options: object) -> tuple[object, Counting]:
    from core.data.feed import PartFeed

    part = Counting()
    return PartFeed(part, SIDE, 3, batch_size=16, seed=3, **options), part


def arrays(batches: object) -> list[tuple[np.ndarray, ...]]:
    return [tuple(np.asarray(t) for t in batch) for batch in batches]


def test_held_below_the_cap_and_streamed_above_it(cap: Callable[[int], None]) -> None:
    cap(BYTES)
    held, part = feed()
    assert sum(part.asked) == N
    arrays(held.epoch(0))
    arrays(held.epoch(1))
    assert sum(part.asked) == N  # decoded once, whatever follows

    cap(BYTES - 1)
    streamed, part = feed()
    assert part.asked == []  # nothing before the first batch is wanted
    first = streamed.epoch(0)
    next(first)
    assert max(part.asked) <= 16
    assert sum(part.asked) <= 16 * 8  # a few batches ahead, never all of them
    arrays(first)
    assert sum(part.asked) == N // 16 * 16
    arrays(streamed.epoch(1))
    assert sum(part.asked) <= N  # what was decoded once lies on the disk
    arrays(streamed.ordered())
    arrays(streamed.epoch(2))
    assert sum(part.asked) == N


def test_a_disk_without_room_is_left_alone(
    cap: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cap(1000)
    roomy, _ = feed()
    free = shutil.disk_usage(settings().root)._replace(free=2 * BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    narrow, part = feed()
    for epoch in range(2):
        for one, other in zip(arrays(roomy.epoch(epoch)), arrays(narrow.epoch(epoch)), strict=True):
            np.testing.assert_array_equal(one[0], other[0])
    assert sum(part.asked) == 2 * (N // 16 * 16)


def test_nothing_is_left_on_the_disk(cap: Callable[[int], None]) -> None:
    cap(1000)
    root = settings().root
    before = set(root.iterdir()) if root.exists() else set()
    streamed, _ = feed()
    arrays(streamed.epoch(0))
    assert set(root.iterdir()) == before


def test_held_and_streamed_batches_are_the_same(cap: Callable[[int], None]) -> None:
    from core.models.tensorflow import tf

    def shift(x: object, y: object, seed: object) -> tuple[object, object]:
        noise = tf.random.stateless_uniform(tf.shape(x), seed)
        return x + noise, y

    seen = {}
    for name, n_bytes in (("held", BYTES), ("streamed", 1000)):
        cap(n_bytes)
        made, _ = feed(augment=shift, weights=np.linspace(0, 1, N).astype(np.float32))
        seen[name] = arrays(made.epoch(0)) + arrays(made.epoch(5)) + arrays(made.ordered())
        seen[name] += arrays(feed(augment=shift)[0].epoch(5))
    assert len(seen["held"]) == len(seen["streamed"]) == 9 + 9 + 10 + 9
    for one, other in zip(seen["held"], seen["streamed"]):
        for a, b in zip(one, other):
            np.testing.assert_array_equal(a, b)
    for a, b in zip(seen["held"][9:18], seen["held"][28:]):  # an epoch depends on no other
        np.testing.assert_array_equal(a[0], b[0])


def test_batches_hold_the_pictures_and_their_labels(cap: Callable[[int], None]) -> None:
    cap(1000)
    made, part = feed(weights=np.arange(N, dtype=np.float32))
    x, y, w = (np.concatenate(column) for column in zip(*arrays(made.ordered())))
    np.testing.assert_array_equal(
        np.rint(x * 255).astype(np.uint8), part.pixels(range(N), (SIDE, SIDE, 3))
    )
    np.testing.assert_array_equal(y, np.eye(3)[part.labels])
    np.testing.assert_array_equal(w, np.arange(N))
    order = np.concatenate([batch[2] for batch in arrays(made.epoch(0))]).astype(int)
    assert len(set(order)) == len(order) == N // 16 * 16
    assert (order != np.sort(order)).any()
    x, y, _ = arrays(made.epoch(0))[0]
    shown = np.rint(x * 255).astype(np.uint8)
    np.testing.assert_array_equal(shown, part.pixels(order[:16], (SIDE, SIDE, 3)))
    np.testing.assert_array_equal(y.argmax(axis=1), part.labels[order[:16]])
