"""Names of files that commands write: a second class beside the first, none over the other."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.contracts import ClassRef

__all__ = ["class_suffix"]


def class_suffix(held: Path, classes: Sequence[ClassRef]) -> str:
    """Return what to add to names: ``""``, or the classes where ``held`` is about others.

    Parameters
    ----------
    held : Path
        The npz that would be written over.
    classes : sequence of ClassRef
        What the new one is about.
    """
    wanted = [one.index for one in classes]
    if not held.is_file() or _classes_in(held) == wanted:
        return ""
    return f".class-{'-'.join(map(str, wanted))}"


def _classes_in(path: Path) -> list[int] | None:
    """Return the classes of a result that was written before, ``None`` if it is none of ours."""
    try:
        with np.load(path, allow_pickle=False) as data:
            if "classes" in data:  # where there are no metadata
                return [int(index) for index in data["classes"]]
            document = json.loads(str(data["metadata"]))
        named = document.get("targets") or [document["target"], document.get("against")]
        return [int(one["index"]) for one in named if one is not None]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
