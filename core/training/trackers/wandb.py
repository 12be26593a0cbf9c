"""Weights & Biases: a run of the account, or a folder to sync later (``WANDB_MODE=offline``)."""

from __future__ import annotations

import os
import uuid

from core.contracts import Epoch, Run
from core.home import home
from core.training.trackers.base import (
    Beginning,
    RunTracker,
    recall,
    remember,
    scalars,
    summary,
)  # fmt: skip

__all__ = ["WandB"]

_PROJECT = "pellucid"
_NOT_FINISHED = 1
_NO_HOST = "-"
"""Without a name here, W&B takes the machine's."""


class WandB(RunTracker):
    """A run of W&B; offline ones lie in ``<home>/wandb`` unless ``WANDB_DIR`` says otherwise.

    Not in the run's folder, which moves when it is published: W&B prints the path to sync.
    """

    id = "wandb"
    module = "wandb"
    install = "pip install wandb"

    def __init__(self, beginning: Beginning) -> None:
        import wandb

        self._folder = beginning.folder
        known = recall(self._folder, self.id)
        self._id = str(known.get("run") or uuid.uuid4().hex[:12])
        # Its steps only go up, so an epoch whose checkpoint was lost is not taken down again.
        self._done = int(known.get("epochs", 0))
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", _PROJECT),
            id=self._id,
            resume="allow",
            reinit="create_new",
            name=beginning.model,
            dir=os.environ.get("WANDB_DIR", str(home())),
            config={**beginning.settings, "command": beginning.command},
            # Numbers and parameters go out; the machine, its folders, the code and what is
            # printed stay here.
            settings=wandb.Settings(
                console="off",
                disable_git=True,
                host=_NO_HOST,
                save_code=False,
                x_disable_machine_info=True,
                x_disable_meta=True,
                x_disable_stats=True,
                x_save_requirements=False,
            ),
        )
        self._remember()
        for epoch in beginning.history:
            self.epoch(epoch)

    def epoch(self, epoch: Epoch) -> None:
        """Log the epoch's scalars; its step is the epoch's number."""
        if epoch.epoch <= self._done:
            return
        self._run.log(scalars(epoch), step=epoch.epoch)
        self._done = epoch.epoch
        self._remember()

    def end(self, run: Run) -> None:
        """Give the run's figures as its summary, and close."""
        self._run.summary.update(summary(run))
        self._run.finish()

    def stop(self, *, failed: bool) -> None:
        """Close; a stopped run goes on under the same id."""
        del failed  # W&B knows finished and not finished
        self._run.finish(exit_code=_NOT_FINISHED)

    def _remember(self) -> None:
        remember(self._folder, self.id, {"run": self._id, "epochs": self._done})
