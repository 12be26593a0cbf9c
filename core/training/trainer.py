"""The loop: steps, epochs, checkpoints, and going on where a run was stopped.

Written out rather than left to ``keras.Model.fit``, because a stage must stop between two steps,
resume to the same result, take adversarial and contrastive objectives, and say where time goes.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.contracts import Epoch
from core.data.feed import Feed
from core.errors import TrainingError
from core.models.tensorflow import tf
from core.training.checkpoints import FINISHED, Arrays, Checkpoint
from core.training.job import Job
from core.training.measure import Measure
from core.training.stage import Stage
from core.training.step import prepared_optimizer, training_step

__all__ = ["fit"]

log = logging.getLogger(__name__)
_CHECK_STEPS = 25
"""Steps between two looks at the loss: a look waits for the device."""
_LEAST_BATCH = 2


def fit(job: Job, stage: Stage) -> None:
    """Train a stage, from its last checkpoint if there is one; each epoch leaves another.

    Raises
    ------
    TrainingError
        If the loss stops being a number.
    Cancelled
        Between two steps.
    StoreError
        If a checkpoint cannot be written.
    """
    if stage.name in job.finished:  # a later stage was under way
        _fill(stage.model.variables, job.finished[stage.name], "model")
        return
    run = _Fit(job, stage)
    if job.state is not None and job.state.stage == stage.name:
        run.restore(job.state)
    run.train()
    job.finished[stage.name] = _taken(stage.model.variables, "model")


def _taken(variables: Sequence[Any], name: str) -> Arrays:
    return {f"{name}/{i:04d}": np.array(v) for i, v in enumerate(variables)}


def _fill(variables: Sequence[Any], arrays: Arrays, name: str) -> None:
    for i, variable in enumerate(variables):
        variable.assign(arrays[f"{name}/{i:04d}"].reshape(tuple(variable.shape)))


class _Fit:
    def __init__(self, job: Job, stage: Stage) -> None:
        self.stage, self.job = stage, job
        self.done = 0
        self.best: tuple[float, int] | None = None
        self.best_weights: list[Any] | None = None
        self.optimizer = prepared_optimizer(stage.optimizer, stage.model, job.placement)
        self._step = training_step(stage.model, stage.objective, self.optimizer, job.placement)
        self._measure = Measure(stage.model)
        self._fill_devices()

    # ---- state

    def restore(self, state: Checkpoint) -> None:
        """Take back what a checkpoint holds."""
        _fill(self.stage.model.variables, state.arrays, "model")
        _fill(self.optimizer.variables, state.arrays, "optimizer")
        self.done = state.done
        if "best" in state.facts:
            self.best = (float(state.facts["best"][0]), int(state.facts["best"][1]))
            self.best_weights = [
                state.arrays[f"best/{i:04d}"].reshape(tuple(v.shape))
                for i, v in enumerate(self.stage.model.weights)
            ]
        batch = state.facts.get("batch_size")
        if batch is not None:
            self.stage.feed.batch_size = int(batch)
        for text in state.facts.get("notes", ()):
            self.job.note(text)

    def state(self) -> Checkpoint:
        """Return everything that going on from here needs."""
        stage = self.stage
        arrays = _taken(stage.model.variables, "model")
        arrays |= _taken(self.optimizer.variables, "optimizer")
        for name, kept in self.job.finished.items():
            arrays |= {f"{FINISHED}/{name}/{key}": array for key, array in kept.items()}
        facts: dict[str, Any] = {"batch_size": stage.feed.batch_size, "notes": self.job.notes}
        if self.best is not None and self.best_weights is not None:
            facts["best"] = list(self.best)
            arrays |= {f"best/{i:04d}": np.array(v) for i, v in enumerate(self.best_weights)}
        return Checkpoint(stage.name, self.done, tuple(self.job.history), arrays, facts)

    # ---- the way

    def train(self) -> None:
        stage, job = self.stage, self.job
        before = self.state()
        while self.done < stage.epochs and not self._patience_is_out():
            try:
                epoch = self._epoch()
            except tf.errors.ResourceExhaustedError as error:
                self.restore(before)
                self._halve(error)
                before = self.state()
                continue
            self.done += 1
            job.history.append(epoch)
            self._note_best(epoch)
            before = self.state()
            job.checkpoints.save(before)
            job.tracker.epoch(epoch)
        job.saved = len(job.history)
        if self.best is not None and self.best_weights is not None:
            job.saved += self.best[1] - self.done
            if self.done < stage.epochs:
                job.note(
                    f"Stopped after {self.done} of {stage.epochs} epochs: the validation loss was "
                    f"lowest after {self.best[1]}, whose weights were kept."
                )
            for variable, value in zip(stage.model.weights, self.best_weights, strict=True):
                variable.assign(value)

    def _patience_is_out(self) -> bool:
        if not self.stage.patience or self.best is None:
            return False
        return self.done - self.best[1] >= self.stage.patience

    def _note_best(self, epoch: Epoch) -> None:
        if not self.stage.patience or epoch.val_loss is None:
            return
        if self.best is None or epoch.val_loss < self.best[0]:
            self.best = (epoch.val_loss, self.done)
            self.best_weights = [np.array(v) for v in self.stage.model.weights]

    def _halve(self, error: Exception) -> None:
        feed = self.stage.feed
        if feed.batch_size < 2 * max(_LEAST_BATCH, self.job.placement.n):
            raise TrainingError(
                "There is not enough memory on the device even for two pictures a step. Choose a "
                "smaller model or input size."
            ) from error
        for each in (feed, self.stage.validation, self.stage.test):
            if each is not None:
                each.batch_size = max(1, each.batch_size // 2)
        self._fill_devices()
        self.job.note(f"The device ran out of memory; batches were halved to {feed.batch_size}.")

    def _fill_devices(self) -> None:
        """Round the batch down to what the devices can share evenly."""
        feed, n = self.stage.feed, self.job.placement.n
        if feed.batch_size < n:
            raise TrainingError(
                f"{n} devices cannot share a batch of {feed.batch_size} pictures. Use larger "
                "batches or more pictures, or fewer devices (CUDA_VISIBLE_DEVICES)."
            )
        feed.batch_size -= feed.batch_size % n

    def _epoch(self) -> Epoch:
        stage, job = self.stage, self.job
        began = time.perf_counter()
        waited = 0.0
        steps = stage.feed.steps
        loss = right = tf.constant(0.0)
        rate = 0.0
        batches = stage.feed.epoch(self.done)
        for number in range(steps):
            job.control.check()
            asked = time.perf_counter()
            x, y, weights = next(batches)
            waited += time.perf_counter() - asked
            rate = stage.rate(self.done + number / steps)
            if stage.before_step is not None:
                stage.before_step(self.done + number / steps)
            seed = tf.constant([job.request.seed % 2**31, self.done * 1_000_003 + number], tf.int32)
            step_loss, step_right = self._step(
                *job.placement.spread(x, y, weights), seed, tf.constant(rate, tf.float32)
            )
            loss, right = loss + step_loss, right + step_right
            if number % _CHECK_STEPS == 0:
                self._refuse_divergence(float(step_loss))
            self._report((self.done + (number + 1) / steps) / stage.epochs)
        seconds = time.perf_counter() - began
        self._refuse_divergence(float(loss))
        val = self._measured(stage.validation)
        test = self._measured(stage.test)
        return Epoch(
            epoch=len(job.history) + 1,
            stage=stage.name,
            train_loss=float(loss) / steps,
            train_accuracy=float(right) / steps if stage.objective.labelled else None,
            val_loss=val[0],
            val_accuracy=val[1],
            test_loss=test[0],
            test_accuracy=test[1],
            learning_rate=rate,
            seconds=seconds,
            data_wait=waited / seconds,
        )

    def _measured(self, feed: Feed | None) -> tuple[float | None, float | None]:
        if feed is None:
            return None, None
        return self._measure(feed, self.job.control)

    def _refuse_divergence(self, loss: float) -> None:
        if math.isfinite(loss):
            return
        rate = self.job.request.parameters.get("learning_rate")
        raise TrainingError(
            f"The loss is no number any more after {self.done + 1} epochs of the stage "
            f"{self.stage.name!r}: the training diverged. Use a smaller learning rate (it was "
            f"{rate}), a longer warm-up, or look for broken pictures. No model was kept."
        )

    def _report(self, share: float) -> None:
        stage, job = self.stage, self.job
        low, high = stage.share
        last = job.history[-1] if job.history else None
        words = f"{stage.name}: epoch {self.done + 1} of {stage.epochs}"
        if last is not None and last.val_accuracy is not None:
            words += f", {last.val_accuracy:.1%} right on validation pictures"
        job.control.progress(low + (high - low) * min(share, 1.0), words)
