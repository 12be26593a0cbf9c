"""What a tracker is: somebody outside the run who takes down how it goes.

Only plain values reach it: numbers of epochs, parameters, the command. Never pictures.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from core.contracts import Epoch, Run
from core.parameters import Value
from core.runs import write_json

__all__ = ["Beginning", "RunTracker", "recall", "remember", "scalars", "summary"]


@dataclass(frozen=True)
class Beginning:
    """What a tracker is told when a run begins, or goes on.

    Parameters
    ----------
    model : str
        Id that the model will have.
    settings : dict
        Dataset, recipe, base and seed, and every parameter of the recipe.
    folder : Path
        The run's folder; what a tracker leaves in it moves along when the run is published.
    history : tuple of Epoch
        Epochs that are done already.
    """

    model: str
    command: str
    settings: dict[str, Value]
    folder: Path
    history: tuple[Epoch, ...]


class RunTracker(ABC):
    """A tracker of one run. ``__init__`` begins, and takes down what it lacks of the history.

    Attributes
    ----------
    module : str
        Package that must be there to import.
    install : str
        The command that brings it.
    """

    id: ClassVar[str]
    module: ClassVar[str]
    install: ClassVar[str]

    @abstractmethod
    def __init__(self, beginning: Beginning) -> None:
        """Begin, or go on where the same run was stopped."""

    @abstractmethod
    def epoch(self, epoch: Epoch) -> None:
        """Take down an epoch."""

    @abstractmethod
    def end(self, run: Run) -> None:
        """Take down the finished run, and close."""

    @abstractmethod
    def stop(self, *, failed: bool) -> None:
        """Close a run that was stopped, or that failed; it may go on another time."""


def scalars(epoch: Epoch) -> dict[str, float]:
    """Return the numbers of an epoch by their tags; what was not measured is left out."""
    measured = {
        "loss/train": epoch.train_loss,
        "loss/validation": epoch.val_loss,
        "loss/test": epoch.test_loss,
        "accuracy/train": epoch.train_accuracy,
        "accuracy/validation": epoch.val_accuracy,
        "accuracy/test": epoch.test_accuracy,
        "learning_rate": epoch.learning_rate,
        "seconds": epoch.seconds,
        "data_wait": epoch.data_wait,
    }
    return {tag: value for tag, value in measured.items() if value is not None}


def summary(run: Run) -> dict[str, float]:
    """Return the numbers of a finished run by their tags."""
    found = {"final/best_epoch": float(run.best_epoch), "final/seconds": run.seconds}
    if run.test is not None:
        found |= {
            "final/test_loss": run.test.loss,
            "final/test_accuracy": run.test.accuracy,
            "final/test_balanced_accuracy": run.test.balanced_accuracy,
        }
    numbers = {f"final/{k}": float(v) for k, v in run.facts.items() if not isinstance(v, str)}
    return found | numbers


def remember(folder: Path, tracker_id: str, document: dict[str, Any]) -> None:
    """Keep in the run's folder where a tracker has it."""
    write_json(folder / f"{tracker_id}.json", document)


def recall(folder: Path, tracker_id: str) -> dict[str, Any]:
    """Return what :func:`remember` kept, ``{}`` if nothing."""
    file = folder / f"{tracker_id}.json"
    return dict(json.loads(file.read_bytes())) if file.is_file() else {}
