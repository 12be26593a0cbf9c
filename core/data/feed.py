"""Batches for the loop: pictures held in memory up to a cap, beyond it streamed from the disk.

The order of an epoch depends on (seed, epoch) alone, so a run that is resumed sees what an
uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.data.base import Part
from core.data.picture import picture_part
from core.data.spill import Spill
from core.models.tensorflow import tf
from core.settings import settings

__all__ = ["ArrayFeed", "Batch", "Feed", "Order", "PartFeed", "shuffled"]

Batch = tuple[Any, Any, Any]
"""Tensors x ``(B, …)`` float32, y ``(B, n_classes)`` float32, weights ``(B,)`` float32."""
Augment = Callable[[Any, Any, Any], tuple[Any, Any]]
"""``augment(x, y, seed)`` with a seed ``(2,)`` int32, traced into the pipeline."""
Order = Callable[[int], npt.NDArray[np.int64]]
_CHUNK = 256
_THREADS = 2


class Feed(Protocol):
    """What the loop trains on, and what it measures on."""

    n: int
    batch_size: int

    @property
    def steps(self) -> int:
        """Steps an epoch."""

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, shuffled and augmented."""

    def ordered(self) -> Iterator[Batch]:
        """Yield every example once, as it is, in order."""


def shuffled(n: int, seed: int) -> Order:
    """Return the plain order: each example once an epoch."""
    return lambda epoch: np.random.default_rng((seed, 0x0BDE, epoch)).permutation(n)


class _Base:
    def __init__(
        self,
        labels: npt.NDArray[np.int64],
        n_classes: int,
        *,
        batch_size: int,
        seed: int,
        order: Order | None = None,
        weights: Array | None = None,
        augment: Augment | None = None,
    ) -> None:
        self.n = len(labels)
        self.batch_size = min(batch_size, self.n)
        self._seed = seed
        self._order = order or shuffled(self.n, seed)
        self._augment = augment
        self._y = tf.one_hot(labels, n_classes, dtype=tf.float32)
        self._w = tf.constant(np.ones(self.n, np.float32) if weights is None else weights)

    @property
    def steps(self) -> int:
        """Steps an epoch; what does not fill a batch waits for another epoch."""
        return self.n // self.batch_size

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, shuffled and augmented."""
        order = self._order(number)[: self.steps * self.batch_size]
        batches = self._batches(order)
        if self._augment is not None:
            augment = self._augment

            def changed(step: Any, batch: Batch) -> Batch:
                x, y, w = batch
                at = tf.cast(step, tf.int32) + number * 1_000_003
                x, y = augment(x, y, tf.stack([tf.constant(self._seed % 2**31, tf.int32), at]))
                return x, y, w

            batches = batches.enumerate().map(
                changed, num_parallel_calls=_THREADS, deterministic=True
            )
        return iter(batches.prefetch(2))

    def ordered(self) -> Iterator[Batch]:
        """Yield every example once, as it is, in order."""
        return iter(self._batches(np.arange(self.n)).prefetch(2))

    def _batches(self, order: npt.NDArray[np.int64]) -> tf.data.Dataset:
        indices = tf.data.Dataset.from_tensor_slices(order).batch(self.batch_size)
        return indices.map(self._gather, num_parallel_calls=_THREADS, deterministic=True)

    def _gather(self, at: Any) -> Batch:
        return self._x(at), tf.gather(self._y, at), tf.gather(self._w, at)

    def _x(self, at: Any) -> Any:
        raise NotImplementedError


class ArrayFeed(_Base):
    """Examples that are arrays already: cached features.

    Parameters
    ----------
    x : ndarray of float32, shape (n, width)
    """

    def __init__(self, x: Array, labels: npt.NDArray[np.int64], n_classes: int, **options: Any):
        super().__init__(labels, n_classes, **options)
        self.width = int(x.shape[-1])
        self._data = tf.constant(x)

    def _x(self, at: Any) -> Any:
        return tf.gather(self._data, at)


class PartFeed(_Base):
    """The pictures of a split at a model's size.

    Parameters
    ----------
    part : Part
    size : int
        Side of the model's input, in pixels.
    n_classes : int
    batch_size, seed : int
    order : callable, optional
        Epoch → indices; by default each picture once.
    weights : ndarray of float32, shape (n,), optional
        Of each picture in the loss.
    augment : callable, optional
    """

    def __init__(self, part: Part, size: int, n_classes: int, **options: Any) -> None:
        super().__init__(part.labels, n_classes, **options)
        self._size = size
        self._held: Any | None = None
        if len(part) * size * size * 3 <= settings().dataset_memory_gb * 1e9:
            self._held = tf.constant(_all_pixels(part, size))
        else:
            self._spill = Spill(part, size)

    def _x(self, at: Any) -> Any:
        if self._held is not None:
            pixels = tf.gather(self._held, at)
        else:
            pixels = tf.numpy_function(self._spill.pixels, [at], tf.uint8, stateful=False)
            pixels = tf.ensure_shape(pixels, (None, self._size, self._size, 3))
        return tf.cast(pixels, tf.float32) / 255.0


def _all_pixels(part: Part, size: int) -> npt.NDArray[np.uint8]:
    whole = picture_part(part)
    chunks = [range(i, min(i + _CHUNK, len(part))) for i in range(0, len(part), _CHUNK)]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pellucid-decode") as pool:
        return np.concatenate(list(pool.map(lambda c: whole.pixels(c, (size, size, 3)), chunks)))
