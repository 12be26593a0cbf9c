"""Inputs opened ahead of the work, and the work done in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import TypeVar

from core.contracts import RequestFor, Result, Source
from core.control import Control, LocalControl
from core.engine.work import execute
from core.errors import ImageError
from core.workspace import open_store

__all__ = ["Unreadable", "answers"]

Unreadable = Callable[[int, ImageError], None]

_BATCH = 64

R = TypeVar("R", bound=Result)

T = TypeVar("T")


def answers(
    ready: Callable[[Source], RequestFor[R]],
    sources: Iterable[Source],
    control: Control | None,
    on_unreadable: Unreadable | None,
) -> Iterator[R]:
    """Yield the answer of each request that ``ready`` makes of a source, in their order."""
    for batch in _batches(_ahead(ready, sources, on_unreadable), _BATCH):
        yield from execute(batch, control or LocalControl(), open_store())


def _ahead(
    ready: Callable[[Source], T], sources: Iterable[Source], on_unreadable: Unreadable | None
) -> Iterator[T]:
    """Apply ``ready`` in a thread, at most two batches ahead (decoding releases the GIL)."""
    with ThreadPoolExecutor(1, thread_name_prefix="pellucid-decode") as pool:
        remaining = iter(sources)
        pending = [pool.submit(ready, s) for s in islice(remaining, 2 * _BATCH)]
        for index in count():
            if not pending:
                return
            first = pending.pop(0)
            pending += [pool.submit(ready, s) for s in islice(remaining, 1)]
            try:
                made = first.result()
            except ImageError as error:
                if on_unreadable is None:
                    raise
                on_unreadable(index, error)
            else:
                yield made


def _batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch
