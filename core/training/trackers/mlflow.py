"""MLflow: a run at the server, or in the database, that ``MLFLOW_TRACKING_URI`` names."""

from __future__ import annotations

import os
import time

from core.contracts import Epoch, Run
from core.training.trackers.base import (
    Beginning,
    RunTracker,
    recall,
    remember,
    scalars,
    summary,
)  # fmt: skip

__all__ = ["MLflow"]

_EXPERIMENT = "pellucid"
_EVERY_EPOCH = "loss/train"


class MLflow(RunTracker):
    """MLflow Tracking, through its client: no run that is "active" in the whole process."""

    id = "mlflow"
    module = "mlflow"
    # The whole package wants an older pyarrow; SQLAlchemy and Alembic are for sqlite: addresses.
    install = "pip install mlflow-skinny sqlalchemy alembic"

    def __init__(self, beginning: Beginning) -> None:
        # What goes out goes to the address that the user gave, and nowhere else.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient

        self._client = MlflowClient()
        known = recall(beginning.folder, self.id).get("run", "")
        self._run = known if known and self._is_there(known) else self._begun(beginning)
        self._client.update_run(self._run, status="RUNNING")
        taken = self._client.get_metric_history(self._run, _EVERY_EPOCH)
        # MLflow keeps what was logged twice: an epoch that comes again is left as it was.
        self._done = max((metric.step for metric in taken), default=0)
        for epoch in beginning.history:
            self.epoch(epoch)

    def epoch(self, epoch: Epoch) -> None:
        """Log the epoch's scalars; its step is the epoch's number."""
        if epoch.epoch <= self._done:
            return
        self._log(scalars(epoch), step=epoch.epoch)
        self._done = epoch.epoch

    def end(self, run: Run) -> None:
        """Log the run's figures, and that it is finished."""
        self._log(summary(run), step=len(run.history))
        self._client.set_terminated(self._run, status="FINISHED")

    def stop(self, *, failed: bool) -> None:
        """Say that the run failed, or was stopped."""
        self._client.set_terminated(self._run, status="FAILED" if failed else "KILLED")

    def _begun(self, beginning: Beginning) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", _EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        experiment = self._client.create_experiment(name) if found is None else found.experiment_id
        tags = {"model": beginning.model, "command": beginning.command}
        run = self._client.create_run(experiment, run_name=beginning.model, tags=tags).info.run_id
        remember(beginning.folder, self.id, {"run": run})
        for key, value in beginning.settings.items():
            self._client.log_param(run, key, value)
        return run

    def _is_there(self, run: str) -> bool:
        from mlflow.exceptions import MlflowException

        try:
            return self._client.get_run(run).info.lifecycle_stage == "active"
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False  # the address has changed since, or somebody deleted it

    def _log(self, numbers: dict[str, float], *, step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._client.log_batch(
            self._run, metrics=[Metric(key, value, now, step) for key, value in numbers.items()]
        )
