"""Cards by their id, read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Protocol, TypeVar

__all__ = ["by_id"]


class Card(Protocol):
    """What a registry says of one of its entries."""

    @property
    def id(self) -> str:
        """Tells it from others."""


C = TypeVar("C", bound=Card)


def by_id(read: Callable[[], Iterable[C]]) -> Callable[[], dict[str, C]]:
    """Return the reader of a registry: its cards by id, in its order."""
    return lru_cache(maxsize=1)(lambda: {card.id: card for card in read()})
