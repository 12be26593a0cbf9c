"""Fine-tuning: from a fresh head on a trained model to a model whose upper layers fit the data."""

from __future__ import annotations

import math
from functools import partial

from core.models.backbone import head_of
from core.models.tensorflow import keras
from core.training.build import base_of, with_head
from core.training.frozen import HEAD, base_features, fit_head
from core.training.job import Job, Trained
from core.training.objective import CrossEntropy
from core.training.optimisation import optimizer, schedule
from core.training.pictures import picture_feeds
from core.training.stage import Stage
from core.training.trainer import fit

__all__ = ["train_further", "unfreeze"]

_HEAD = 0.4
"""The part of the run's bar that features and head are."""


def train_further(job: Job) -> Trained:
    """Train the head of the run's base, then the upper layers too."""
    spec, architecture = base_of(job.base)
    size, epochs = spec.side, job.whole("epochs")
    feeds = picture_feeds(job, size)
    model = with_head(
        job.base, n_classes=job.n_classes, seed=job.request.seed, placement=job.placement
    )
    values = job.request.parameters | HEAD | {"learning_rate": job.number("head_rate")}
    made = base_features(job, share=(0.0, 0.9 * _HEAD))
    head = fit_head(job, made, values, epochs=job.whole("head_epochs"), share=(0.9 * _HEAD, _HEAD))
    head_of(model).set_weights(head.get_weights())
    n = unfreeze(model, job.number("depth"))
    fit(
        job,
        Stage(
            name="finetune",
            model=model,
            objective=CrossEntropy(job.number("label_smoothing")),
            optimizer=partial(optimizer, job.request.parameters),
            rate=schedule(job.request.parameters, epochs),
            epochs=epochs,
            feed=feeds.train,
            validation=feeds.validation,
            test=feeds.test,
            patience=job.whole("patience"),
            share=(_HEAD, 1.0),
        ),
    )
    return Trained(model, architecture, size, facts={"layers_trained": n})


def unfreeze(model: keras.Model, depth: float) -> int:
    """Let the upper ``depth`` of the layers with weights learn, freeze the rest; return how many.

    Batch normalisation stays as it is, statistics and scale: those of a small batch of other
    pictures would undo what the layers between have learnt.
    """
    norm = keras.layers.BatchNormalization
    able = [x for x in model.layers if x.weights and not isinstance(x, norm)]
    chosen = able[-max(1, math.ceil(depth * len(able))) :]
    for layer in model.layers:
        layer.trainable = False
    for layer in chosen:
        layer.trainable = True
    return len(chosen)
