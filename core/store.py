"""The content-addressed store: results by the SHA-256 of everything they depend on.

::

    <root>/store/<aa>/<key>/   entries; a folder appears whole or not at all
    <root>/tmp/                entries being written; leftovers of killed writers are swept
    <root>/trash/              entries on their way out
    <root>/damaged/            entries that failed their checksums, kept for inspection
    <root>/locks/              one file lock per key in work, one for the accounts
    <root>/usage               bytes in the store, an estimate that each eviction corrects

Many processes share one store. No file holds a pickle.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.contracts import Artefact
from core.errors import StoreError
from core.store_entry import Damaged, fsync_folder, read_entry, read_manifest, write_entry

__all__ = ["Damage", "Entry", "Stats", "Store"]

log = logging.getLogger(__name__)

KEY = re.compile(r"[0-9a-f]{64}")
STALE_SECONDS = 3600.0
KEPT_BY_EVICTION = 0.9  # evicting a little more than needed keeps most writes free of it
LOCK_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored artefact: sizes in bytes, times in seconds since the epoch."""

    key: str
    kind: str
    bytes: int
    created: float
    used: float


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry that failed its check and where it was put."""

    key: str
    reason: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Stats:
    """The store in figures; ``damaged`` counts entries set aside and not yet cleared."""

    root: Path
    entries: int
    bytes: int
    max_bytes: int
    damaged: int


class Store:
    """Artefacts under ``root``, at most about ``max_bytes`` of them.

    Parameters
    ----------
    root : Path
        Folder of the store; made at the first write.
    max_bytes : int
        Size cap; the least recently used entries go. The entry just written always stays.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root = Path(root)
        self.max_bytes = int(max_bytes)
        self._entries = self.root / "store"
        self._prepared = False
        self._damage: list[Damage] = []

    def __repr__(self) -> str:
        return f"Store({str(self.root)!r}, max_bytes={self.max_bytes})"

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What this process found damaged, oldest first."""
        return tuple(self._damage)

    @property
    def damaged_count(self) -> int:
        """How many damaged entries this process has set aside."""
        return len(self._damage)

    def get(self, key: str) -> Artefact | None:
        """Return the artefact, verified, or ``None`` if it has to be computed.

        A damaged entry is moved to ``damaged/``, logged, and counts as a miss.

        Raises
        ------
        StoreError
            If the folder cannot be read.
        """
        folder = self._folder(key)
        try:
            return read_entry(folder, key)
        except FileNotFoundError:
            return None
        except Damaged as error:
            self.set_aside(key, str(error))
            return None
        except OSError as error:
            raise self._error("read", error) from error

    def put(self, key: str, artefact: Artefact, *, kind: str = "artefact") -> None:
        """Store the artefact, whole or not at all; an entry that is there already stays.

        Raises
        ------
        StoreError
            If the disk is full or the folder cannot be written.
        """
        folder = self._folder(key)
        try:
            self._prepare()
            draft = self._drafts / f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex}"
            try:
                draft.mkdir()
                size = write_entry(draft, key, artefact, kind=kind)
                added = self._publish(draft, folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            if added:
                self._account(size, keep=key)
        except OSError as error:
            raise self._error("write", error) from error

    def contains(self, key: str) -> bool:
        """Tell whether there is an entry, without verifying it."""
        return self._folder(key).is_dir()

    def get_or_compute(
        self, key: str, compute: Callable[[], Artefact], *, kind: str = "artefact"
    ) -> tuple[Artefact, bool]:
        """Return the artefact and whether it was there; at most one process computes it."""
        if (found := self.get(key)) is not None:
            return found, True
        with self.lock(key):
            if (found := self.get(key)) is not None:
                return found, True
            artefact = compute()
            self.put(key, artefact, kind=kind)
            return artefact, False

    @contextmanager
    def lock(self, key: str, *, check: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the key's lock across processes; it ends with the process that holds it.

        ``check`` is called while waiting, so that a wait can be given up by an exception.
        """
        self._folder(key)
        with self._lock(key, check=check):
            yield

    def set_aside(self, key: str, reason: str) -> None:
        """Move a damaged entry out of the way, log it and remember it."""
        target = self.root / "damaged" / f"{key}-{time.time_ns()}"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folder(key).rename(target)
        except FileNotFoundError:
            return  # somebody else moved it first, and reports it
        except OSError as error:
            raise self._error("write", error) from error
        self._damage.append(Damage(key, reason, target))
        log.warning("Stored entry %s is damaged (%s); set aside in %s", key, reason, target)

    def entries(self) -> list[Entry]:
        """Return every entry, the least recently used first."""
        found = []
        for used, size, folder in self._scan():
            manifest = read_manifest(folder)
            created = float(manifest.get("created", used))
            kind = str(manifest.get("kind", "unknown"))
            found.append(Entry(folder.name, kind, size, created, used))
        return found

    def stats(self) -> Stats:
        """Count entries, bytes and damage."""
        scanned = self._scan()
        damaged = self.root / "damaged"
        aside = len(list(damaged.iterdir())) if damaged.is_dir() else 0
        size = sum(size for _, size, _ in scanned)
        return Stats(self.root, len(scanned), size, self.max_bytes, aside)

    def clear(self) -> int:
        """Delete every entry and everything set aside; return how many entries there were."""
        try:
            self._prepare()
            with self._lock("usage"):
                gone = sum(self._discard(folder) for _, _, folder in self._scan())
                self._write_usage(0)
            self._empty_trash()
            shutil.rmtree(self.root / "damaged", ignore_errors=True)
        except OSError as error:
            raise self._error("write", error) from error
        return gone

    def sweep(self) -> int:
        """Delete what killed writers left behind; return how many folders that were."""
        stale = [draft for draft in _folders(self._drafts) if _is_stale(draft)]
        for draft in stale:
            shutil.rmtree(draft, ignore_errors=True)
        self._empty_trash()
        return len(stale)

    @property
    def _drafts(self) -> Path:
        return self.root / "tmp"

    @property
    def _trash(self) -> Path:
        return self.root / "trash"

    def _folder(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise StoreError(f"A store key has 64 lowercase hex digits. Received: {key!r:.80}.")
        return self._entries / key[:2] / key

    def _prepare(self) -> None:
        if self._prepared:
            return
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._entries, self._drafts, self._trash, self.root / "locks"):
            folder.mkdir(exist_ok=True)
        self._prepared = True
        self.sweep()

    def _publish(self, draft: Path, folder: Path) -> bool:
        folder.parent.mkdir(exist_ok=True)
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
                return False
            raise
        fsync_folder(folder.parent)
        return True

    @contextmanager
    def _lock(self, name: str, *, check: Callable[[], None] | None = None) -> Iterator[None]:
        try:
            self._prepare()
            lock = FileLock(self.root / "locks" / f"{name}.lock")
            while not _acquired(lock):
                if check is not None:
                    check()
        except OSError as error:
            raise self._error("lock", error) from error
        try:
            yield
        finally:
            # Unlinked while held, so that lock files do not pile up: filelock makes sure, after
            # locking, that the file it locked is still the one of that name.
            with suppress(OSError):
                Path(lock.lock_file).unlink()
            lock.release()

    def _account(self, size: int, *, keep: str) -> None:
        with self._lock("usage"):
            usage = self._read_usage() + size
            if usage > self.max_bytes:
                usage = self._evict(keep)
            self._write_usage(usage)
        self._empty_trash()

    def _evict(self, keep: str) -> int:
        scanned = self._scan()
        usage = sum(size for _, size, _ in scanned)
        if usage <= self.max_bytes:
            return usage
        for _, size, folder in scanned:
            if usage <= self.max_bytes * KEPT_BY_EVICTION:
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
        for folder in _folders(self._trash):
            shutil.rmtree(folder, ignore_errors=True)

    def _read_usage(self) -> int:
        try:
            return int((self.root / "usage").read_text())
        except (FileNotFoundError, ValueError):
            return sum(size for _, size, _ in self._scan())

    def _write_usage(self, usage: int) -> None:
        (self.root / "usage").write_text(f"{usage:020d}")

    def _scan(self) -> list[tuple[float, int, Path]]:
        """Return (last use, bytes, folder) of each entry, the least recently used first."""
        found = []
        for shard in _folders(self._entries):
            for folder in _folders(shard):
                with suppress(FileNotFoundError):
                    size = sum(file.stat().st_size for file in os.scandir(folder))
                    found.append((folder.stat().st_mtime, size, folder))
        return sorted(found)

    def _error(self, verb: str, error: OSError) -> StoreError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            cause, remedy = "the disk is full", "Free some space, or set PELLUCID_HOME to a folder"
            return StoreError(
                f"Cannot {verb} the store in {self.root}: {cause}. {remedy} elsewhere."
            )
        return StoreError(
            f"Cannot {verb} the store in {self.root}: {error.strerror or error}. "
            "Make the folder readable and writable, or set PELLUCID_HOME to another one."
        )


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0.2, poll_interval=LOCK_POLL_SECONDS)
    except Timeout:
        return False
    return True


def _folders(parent: Path) -> list[Path]:
    try:
        return [Path(item.path) for item in os.scandir(parent)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_stale(draft: Path) -> bool:
    """Tell whether the writer named in ``<host>-<pid>-<random>`` is gone or has given up."""
    with suppress(FileNotFoundError):
        if time.time() - draft.stat().st_mtime > STALE_SECONDS:
            return True
    host, _, rest = draft.name.rpartition("-")[0].rpartition("-")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
