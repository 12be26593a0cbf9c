"""The content-addressed store: results by the SHA-256 of everything they depend on.

::

    <root>/store/<aa>/<key>/   entries; a folder appears whole or not at all
    <root>/tmp/                entries being written; leftovers of killed writers are swept
    <root>/trash/              entries on their way out
    <root>/damaged/            entries that failed their checksums, and whatever lay in the place of
                               something else, kept for inspection
    <root>/locks/              one file lock per key in work, one for the accounts; those of dead
                               processes are swept
    <root>/usage               bytes in the store, an estimate that each eviction corrects

Many processes share one store. No file holds a pickle.
"""

from __future__ import annotations

import errno
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.contracts import Artefact
from core.errors import StoreError
from core.store.entry import Damaged, fsync_folder, read_entry, read_manifest, write_entry
from core.store.repair import ASIDE, clear_the_way, set_aside
from core.store.size import Space, contents, file_lock

__all__ = ["Damage", "Entry", "Stats", "Store"]

log = logging.getLogger(__name__)

KEY = re.compile(r"[0-9a-f]{64}")


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
        self._space = Space(self.root, self.max_bytes)
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

        A damaged entry, or what lies in its place, is moved to ``damaged/``, logged, and is a miss.

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
        except NotADirectoryError as error:
            if self._clear_the_way(key):
                return None
            raise self._error("read", error) from error
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
            self._space.prepare()
            with self._space.draft() as draft:
                size = write_entry(draft, key, artefact, kind=kind)
                self._clear_the_way(key)
                added = _publish(draft, folder)
        except OSError as error:
            raise self._error("write", error) from error
        if added:
            self._account(key, size)

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
        with ExitStack() as held:
            try:
                self._space.prepare()
                held.enter_context(file_lock(self._space.lock_file(key), check=check))
            except OSError as error:
                raise self._error("lock", error) from error
            yield

    def set_aside(self, key: str, reason: str) -> None:
        """Move a damaged entry out of the way, log it and remember it."""
        try:
            target = set_aside(self.root, self._folder(key), f"is damaged ({reason})")
        except OSError as error:
            raise self._error("write", error) from error
        if target is not None:
            self._damage.append(Damage(key, reason, target))

    def entries(self) -> list[Entry]:
        """Return every entry, the least recently used first; damaged ones are set aside."""
        found = []
        for used, size, folder in self._space.scan():
            key = folder.name
            if not KEY.fullmatch(key):
                continue  # a stranger's folder
            try:
                manifest = read_manifest(folder)
            except FileNotFoundError:
                continue  # evicted meanwhile
            except Damaged as error:
                self.set_aside(key, str(error))
                continue
            kind, created = str(manifest.get("kind", "unknown")), float(manifest["created"])
            found.append(Entry(key, kind, size, created, used))
        return found

    def stats(self) -> Stats:
        """Count entries, bytes and damage."""
        scanned = self._space.scan()
        aside = len(contents(self.root / ASIDE))
        size = sum(size for _, size, _ in scanned)
        return Stats(self.root, len(scanned), size, self.max_bytes, aside)

    def clear(self) -> int:
        """Delete every entry and everything set aside; return how many entries there were."""
        try:
            self._space.prepare()
            gone = self._space.clear()
        except OSError as error:
            raise self._error("write", error) from error
        shutil.rmtree(self.root / ASIDE, ignore_errors=True)
        return gone

    def sweep(self) -> int:
        """Delete what killed writers left behind; return how many folders that were."""
        return self._space.sweep()

    def _folder(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise StoreError(f"A store key has 64 lowercase hex digits. Received: {key!r:.80}.")
        return self._space.entries / key[:2] / key

    def _clear_the_way(self, key: str) -> bool:
        """Set aside what lies where the key's folder or one above it belongs, and is none."""
        folder = self._folder(key)
        places = (self._space.entries, folder.parent, folder)
        target = clear_the_way(self.root, *places)
        if target is not None:
            self._damage.append(Damage(key, "it is no folder", target))
        return target is not None

    def _account(self, key: str, size: int) -> None:
        try:
            self._space.add(size, keep=key)
        except OSError as error:  # the entry is in place; the next write counts again
            log.warning("Cannot account for the store in %s: %s", self.root, error)

    def _error(self, verb: str, error: OSError) -> StoreError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return StoreError(
                f"Cannot {verb} the store in {self.root}: the disk is full. "
                "Free some space, or set PELLUCID_HOME to a folder elsewhere."
            )
        return StoreError(
            f"Cannot {verb} the store in {self.root}: {error.strerror or error}. "
            "Make the folder readable and writable, or set PELLUCID_HOME to another one."
        )


def _publish(draft: Path, folder: Path) -> bool:
    """Move the draft into place; ``False`` if an entry is there already."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft.rename(folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    fsync_folder(folder.parent)
    return True
