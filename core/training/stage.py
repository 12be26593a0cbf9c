"""A stretch of a recipe, as a value: what is trained, how, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.data.feed import Feed
from core.models.tensorflow import keras
from core.training.objective import Objective
from core.training.optimisation import Schedule

__all__ = ["Stage"]


@dataclass
class Stage:
    """One stretch of a recipe: a model, what it minimises, and on what.

    Parameters
    ----------
    name : str
        Unique in the recipe.
    model : keras.Model
        All of its variables go into the checkpoints; its trainable ones are trained.
    optimizer : callable
        Makes a fresh one; called once, on the run's devices.
    rate : Schedule
        Learning rate by the time in epochs.
    validation, test : Feed, optional
        Measured after each epoch.
    patience : int
        Epochs without a better validation loss after which the stage stops and the best weights
        are taken back; 0: never.
    share : tuple of float
        The part of the run's bar that this stage is.
    before_step : callable, optional
        Receives the time in epochs before each step: for objectives that change on the way. What it
        sets must follow from the time alone, since a run may go on from there.
    """

    name: str
    model: keras.Model
    objective: Objective
    optimizer: Callable[[], keras.optimizers.Optimizer]
    rate: Schedule
    epochs: int
    feed: Feed
    validation: Feed | None = None
    test: Feed | None = None
    patience: int = 0
    share: tuple[float, float] = (0.0, 1.0)
    before_step: Callable[[float], object] | None = None
