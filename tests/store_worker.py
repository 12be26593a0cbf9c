"""Processes that use a store, for the tests that kill them. Imports only the store and NumPy."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

import numpy as np

from core.contracts import Artefact
from core.store import Store

SIDE = 64


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def artefact_of(number: int) -> Artefact:
    """An artefact in which every part repeats the number, so that a mixture shows."""
    array = np.full((SIDE, SIDE), number, np.float32)
    return Artefact({"number": number}, {"map": array, "twin": array.copy()})


def is_whole(number: int, artefact: Artefact) -> bool:
    arrays = artefact.arrays
    return (
        artefact.document == {"number": number}
        and set(arrays) == {"map", "twin"}
        and all(a.shape == (SIDE, SIDE) and bool((a == number).all()) for a in arrays.values())
    )


def churn(store: Store) -> None:
    """Write, read and evict without end; leave with status 3 at the first torn entry."""
    random = np.random.default_rng(os.getpid())
    while True:
        number = int(random.integers(40))
        store.put(key_of(number), artefact_of(number))
        other = int(random.integers(40))
        found = store.get(key_of(other))
        if store.damaged_count or (found is not None and not is_whole(other, found)):
            sys.exit(3)


def compute_slowly(store: Store, trace: Path) -> None:
    def compute() -> Artefact:
        with trace.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(0.3)
        return artefact_of(7)

    artefact, cached = store.get_or_compute(key_of(7), compute)
    assert is_whole(7, artefact)
    print(cached, flush=True)


def hold_lock(store: Store, number: int) -> None:
    with store.lock(key_of(number)):
        print("locked", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    role, root, max_bytes, *rest = sys.argv[1:]
    opened = Store(Path(root), int(max_bytes))
    if role == "compute":
        compute_slowly(opened, Path(rest[0]))
    elif role == "hold":
        hold_lock(opened, int(rest[0]) if rest else 1)
    elif role == "put":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            opened.put(key_of(1), artefact_of(1))
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
