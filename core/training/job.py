"""A run while it is under way: what recipes see of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core import numerals
from core.contracts import Array, Epoch, ModelRef, Run, TrainRequest
from core.control import Control
from core.data.base import Dataset
from core.errors import InputError
from core.training.checkpoints import Arrays, Checkpoint, Checkpoints

if TYPE_CHECKING:
    from core.training.placement import Placement

__all__ = ["Job", "Trained", "Tracker"]


class Tracker(Protocol):
    """Somebody who writes down how a run goes (:mod:`core.training.tracking`)."""

    def epoch(self, epoch: Epoch) -> None:
        """Take down an epoch."""

    def end(self, run: Run) -> None:
        """Take down the finished run."""


@dataclass
class Trained:
    """What a recipe returns.

    Parameters
    ----------
    model : keras.Model
        Pixels in [0, 1] to logits, of ``architecture`` at ``size`` pixels.
    test_logits : ndarray, shape (n_test, n_classes), optional
        Of the test split, where the recipe has them at hand.
    facts : dict
        Figures of the recipe by name.
    """

    model: Any
    architecture: str
    size: int
    test_logits: Array | None = None
    facts: dict[str, float | int | str | bool] = field(default_factory=dict)


@dataclass
class Job:
    """One run.

    Parameters
    ----------
    folder : Path
        Its folder among the unfinished ones.
    state : Checkpoint or None
        Where it was stopped, if it was.
    history : list of Epoch
        What is done, of all stages.
    finished : dict
        What each stage left that is done: its model's variables.
    placement : Placement
        The devices that it runs on.
    saved : int
        Epoch of the history whose weights the last stage left.
    """

    request: TrainRequest
    dataset: Dataset
    control: Control
    folder: Path
    checkpoints: Checkpoints
    tracker: Tracker
    placement: Placement
    state: Checkpoint | None = None
    history: list[Epoch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    finished: dict[str, Arrays] = field(default_factory=dict)
    saved: int = 0

    def number(self, name: str) -> float:
        """Return a parameter as a float."""
        return float(self.request.parameters[name])

    def distance(self, name: str) -> float:
        """Return a parameter that is a distance between pixels in [0, 1]."""
        return numerals.fraction(self.request.parameters[name])

    def whole(self, name: str) -> int:
        """Return a parameter as an int."""
        return int(self.request.parameters[name])

    def text(self, name: str) -> str:
        """Return a parameter as a string."""
        return str(self.request.parameters[name])

    @property
    def base(self) -> ModelRef:
        """The model that the run starts from.

        Raises
        ------
        InputError
            If there is none.
        """
        if self.request.base is None:
            raise InputError(f"{self.request.recipe} needs a model to start from (--base ID).")
        return self.request.base

    @property
    def n_classes(self) -> int:
        """Number of the dataset's classes."""
        return len(self.dataset.classes)

    def note(self, text: str) -> None:
        """Remember what people should know of this run."""
        if text not in self.notes:
            self.notes.append(text)
