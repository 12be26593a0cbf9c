"""The loop: steps, epochs, checkpoints, and going on where a run was stopped.

Written out rather than left to ``keras.Model.fit``, because a stage must stop between two steps,
resume to the same result, take adversarial and contrastive objectives, and say where time goes.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.contracts import Epoch
from core.errors import TrainingError
from core.models.tensorflow import keras, tf
from core.training.checkpoints import Checkpoint
from core.training.feed import Feed
from core.training.objective import Objective
from core.training.optimisation import Schedule

if TYPE_CHECKING:
    from core.training.job import Job

__all__ = ["Stage", "fit", "measure"]

log = logging.getLogger(__name__)
_CHECK_STEPS = 25
"""Steps between two looks at the loss: a look waits for the device."""
_LEAST_BATCH = 2


@dataclass
class Stage:
    """One stretch of a recipe: a model, what it minimises, and on what.

    Parameters
    ----------
    name : str
        Unique in the recipe.
    model : keras.Model
        All of its variables go into the checkpoints; its trainable ones are trained.
    rate : Schedule
        Learning rate by the time in epochs.
    validation, test : Feed, optional
        Measured after each epoch.
    patience : int
        Epochs without a better validation loss after which the stage stops and the best weights
        are taken back; 0: never.
    share : tuple of float
        The part of the run's bar that this stage is.
    """

    name: str
    model: keras.Model
    objective: Objective
    optimizer: keras.optimizers.Optimizer
    rate: Schedule
    epochs: int
    feed: Feed
    validation: Feed | None = None
    test: Feed | None = None
    patience: int = 0
    share: tuple[float, float] = (0.0, 1.0)


def fit(stage: Stage, job: Job) -> None:
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
    stage.optimizer.build(stage.model.trainable_variables)
    run = _Fit(stage, job)
    if job.state is not None and job.state.stage == stage.name:
        run.restore(job.state)
    elif job.state is not None and any(e.stage == stage.name for e in job.state.history):
        return  # a later stage is under way, whose checkpoint holds all weights
    run.train()


def measure(model: keras.Model, feed: Feed) -> tuple[float, float]:
    """Return mean cross-entropy (nats) and accuracy over ``feed``, as it is."""
    return _Measure(model)(feed)


class _Measure:
    def __init__(self, model: keras.Model) -> None:
        @tf.function(autograph=False, reduce_retracing=True)
        def sums(x: Any, y: Any) -> Any:
            logits = tf.cast(model(x, training=False), tf.float32)
            losses = tf.nn.softmax_cross_entropy_with_logits(y, logits)
            return tf.reduce_sum(losses), tf.reduce_sum(_right(logits, y))

        self._sums = sums

    def __call__(self, feed: Feed) -> tuple[float, float]:
        loss = correct = 0.0
        for x, y, _ in feed.ordered():
            losses, right = self._sums(x, y)
            loss, correct = loss + float(losses), correct + float(right)
        return loss / feed.n, correct / feed.n


def _right(logits: Any, y: Any) -> Any:
    return tf.cast(tf.argmax(logits, axis=1) == tf.argmax(y, axis=1), tf.float32)


def _step(stage: Stage, *, gpu: bool) -> Callable[..., Any]:
    """Return the compiled step; XLA pays on GPUs and is ten times slower on CPUs."""
    model, objective, optimizer = stage.model, stage.objective, stage.optimizer
    variables = model.trainable_variables

    @tf.function(autograph=False, jit_compile=gpu, reduce_retracing=True)
    def step(x: Any, y: Any, weights: Any, seed: Any, rate: Any) -> Any:
        optimizer.learning_rate.assign(rate)
        with tf.GradientTape() as tape:
            losses, logits = objective.loss(model, x, y, seed)
            # Divided by the batch and not by Σw: weights have mean 1 over the data.
            loss = tf.reduce_mean(losses * weights)
            total = loss + tf.add_n(model.losses) if model.losses else loss
        gradients = tape.gradient(total, variables)
        optimizer.apply(gradients, variables)
        right = tf.reduce_mean(_right(logits, y)) if objective.labelled else tf.constant(0.0)
        return loss, right

    return step


class _Fit:
    def __init__(self, stage: Stage, job: Job) -> None:
        self.stage, self.job = stage, job
        self.done = 0
        self.best: tuple[float, int] | None = None
        self.best_weights: list[Any] | None = None
        self._step = _step(stage, gpu=job.gpu)
        self._measure = _Measure(stage.model)

    # ---- state

    def restore(self, state: Checkpoint) -> None:
        """Take back what a checkpoint holds."""
        for prefix, variables in (
            ("model", self.stage.model.variables),
            ("optimizer", self.stage.optimizer.variables),
        ):
            for i, variable in enumerate(variables):
                value = state.arrays[f"{prefix}/{i:04d}"]
                variable.assign(value.reshape(tuple(variable.shape)))
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

    def state(self) -> Checkpoint:
        """Return everything that going on from here needs."""
        stage = self.stage
        arrays = {f"model/{i:04d}": np.array(v) for i, v in enumerate(stage.model.variables)}
        arrays |= {
            f"optimizer/{i:04d}": np.array(v) for i, v in enumerate(stage.optimizer.variables)
        }
        facts: dict[str, Any] = {"batch_size": stage.feed.batch_size}
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
        if stage.patience and self.best_weights is not None:
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
        if feed.batch_size <= _LEAST_BATCH:
            raise TrainingError(
                "There is not enough memory on the device even for two pictures a step. Choose a "
                "smaller model or input size."
            ) from error
        feed.batch_size //= 2
        self.job.note(f"The device ran out of memory; batches were halved to {feed.batch_size}.")

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
            seed = tf.constant([job.request.seed % 2**31, self.done * 1_000_003 + number], tf.int32)
            step_loss, step_right = self._step(x, y, weights, seed, tf.constant(rate, tf.float32))
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
        self.job.control.check()
        return self._measure(feed)

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
