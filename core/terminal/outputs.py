"""Files that commands write: none over what is read, none over another one that is written."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from itertools import chain, combinations, count
from pathlib import Path

import numpy as np

from core.contracts import ClassRef
from core.errors import InputError

__all__ = ["check_places", "class_suffix"]


def check_places(
    outputs: Mapping[str, Path | None], inputs: Sequence[str | Path | None], *, made: bool = False
) -> None:
    """Refuse files that cannot be written, or only over what is read or written besides.

    Parameters
    ----------
    outputs : mapping
        From option to the file it names, ``None`` where it was not given.
    inputs : sequence
        Files that the command reads; ``None`` and empty texts are passed over.
    made : bool
        Whether the command makes missing folders.

    Raises
    ------
    InputError
        Before anything is computed.
    """
    given = {option: path for option, path in outputs.items() if path is not None}
    read = [Path(each) for each in inputs if each]
    for option, path in given.items():
        _check_place(option, path, made=made)
        for each in read:
            if _is_one(path, each):
                raise InputError(
                    f"{option} {path} would be written over what this command reads ({each}). "
                    "Name another file."
                )
    for (first, a), (second, b) in combinations(given.items(), 2):
        if _is_one(a, b):
            raise InputError(
                f"{first} {a} and {second} {b} are one file: the second would be written over the "
                "first. Name two files."
            )


def _check_place(option: str, path: Path, *, made: bool) -> None:
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder; expected a file.")
    if not made and not path.parent.is_dir():
        what = "is no folder" if path.parent.exists() else "does not exist"
        raise InputError(
            f"{option} {path}: {path.parent} {what}. Name a file in a folder that is there."
        )
    written = path if path.exists() else path.parent
    if written.exists() and not os.access(written, os.W_OK):
        raise InputError(f"{option} {path}: {written} may not be written to. Name another place.")


def _is_one(a: Path, b: Path) -> bool:
    """Say whether two paths lead to one file, however they are spelt, linked, there or not."""
    if a.exists() and b.exists():
        return a.samefile(b)
    return a.resolve() == b.resolve()


def class_suffix(held: Path, classes: Sequence[ClassRef]) -> str:
    """Return what to add to names: ``""``, or the classes where ``held`` is about others.

    Parameters
    ----------
    held : Path
        The npz that would be written over.
    classes : sequence of ClassRef
        What the new one is about.
    """
    wanted = [(one.index, one.label) for one in classes]
    own = f".class-{'-'.join(str(one.index) for one in classes)}"
    # A target of several classes has the index of the first, and a name of its own.
    further = (f"{own}.{n}" for n in count(2))
    return next(
        suffix for suffix in chain(("", own), further)
        if _is_about(held.with_name(f"{held.stem}{suffix}{held.suffix}"), wanted)
    )  # fmt: skip


def _is_about(path: Path, wanted: Sequence[tuple[int, str]]) -> bool:
    """Say whether a result may be written here: nothing stands here, or one about the same."""
    if not os.path.lexists(path):
        return True
    held = _classes_in(path)
    return held is not None and len(held) == len(wanted) and all(
        index == i and label in (name, None)
        for (index, label), (i, name) in zip(held, wanted, strict=True)
    )  # fmt: skip


def _classes_in(path: Path) -> list[tuple[int, str | None]] | None:
    """Return the classes of a result that was written before, ``None`` if it is none of ours."""
    try:
        with np.load(path, allow_pickle=False) as data:
            if "classes" in data:  # where there are no metadata
                indices = [int(index) for index in data["classes"]]
                if "labels" not in data:  # written before there were such
                    return [(index, None) for index in indices]
                return list(zip(indices, map(str, data["labels"]), strict=True))
            document = json.loads(str(data["metadata"]))
        named = document.get("targets") or [document["target"], document.get("against")]
        return [(int(one["index"]), str(one["label"])) for one in named if one is not None]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
