"""A small cache with a cap on its weight, safe between threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Lru"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Keeps the most recently used values, as long as their weights fit.

    ``st.cache_data`` samples big arrays when it makes a key, so that two pictures can share one;
    here the caller names the key (a SHA-256) and pays nothing for hashing.

    Parameters
    ----------
    capacity : int
        Sum of weights to keep.
    weight : callable, optional
        Weight of a value; 1 each by default.

    Examples
    --------
    >>> cache = Lru[str, int](capacity=2)
    >>> for name in "abc":
    ...     _ = cache.get_or(name, lambda: 0)
    >>> cache.get("a") is None
    True
    """

    def __init__(self, capacity: int, weight: Callable[[V], int] = lambda value: 1) -> None:
        self._capacity = capacity
        self._weight = weight
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return the value of ``key`` and mark it as used; ``None`` if it is not here."""
        with self._lock:
            entry = self._values.get(key)
            if entry is None:
                return None
            self._values.move_to_end(key)
            return entry[0]

    def put(self, key: K, value: V) -> None:
        """Keep ``value``; the least recently used values go until all fit."""
        weight = self._weight(value)
        with self._lock:
            self._drop(key)
            self._values[key] = (value, weight)
            self._total += weight
            while self._total > self._capacity and len(self._values) > 1:
                self._drop(next(iter(self._values)))

    def get_or(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of ``key``, made at the first call."""
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value)
        return value

    def drop(self, key: K) -> None:
        """Forget ``key``, if it is here."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: K) -> None:
        entry = self._values.pop(key, None)
        if entry is not None:
            self._total -= entry[1]
