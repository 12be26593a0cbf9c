"""The room a store takes: what is there, what has to go, and what was left behind."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.home import make_private
from core.store.repair import need_folder, set_aside

__all__ = ["Space", "contents", "file_lock", "folders"]

log = logging.getLogger(__name__)

STALE_SECONDS = 3600.0
KEPT_BY_EVICTION = 0.9  # evicting a little more than needed keeps most writes free of it
LOCK_WAIT_SECONDS = 0.2
LOCK_POLL_SECONDS = 0.02
# Every room that locks in this home; a process that is killed leaves the file.
LOCK_FILES = ("locks/*.lock", "datasets/*.lock", "slices/*.lock", "looks/*/*.lock")


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
        own = (self.entries, self._drafts, self._trash, self._locks)
        if self._swept and all(folder.is_dir() for folder in own):
            return
        make_private(self._root)
        for folder in own:
            need_folder(self._root, folder)
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
                    size = sum(
                        file.stat(follow_symlinks=False).st_size for file in os.scandir(folder)
                    )
                    found.append((folder.stat().st_mtime, size, folder))
        return sorted(found)

    def add(self, size: int, *, keep: str) -> None:
        """Account for a new entry and evict old ones, but not ``keep``, if space is short."""
        with file_lock(self.lock_file("usage")):
            before = self._read_usage()
            usage = self._count() if before is None else before + size
            if usage > self._max_bytes:
                usage = self._evict(keep)
            self._write_usage(usage)
        self._empty_trash()

    def clear(self) -> int:
        """Delete every entry and return how many there were."""
        with file_lock(self.lock_file("usage")):
            gone = sum(self._discard(folder) for _, _, folder in self.scan())
            self._read_usage()  # what lies in its place is out of the way then
            self._write_usage(0)
        self._empty_trash()
        return gone

    def sweep(self) -> int:
        """Delete what killed writers left behind and return how many folders that were."""
        stale = [draft for draft in contents(self._drafts) if _is_stale(draft)]
        for draft in stale:
            _remove(draft)
        self._empty_trash()
        for pattern in LOCK_FILES:
            for path in self._root.glob(pattern):
                _sweep_lock(path)
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

    def _count(self) -> int:
        return sum(size for _, size, _ in self.scan())

    def _discard(self, folder: Path) -> bool:
        """Rename into the trash: a reader sees the whole entry or none."""
        with suppress(FileNotFoundError):
            folder.rename(self._trash / f"{folder.name}-{uuid.uuid4().hex}")
            return True
        return False

    def _empty_trash(self) -> None:
        for path in contents(self._trash):
            _remove(path)

    def _read_usage(self) -> int | None:
        """Return the account, ``None`` where there is none that can be true: count anew."""
        try:
            usage = int(self._usage.read_text())
        except FileNotFoundError:
            return None
        except IsADirectoryError:
            set_aside(self._root, self._usage, "is no file")
            return None
        except ValueError:
            usage = -1
        if usage >= 0:
            return usage
        log.warning("The account %s holds no number of bytes; they are counted anew.", self._usage)
        return None

    def _write_usage(self, usage: int) -> None:
        self._usage.write_text(f"{usage}\n")


@contextmanager
def file_lock(path: Path, *, check: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a lock across processes; ``check`` is called while waiting and may raise."""
    if path.is_dir():
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        path.rename(aside)
        log.warning("%s is no file; set aside in %s.", path, aside)
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


def contents(parent: Path) -> list[Path]:
    """Return what is in ``parent``; nothing if it does not exist."""
    try:
        return [Path(item.path) for item in os.scandir(parent)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def folders(parent: Path) -> list[Path]:
    """Return the folders in ``parent``, and nothing else that is there."""
    return [path for path in contents(parent) if path.is_dir() and not path.is_symlink()]


def _remove(path: Path) -> None:
    """Delete a file or a folder, as far as that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _sweep_lock(path: Path) -> None:
    """Delete a lock file that nobody holds: its holder died, or it would have deleted it."""
    with suppress(OSError), FileLock(path).acquire(timeout=0):
        path.unlink()


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
    if host != socket.gethostname() or not (pid.isascii() and pid.isdigit()):
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    return False
