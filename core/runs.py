"""Runs on disk: finished ones, which are models of the zoo, and those under way.

::

    <home>/runs/<model id>/          a finished run; its folder appears whole or not at all
        run.json                     the run (:class:`core.contracts.Run`) and its format
        model.safetensors            its weights
        card.md, tensorboard/, …     what trackers left
    <home>/runs/unfinished/<key>/    a run under way, or one that was stopped
        request.json                 what was asked for
        checkpoint-0003/             state after an epoch (:mod:`core.training.checkpoints`)

Results in the store may be evicted; runs stay until somebody deletes them. Runs that come with
Pellucid lie in ``core/models/shipped`` in the same form.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.contracts import Artefact, Run
from core.errors import InputError, StoreError
from core.home import home
from core.store.entry import fsync_folder

__all__ = [
    "FORMAT", "MANIFEST", "SHIPPED", "WEIGHTS", "delete_run", "file_facts", "finished_runs",
    "is_shipped", "manifest", "publish", "restate", "run_folder", "runs_root",
    "unfinished_root", "write_json",
]  # fmt: skip

log = logging.getLogger(__name__)

FORMAT = 2
_OLD = 1
"""In it ``best_epoch`` was that of the lowest validation loss, saved or not."""
MANIFEST = "run.json"
WEIGHTS = "model.safetensors"
SHIPPED = Path(__file__).resolve().parent / "models" / "shipped"
_UNFINISHED = "unfinished"
_read: dict[Path, tuple[int, dict[str, Run]]] = {}


def runs_root() -> Path:
    """Return the folder of finished runs."""
    return home() / "runs"


def unfinished_root() -> Path:
    """Return the folder of runs under way."""
    return runs_root() / _UNFINISHED


def finished_runs() -> Mapping[str, Run]:
    """Return every finished run by its model's id: those shipped, then those of this home.

    A manifest that cannot be read is logged and left out.
    """
    return _list(SHIPPED) | _list(runs_root())


def run_folder(model_id: str) -> Path:
    """Return the folder of a finished run.

    Parameters
    ----------
    model_id : str
        Id of the model that the run made.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If there is none.
    """
    for root in (runs_root(), SHIPPED):
        if model_id in _list(root):
            return root / model_id
    raise InputError(f"There is no run {model_id!r}.")


def is_shipped(model_id: str) -> bool:
    """Whether the run came with Pellucid.

    Parameters
    ----------
    model_id : str
        Id of the model that the run made.

    Returns
    -------
    bool
    """
    return model_id in _list(SHIPPED) and model_id not in _list(runs_root())


def manifest(run: Run) -> dict[str, Any]:
    """Return what stands in a run's ``run.json``."""
    return {"format": FORMAT, "run": run.to_artefact().document}


def publish(draft: Path, run: Run) -> Path:
    """Write the manifest into ``draft`` and move it into place, whole or not at all.

    A run of the same id that is there already stays.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    target = runs_root() / run.model
    try:
        write_json(draft / MANIFEST, manifest(run))
        fsync_folder(draft)
        try:
            draft.rename(target)
        except OSError:
            if not (target / MANIFEST).is_file():
                raise
            shutil.rmtree(draft, ignore_errors=True)
        fsync_folder(target.parent)
    except OSError as error:
        raise StoreError(
            f"Cannot keep the run in {target.parent}: {error.strerror or error}. Free some space, "
            "or set PELLUCID_HOME to a folder elsewhere; a run that was stopped goes on from its "
            "last checkpoint."
        ) from error
    return target


def restate(run: Run) -> None:
    """Write the manifest of a finished run anew, which its weights and its id outlive.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    try:
        write_json(runs_root() / run.model / MANIFEST, manifest(run))
    except OSError as error:
        raise StoreError(
            f"Cannot write into {runs_root() / run.model}: {error.strerror or error}."
        ) from error
    os.utime(runs_root())  # whoever has read the list reads it again


def delete_run(model_id: str) -> None:
    """Delete a finished run and its model.

    Parameters
    ----------
    model_id : str
        Id of the model that the run made.

    Raises
    ------
    InputError
        If there is none, or it came with Pellucid.
    """
    if is_shipped(model_id):
        raise InputError(f"{model_id} comes with Pellucid and cannot be deleted.")
    folder = run_folder(model_id)
    trash = unfinished_root() / f"deleted-{model_id}-{os.getpid()}"
    trash.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(trash)
    shutil.rmtree(trash, ignore_errors=True)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all, and make it survive a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def file_facts(path: Path) -> tuple[str, int]:
    """Return SHA-256 and bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _list(root: Path) -> dict[str, Run]:
    """Return the runs in ``root``, read again when one is added or removed."""
    try:
        stamp = root.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    kept = _read.get(root)
    if kept is None or kept[0] != stamp:
        found = {
            folder.name: run
            for folder in sorted(root.iterdir())
            if folder.name != _UNFINISHED and (run := _manifest(folder)) is not None
        }
        kept = _read[root] = (stamp, found)
    return kept[1]


def _manifest(folder: Path) -> Run | None:
    try:
        document = json.loads((folder / MANIFEST).read_bytes())
        if document["format"] not in (_OLD, FORMAT):
            raise ValueError(f"format {document['format']}, expected {FORMAT}")
        run = Run.from_artefact(Artefact(document["run"]))
        if document["format"] == _OLD:
            run = replace(run, best_epoch=_saved(run))
        if run.model != folder.name or Path(run.file).name != run.file:
            raise ValueError("the manifest is another run's")
        if (folder / run.file).stat().st_size != run.bytes:
            raise ValueError(f"{run.file} is not of the size that was written")
    except NotADirectoryError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("The run in %s is left out: %s", folder, error)
        return None
    return run


def _saved(run: Run) -> int:
    """Return the epoch whose weights an old run kept: the last one, or its stage's best."""
    if not run.parameters.get("patience") or not run.history:
        return len(run.history)
    stage = tuple(epoch for epoch in run.history if epoch.stage == run.history[-1].stage)
    lowest = replace(run, history=stage).lowest_validation
    return len(run.history) if lowest is None else lowest.epoch
