"""Excel workbooks: their first sheet as CSV, decoded where neither size nor content can do harm."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.contracts import count_text
from core.errors import InputError

__all__ = ["Sheet", "read_sheet"]

_MAX_UNPACKED = 512 * 2**20
_MAX_MEMORY = 1536 * 2**20
_MAX_SECONDS = 30
_MAX_CSV = 96 * 2**20
_MAX_ENTRIES = 10_000
_MENDABLE = 3
"""Status of the child where a person can mend the sheet; it says how."""
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as CSV; ``note`` says which one it is, and what else nobody sees."""

    csv: bytes
    note: str


def read_sheet(path: Path, *, name: str) -> Sheet:
    """Return the first visible sheet that has cells.

    Raises
    ------
    InputError
        If the file is no workbook, is damaged, or unpacks to more than is read.
    """
    stat = path.stat()
    return _read(str(path), stat.st_size, stat.st_mtime_ns, name)


@lru_cache(maxsize=2)
def _read(path: str, size: int, modified_ns: int, name: str) -> Sheet:
    del size, modified_ns  # with the path they stand for the content
    _check_archive(path, name)
    with tempfile.TemporaryDirectory(prefix="pellucid-sheet-") as folder:
        table = Path(folder) / "table.csv"
        done = subprocess.run(
            [
                sys.executable, "-I", str(Path(__file__).with_name("workbook_child.py")),
                path, str(table), str(_MAX_MEMORY), str(_MAX_SECONDS), str(_MAX_CSV),
            ],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        if done.returncode == 1:
            raise _refused(name, done.stderr)
        if done.returncode == _MENDABLE:
            raise InputError(f"{name}: {done.stderr.strip()[:400]}.")
        if done.returncode:  # ended by a limit of the system
            raise _too_large(name)
        return Sheet(table.read_bytes(), _note(*json.loads(done.stdout)))


def _note(chosen: str, of: int, filled: list[str], errors: list[str], hidden: int) -> str:
    said = [f"The sheet {chosen!r} was read, the first of {of} with cells."] if of > 1 else []
    if filled:
        said.append(f"Merged cells count for each row that they cover: {_few(filled)}.")
    if errors:
        said.append(f"Cells with an error, such as #DIV/0!, read as no value: {_few(errors)}.")
    if hidden:
        rows = f"{count_text(hidden, 'hidden row')} {'is' if hidden == 1 else 'are'} counted too"
        said.append(f"{rows}: take out what a filter hides, if it is not meant.")
    return " ".join(said)


def _few(cells: list[str]) -> str:
    return ", ".join(cells[:_SHOWN]) + (f", … ({len(cells)} in all)" * (len(cells) > _SHOWN))


def _check_archive(path: str, name: str) -> None:
    """Check what an archive says of itself before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, zlib.error) as error:
        raise InputError(f"{name} is no Excel workbook, or damaged ({error}).") from error
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MAX_UNPACKED or len(entries) > _MAX_ENTRIES:
        raise _too_large(name)


def _refused(name: str, said: str) -> InputError:
    last = (said.strip().splitlines() or ["it cannot be read"])[-1]
    if last.startswith(("MemoryError", "OSError")):
        return _too_large(name)
    return InputError(f"{name} is no Excel workbook, or damaged ({last[:200]}).")


def _too_large(name: str) -> InputError:
    return InputError(
        f"{name} unpacks to more than is read of a workbook ({_MAX_UNPACKED // 2**20} MiB, "
        f"{_MAX_SECONDS} s). Save the sheet as CSV, which may have any size."
    )
