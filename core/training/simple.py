"""The plain way: one stage over all weights of a fresh network; recipes differ in the objective."""

from __future__ import annotations

from core.models import zoo
from core.training.build import fresh
from core.training.job import Job, Trained
from core.training.objective import Objective
from core.training.optimisation import optimizer, schedule
from core.training.pictures import picture_feeds
from core.training.trainer import Stage

__all__ = ["input_size", "train_whole"]


def input_size(job: Job, own: int) -> int:
    """Return the side of the input: as asked for, that of the pictures, or the network's own."""
    return job.whole("input_size") or job.dataset.size or own


def train_whole(job: Job, objective: Objective) -> Trained:
    """Train a fresh network of the parameter ``architecture`` with ``objective``."""
    spec = zoo.architectures()[job.text("architecture")]
    size = input_size(job, spec.input_size)
    model = fresh(spec, size=size, n_classes=job.n_classes, seed=job.request.seed)
    feeds = picture_feeds(job, size)
    epochs = job.whole("epochs")
    job.fit(
        Stage(
            name="train",
            model=model,
            objective=objective,
            optimizer=optimizer(job.request.parameters),
            rate=schedule(job.request.parameters, epochs),
            epochs=epochs,
            feed=feeds.train,
            validation=feeds.validation,
            test=feeds.test,
            patience=job.whole("patience"),
        )
    )
    return Trained(model, spec.id, size)
