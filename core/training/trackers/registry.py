"""The one list of trackers, and those that ``PELLUCID_TRACKERS`` names."""

from __future__ import annotations

from importlib.util import find_spec

from core.errors import InputError
from core.registry import Registry
from core.settings import settings
from core.training.trackers.base import RunTracker
from core.training.trackers.mlflow import MLflow
from core.training.trackers.tensorboard import TensorBoard
from core.training.trackers.wandb import WandB

__all__ = ["TRACKERS", "chosen"]

_TRACKERS: tuple[type[RunTracker], ...] = (TensorBoard, MLflow, WandB)

TRACKERS: Registry[type[RunTracker]] = Registry("tracker", _TRACKERS)


def chosen() -> tuple[type[RunTracker], ...]:
    """Return the trackers that are wanted, each once.

    Raises
    ------
    UnknownNameError
        If there is none of a name; the text lists what there is.
    InputError
        If the package of one is missing; the text says how to get it.
    """
    names = [name.strip() for name in settings().trackers.split(",") if name.strip()]
    found = tuple(TRACKERS.find(name) for name in dict.fromkeys(names))
    for tracker in found:
        if find_spec(tracker.module) is None:
            raise InputError(
                f"PELLUCID_TRACKERS names {tracker.id}, but the package {tracker.module!r} is not "
                f"installed: {tracker.install}. Or take {tracker.id} out of PELLUCID_TRACKERS."
            )
    return found
