"""The record of looks: which questions a table was asked, so that a reader knows how many.

::

    <home>/looks/<table>/<visit>.json    looks of one visit (or of the command line) at one table

Names are digests. A look is the request's key, its kind of work, which rows it took, the chance of
a false flag that it allows, and when it was first asked: no column, no cell, no finding. Records
that nobody added to for half a year are deleted.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from core.contracts import AuditRequest, Look, Looks
from core.errors import StoreError
from core.home import home
from core.runs import write_json
from core.store.size import file_lock, folders

__all__ = ["EVERYBODY", "document", "look", "look_ahead", "looks_at"]

EVERYBODY = ""
"""The visit of the command line and of Python: whoever owns the home sees all looks in it."""
_FAMILIES = {"fairness": 2, "fairness_slices": 1, "fairness_mitigation": 4}
"""Families of tests in one look, each at α: an audit tests gaps and single groups; a mitigation is
two audits, before and after.
"""
_KEPT_SECONDS = 180 * 24 * 3600
_LAST_MOMENT = 2.0**32  # in 2106: no record is from then, and a calendar can still say when it was
_RECORD = TypeAdapter(dict[Literal["looks"], tuple[Look, ...]])
_log = logging.getLogger(__name__)


def look(request: AuditRequest, *, visit: str = EVERYBODY) -> Looks:
    """Record that a question was answered, unless it was before, and return how many there are.

    Parameters
    ----------
    request : AuditRequest
        About a table, or a model on a dataset.
    visit : str
        Whose looks count: those of one visit to the dashboard alone, or all of this home.

    Raises
    ------
    StoreError
        If the record cannot be written.
    """
    folder = _folder(request)
    path = folder / f"{_digest(visit)}.json"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file_lock(path.with_suffix(".lock")):
            _add(path, request)
    except OSError as error:
        raise StoreError(
            f"Cannot record the look in {folder}: {error.strerror or error}. Make the folder "
            "writable, or set PELLUCID_HOME to another one."
        ) from error
    found = looks_at(request, visit=visit)
    assert found is not None, "it was recorded"
    return found


def looks_at(request: AuditRequest, *, visit: str = EVERYBODY) -> Looks | None:
    """Return the looks at a request's table, ``None`` if this question has not been asked."""
    first, whole = _recorded(_folder(request), visit)
    return _looks(first, whole, request.key) if request.key in first else None


def look_ahead(request: AuditRequest, *, visit: str = EVERYBODY) -> Looks:
    """Return the looks at a request's table as they would be with this question."""
    first, whole = _recorded(_folder(request), visit)
    first.setdefault(request.key, _asked(request))
    return _looks(first, whole, request.key)


def _looks(first: dict[str, Look], whole: bool, key: str) -> Looks:
    return Looks(tuple(first.values()), [*first].index(key) + 1, whole)


def _recorded(folder: Path, visit: str) -> tuple[dict[str, Look], bool]:
    """Return each question by its key, oldest first, and whether all records could be read."""
    name = "*" if visit == EVERYBODY else _digest(visit)
    found: list[Look] = []
    whole = not list(folder.glob(f"{name}.damaged"))
    for path in sorted(folder.glob(f"{name}.json")):
        try:
            found += _read(path)
        except ValueError:  # the next look sets it aside
            whole = False
    first: dict[str, Look] = {}
    for each in sorted(found, key=lambda each: each.at):
        first.setdefault(each.key, each)
    return first, whole


def document(found: Looks) -> dict[str, Any]:
    """Return looks as plain JSON; ``fresh`` is ``None`` where other rows than the kept ones are."""
    kinds = [each.kind for each in found.looks]
    return {
        "number": found.number,
        "of": len(found.looks),
        "audits": kinds.count("fairness"),
        "slice_searches": kinds.count("fairness_slices"),
        "mitigations": kinds.count("fairness_mitigation"),
        "false_flag_chance": found.chance,
        "first_asked": found.this.when,
        "fresh": found.fresh,
        "text": found.text,
    }


def _add(path: Path, request: AuditRequest) -> None:
    """Add a question to a record, if it isn't there; a damaged record is set aside."""
    try:
        own = _read(path)
    except ValueError as error:
        _log.warning("The record of looks %s is damaged, and set aside: %s", path, error)
        path.rename(path.with_suffix(".damaged"))
        own = ()
    if request.key in {each.key for each in own}:
        return
    if not own:
        _forget_old(path.parent.parent)
    write_json(path, {"looks": [asdict(each) for each in (*own, _asked(request))]})


def _asked(request: AuditRequest) -> Look:
    rules = request.rules
    families = _FAMILIES[request.kind]
    return Look(
        key=request.key,
        kind=request.kind,
        rows=request.rows,
        chance=rules.alpha * families if rules.adjust == "holm" else None,
        at=time.time(),
    )


def _folder(request: AuditRequest) -> Path:
    """Return where the looks at a request's table are: whatever its name, columns and rules."""
    predict = request.predict
    if predict is not None:
        parts = (predict.fingerprint, predict.split, predict.model.id, predict.weights_sha256)
        data = "\0".join(parts)
    else:
        assert request.table is not None, "columns in memory have no record"
        data = request.table.sha256
    return home() / "looks" / _digest(data)


def _digest(text: str) -> str:
    return hashlib.sha256(f"looks\0{text}".encode()).hexdigest()[:32]


def _read(path: Path) -> tuple[Look, ...]:
    """Return a record's looks; ``ValueError`` if it is damaged."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return ()
    except IsADirectoryError as error:
        raise ValueError("it is a folder") from error
    found = _RECORD.validate_python(document)["looks"]
    if not all(0 <= each.at <= _LAST_MOMENT for each in found):
        raise ValueError("it holds a time that is none")
    return found


def _forget_old(root: Path) -> None:
    oldest = time.time() - _KEPT_SECONDS
    for folder in folders(root):
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
