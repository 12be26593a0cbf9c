"""Checkpoints of a run under way: its whole state after an epoch, whole or not at all.

::

    <home>/runs/unfinished/<key>/request.json
    <home>/runs/unfinished/<key>/checkpoint-0003/state.safetensors   every variable, in order
    <home>/runs/unfinished/<key>/checkpoint-0003/state.json          where it stands; written last

A checkpoint is a folder that is renamed into place, so a process that is killed between two files
leaves the one before it. The last two are kept; one that fails its checksum is passed over.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import Artefact, Epoch
from core.errors import StoreError
from core.runs import file_facts, write_json
from core.store.entry import fsync_folder

__all__ = ["FINISHED", "Arrays", "Checkpoint", "Checkpoints", "history_of"]

log = logging.getLogger(__name__)
_STATE, _DOCUMENT, _NAME = "state.safetensors", "state.json", "checkpoint-"
_KEPT = 2
FINISHED = "finished"
"""Prefix of the arrays that stages left which are done: ``finished/<stage>/<name>``."""
Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run after an epoch.

    Parameters
    ----------
    stage : str
        Part of the recipe that the epoch belongs to.
    done : int
        Epochs of this stage that are done.
    history : tuple of Epoch
        Of all stages.
    arrays : dict
        Variables of model and optimizer, the best weights so far, and the models of the stages
        before this one.
    facts : dict
        Plain values that the loop needs to go on.
    """

    stage: str
    done: int
    history: tuple[Epoch, ...]
    arrays: Arrays
    facts: dict[str, Any]

    def finished(self) -> dict[str, Arrays]:
        """Return the arrays of each stage that is done, by its name."""
        stages: dict[str, Arrays] = {}
        for key, array in self.arrays.items():
            kind, _, rest = key.partition("/")
            if kind == FINISHED:
                stage, _, name = rest.partition("/")
                stages.setdefault(stage, {})[name] = array
        return stages


class Checkpoints:
    """The checkpoints in a run's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, state: Checkpoint) -> None:
        """Write a checkpoint and drop all but the last two.

        Raises
        ------
        StoreError
            If the disk is full or the folder cannot be written; older checkpoints stay.
        """
        from safetensors.numpy import save_file

        target = self._folder / f"{_NAME}{len(state.history):04d}"
        draft = self._folder / f".draft-{os.getpid()}"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            save_file({k: np.ascontiguousarray(v) for k, v in state.arrays.items()}, draft / _STATE)
            with (draft / _STATE).open("rb") as file:
                os.fsync(file.fileno())
            digest, size = file_facts(draft / _STATE)
            document = {
                "stage": state.stage,
                "done": state.done,
                "history": [epoch.to_artefact().document for epoch in state.history],
                "facts": state.facts,
                "sha256": digest,
                "bytes": size,
            }
            write_json(draft / _DOCUMENT, document)
            fsync_folder(draft)
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
            fsync_folder(self._folder)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise StoreError(
                f"Cannot write a checkpoint to {self._folder}: {error.strerror or error}. Free "
                "some space and start the same run again: it goes on from its last checkpoint."
            ) from error
        for old in self._folders()[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def latest(self) -> Checkpoint | None:
        """Return the newest checkpoint that is whole, ``None`` if there is none."""
        for folder in self._folders():
            try:
                return _read(folder)
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.warning("The checkpoint in %s is passed over: %s", folder, error)
        return None

    def clear(self) -> None:
        """Delete every checkpoint."""
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        """Return the checkpoints' folders, the newest first."""
        return sorted(self._folder.glob(f"{_NAME}*"), reverse=True)


def history_of(folder: Path) -> tuple[Epoch, ...]:
    """Return the epochs that a run under way has done, without reading its weights."""
    for checkpoint in sorted(folder.glob(f"{_NAME}*"), reverse=True):
        try:
            return _epochs(json.loads((checkpoint / _DOCUMENT).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # being replaced, or torn: the one before it will do
    return ()


def _epochs(document: dict[str, Any]) -> tuple[Epoch, ...]:
    return tuple(Epoch.from_artefact(Artefact(epoch)) for epoch in document["history"])


def _read(folder: Path) -> Checkpoint:
    from safetensors.numpy import load_file

    document = json.loads((folder / _DOCUMENT).read_bytes())
    if file_facts(folder / _STATE) != (document["sha256"], document["bytes"]):
        raise ValueError("its weights are not those that were written")
    return Checkpoint(
        stage=document["stage"],
        done=document["done"],
        history=_epochs(document),
        arrays=load_file(folder / _STATE),
        facts=document["facts"],
    )
