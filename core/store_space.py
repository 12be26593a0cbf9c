"""The room a store takes: what is there, what has to go, and what was left behind."""

from __future__ import annotations

import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["Space", "file_lock", "folders"]

STALE_SECONDS = 3600.0
KEPT_BY_EVICTION = 0.9  # evicting a little more than needed keeps most writes free of it
LOCK_WAIT_SECONDS = 0.2
LOCK_POLL_SECONDS = 0.02


class Space:
    """Drafts, entries and trash under one root, with an account of the bytes.

    The account is a file that every writer adds to under a lock; scanning all entries at every
    write would cost more than the write. Each eviction sets it right.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.entries = root / "store"
        self._drafts = root / "tmp"
        self._trash = root / "trash"
        self._locks = root / "locks"
        self._usage = root / "usage"
        self._root = root
        self._max_bytes = max_bytes
        self._swept = False

    def prepare(self) -> None:
        """Make the folders if need be, and clean up once."""
        if self._swept and self._drafts.is_dir():
            return
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.entries, self._drafts, self._trash, self._locks):
            folder.mkdir(exist_ok=True)
        self._swept = True
        self.sweep()

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """Give an empty folder to write in; what is still there afterwards is deleted."""
        folder = self._drafts / f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex}"
        try:
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def lock_file(self, name: str) -> Path:
        """Return where the lock of that name lives."""
        return self._locks / f"{name}.lock"

    def scan(self) -> list[tuple[float, int, Path]]:
        """Return (last use, bytes, folder) of each entry, the least recently used first."""
        found = []
        for shard in folders(self.entries):
            for folder in folders(shard):
                with suppress(FileNotFoundError):  # evicted meanwhile
                    size = sum(file.stat().st_size for file in os.scandir(folder))
                    found.append((folder.stat().st_mtime, size, folder))
        return sorted(found)

    def add(self, size: int, *, keep: str) -> None:
        """Account for a new entry and evict old ones, but not ``keep``, if space is short."""
        with file_lock(self.lock_file("usage")):
            usage = self._read_usage() + size
            if usage > self._max_bytes:
                usage = self._evict(keep)
            self._write_usage(usage)
        self._empty_trash()

    def clear(self) -> int:
        """Delete every entry and return how many there were."""
        with file_lock(self.lock_file("usage")):
            gone = sum(self._discard(folder) for _, _, folder in self.scan())
            self._write_usage(0)
        self._empty_trash()
        return gone

    def sweep(self) -> int:
        """Delete what killed writers left behind and return how many folders that were."""
        stale = [draft for draft in folders(self._drafts) if _is_stale(draft)]
        for draft in stale:
            shutil.rmtree(draft, ignore_errors=True)
        self._empty_trash()
        return len(stale)

    def _evict(self, keep: str) -> int:
        scanned = self.scan()
        usage = sum(size for _, size, _ in scanned)
        if usage <= self._max_bytes:
            return usage
        for _, size, folder in scanned:
            if usage <= self._max_bytes * KEPT_BY_EVICTION:
                break
            if folder.name != keep and self._discard(folder):
                usage -= size
        return usage

    def _discard(self, folder: Path) -> bool:
        """Rename into the trash: a reader sees the whole entry or none."""
        with suppress(FileNotFoundError):
            folder.rename(self._trash / f"{folder.name}-{uuid.uuid4().hex}")
            return True
        return False

    def _empty_trash(self) -> None:
        for folder in folders(self._trash):
            shutil.rmtree(folder, ignore_errors=True)

    def _read_usage(self) -> int:
        try:
            return int(self._usage.read_text())
        except (FileNotFoundError, ValueError):
            return sum(size for _, size, _ in self.scan())

    def _write_usage(self, usage: int) -> None:
        self._usage.write_text(f"{usage}\n")


@contextmanager
def file_lock(path: Path, *, check: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a lock across processes; ``check`` is called while waiting and may raise."""
    lock = FileLock(path)
    while not _acquired(lock):
        if check is not None:
            check()
    try:
        yield
    finally:
        # Unlinked while held, so that lock files do not pile up: filelock makes sure, after
        # locking, that the file it locked is still the one of that name.
        with suppress(OSError):
            path.unlink()
        lock.release()


def folders(parent: Path) -> list[Path]:
    """Return what is in ``parent``; nothing if it does not exist."""
    try:
        return [Path(item.path) for item in os.scandir(parent)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=LOCK_WAIT_SECONDS, poll_interval=LOCK_POLL_SECONDS)
    except Timeout:
        return False
    return True


def _is_stale(draft: Path) -> bool:
    """Tell whether the writer named in ``<host>-<pid>-<random>`` is gone or has given up."""
    with suppress(FileNotFoundError):
        if time.time() - draft.stat().st_mtime > STALE_SECONDS:
            return True
    host, _, pid = draft.name.rpartition("-")[0].rpartition("-")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
