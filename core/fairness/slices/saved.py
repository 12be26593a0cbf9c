"""Slices that somebody gave a name: kept on disk beside the runs, a file for each dataset or table.

They are everybody's who looks at the same data on this server, as its models are.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

from core.contracts import Slice
from core.errors import InputError
from core.home import home
from core.runs import write_json
from core.store.size import file_lock

__all__ = ["MOST_SAVED", "forget_slice", "save_slice", "saved_slices"]

MOST_SAVED = 100
_LONGEST_NAME = 60
_LONGEST_TEXT = 500
_log = logging.getLogger(__name__)


def saved_slices(data: str) -> dict[str, Slice]:
    """Return the saved slices of some data by name, in the order in which they were saved.

    Parameters
    ----------
    data : str
        What they are slices of: the fingerprint of a dataset, or the SHA-256 of a table.
    """
    path = _file(data)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): Slice.parse(text) for name, text in document["slices"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        _log.warning("The saved slices in %s cannot be read and are left out: %s", path, error)
        return {}


def save_slice(data: str, name: str, chosen: Slice) -> None:
    """Save a slice under a name; an equal name is replaced.

    Raises
    ------
    InputError
        If the name is empty, too long or not printable, the slice has no conditions, or there are
        too many already.
    """
    named = " ".join(name.split())
    if not named or len(named) > _LONGEST_NAME or not named.isprintable():
        raise InputError(
            f"The name of a slice has 1 to {_LONGEST_NAME} printable characters. "
            f"Received: {name[:80]!r}."
        )
    if not chosen.conditions or len(chosen.text) > _LONGEST_TEXT:
        raise InputError(
            "A slice needs at least one condition, such as sex=f, and at most "
            f"{_LONGEST_TEXT} characters. Received: {chosen.text[:80]!r}."
        )
    path = _file(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(path.with_suffix(".lock")):
        kept = saved_slices(data)
        if named not in kept and len(kept) >= MOST_SAVED:
            raise InputError(f"{MOST_SAVED} slices are saved for this data. Delete one first.")
        _write(path, {**kept, named: chosen})


def forget_slice(data: str, name: str) -> None:
    """Delete a saved slice; one that is not there is gone already."""
    path = _file(data)
    if not path.exists():
        return
    with file_lock(path.with_suffix(".lock")):
        _write(path, {k: v for k, v in saved_slices(data).items() if k != name})


def _write(path: Path, kept: dict[str, Slice]) -> None:
    write_json(path, {"slices": {name: chosen.text for name, chosen in kept.items()}})


def _file(data: str) -> Path:
    digest = hashlib.sha256(data.encode()).hexdigest()
    return home() / "slices" / f"{digest[:32]}.json"
