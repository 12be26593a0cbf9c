"""Files of models that pages are handed: kept in this home until they are taken in, or a day."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import time
from pathlib import Path, PurePosixPath

from core.errors import StoreError
from core.runs import unfinished_root

__all__ = ["keep_upload"]

_KEPT_SECONDS = 24 * 3600
_PREFIX = "uploaded-"
_UNSAFE = re.compile(r"[^\w.\- ]+")


def keep_upload(name: str, data: bytes) -> Path:
    """Write what was uploaded to a file of its own; those of yesterday are removed.

    Parameters
    ----------
    name : str
        The file's; a stranger's text.
    data : bytes

    Returns
    -------
    Path
        The same for the same bytes under the same name.

    Raises
    ------
    StoreError
        If the disk is full.
    """
    own = PurePosixPath(name.replace("\\", "/")).name
    own = _UNSAFE.sub("_", own).strip(" .")[-100:] or "model"
    root = unfinished_root()
    folder = root / f"{_PREFIX}{hashlib.sha256(data).hexdigest()[:32]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        folder.touch()
        file = folder / own
        if not file.is_file():
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as draft:
                draft.write(data)
            Path(draft.name).replace(file)
    except OSError as error:
        raise StoreError(f"Cannot keep the file: {error.strerror or error}.") from error
    return file


def _sweep(root: Path) -> None:
    for folder in root.glob(f"{_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
