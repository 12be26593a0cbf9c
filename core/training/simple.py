"""The plain way: one stage over all weights of a fresh network; recipes differ in the objective."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.models import zoo
from core.training.build import fresh
from core.training.job import Job, Trained
from core.training.objective import CrossEntropy, Objective
from core.training.optimisation import optimizer, schedule
from core.training.pictures import picture_feeds
from core.training.stage import Stage
from core.training.trainer import fit

__all__ = ["input_size", "train_whole"]


def input_size(job: Job, own: int) -> int:
    """Return the side of the input: as asked for, that of the pictures, or the network's own."""
    return job.whole("input_size") or job.dataset.size or own


def train_whole(
    job: Job, objective: Objective, *, clean_epochs: int = 0,
    before_step: Callable[[float], object] | None = None,
) -> Trained:  # fmt: skip
    """Train a fresh network of the parameter ``architecture`` with ``objective``.

    Parameters
    ----------
    clean_epochs : int
        Epochs of plain cross-entropy in a stage before it.
    before_step : callable, optional
        As of :class:`~core.training.stage.Stage`, for the epochs with ``objective``.
    """
    spec = zoo.architectures()[job.text("architecture")]
    size = input_size(job, spec.side)
    model = fresh(
        spec, size=size, n_classes=job.n_classes, seed=job.request.seed, placement=job.placement
    )
    feeds = picture_feeds(job, size)
    epochs = job.whole("epochs")
    begun = clean_epochs / (clean_epochs + epochs)

    def stage(name: str, learns: Objective, n: int, share: tuple[float, float]) -> None:
        fit(
            job,
            Stage(
                name=name,
                model=model,
                objective=learns,
                optimizer=partial(optimizer, job.request.parameters),
                rate=schedule(job.request.parameters, n),
                epochs=n,
                feed=feeds.train,
                validation=feeds.validation,
                test=feeds.test,
                # A recipe whose validation loss does not say when to stop leaves it out.
                patience=int(job.request.parameters.get("patience", 0)),
                share=share,
                before_step=before_step if name == "train" else None,
            ),
        )

    if clean_epochs:
        stage("clean", CrossEntropy(job.number("label_smoothing")), clean_epochs, (0.0, begun))
    stage("train", objective, epochs, (begun, 1.0))
    return Trained(model, spec.id, size)
