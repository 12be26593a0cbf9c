"""Which code gives the verdicts: what was measured with another one is measured anew."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import core

__all__ = ["code_fingerprint"]

_CODE = ("*.py", "models/shipped/*/run.json")


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """Return the SHA-256 of everything in ``core`` that a verdict could depend on.

    A finer one would have to know which rooms a verdict passes through.
    """
    root = Path(core.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _CODE for path in root.rglob(pattern)):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
