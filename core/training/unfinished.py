"""Runs under way and runs that were stopped, as they lie on disk; free of TensorFlow."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.contracts import Epoch, TrainRequest
from core.errors import InputError
from core.runs import unfinished_root, write_json
from core.training.checkpoints import history_of

__all__ = ["UnfinishedRun", "begin", "discard", "unfinished_runs"]

log = logging.getLogger(__name__)
_REQUEST = "request.json"


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that has begun and not ended: under way, stopped, or killed.

    Parameters
    ----------
    request : TrainRequest
        Submitted again, it goes on from its last checkpoint.
    history : tuple of Epoch
        What is done and kept.
    changed : float
        When it last wrote something, in seconds since the epoch.
    """

    request: TrainRequest
    history: tuple[Epoch, ...]
    changed: float


def begin(request: TrainRequest) -> Path:
    """Return the folder of a run, made and labelled with what was asked for."""
    folder = unfinished_root() / request.key
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / _REQUEST).is_file():
        write_json(folder / _REQUEST, request.to_document())
    return folder


def unfinished_runs() -> tuple[UnfinishedRun, ...]:
    """Return what lies unfinished, the latest first.

    Returns
    -------
    tuple of UnfinishedRun
    """
    if not unfinished_root().is_dir():
        return ()
    found = [run for folder in unfinished_root().iterdir() if (run := _read(folder)) is not None]
    return tuple(sorted(found, key=lambda run: -run.changed))


def discard(key: str) -> None:
    """Delete a run that lies unfinished, with its checkpoints.

    Raises
    ------
    InputError
        If there is none.
    """
    known = {run.request.key for run in unfinished_runs()}
    if key not in known:
        raise InputError(f"There is no unfinished run {key[:12]!r}.")
    shutil.rmtree(unfinished_root() / key, ignore_errors=True)


def _read(folder: Path) -> UnfinishedRun | None:
    try:
        document = json.loads((folder / _REQUEST).read_bytes())
        request = TrainRequest.from_document(document)
        changed = folder.stat().st_mtime
    except (OSError, ValueError) as error:
        if folder.is_dir() and (folder / _REQUEST).exists():
            log.warning("The unfinished run in %s is left out: %s", folder, error)
        return None
    return UnfinishedRun(request, history_of(folder), changed)
