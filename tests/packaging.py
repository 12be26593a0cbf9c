"""What the tests of the package share: which files belong into it, names of distributions."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "dashboard")


def packed() -> set[str]:
    """Return every file of the two packages in the tree, what Python made of it left out."""
    return {
        (Path(folder) / name).relative_to(ROOT).as_posix()
        for package in PACKAGES
        for folder, _, names in os.walk(ROOT / package, followlinks=True)
        if "__pycache__" not in Path(folder).parts
        for name in names
        if not name.endswith(".pyc")
    }


def code_of(requirement: str) -> str:
    """Return the normalised name of a distribution in ``name[extra]>=1,<2``."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()
