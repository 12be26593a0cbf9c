"""The feeds of a run over pictures: training with augmentation and balance, validation, test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.contracts import count_text
from core.data.base import Part
from core.data.feed import PartFeed
from core.errors import InputError
from core.training.augment import augmentation
from core.training.balance import balanced
from core.training.job import Job

__all__ = ["Feeds", "picture_feeds", "training_part"]

_MEASURE_BATCH = 128


@dataclass(frozen=True)
class Feeds:
    """What a stage over pictures trains on and is measured on."""

    train: PartFeed
    validation: PartFeed | None
    test: PartFeed | None


def picture_feeds(job: Job, size: int) -> Feeds:
    """Return the feeds of a run at ``size`` pixels, as its parameters say.

    Raises
    ------
    InputError
        If there are fewer than two training pictures.
    """
    part = training_part(job)
    seed = job.request.seed
    order, weights = balanced(part, job.request.parameters, n_classes=job.n_classes, seed=seed)
    train = PartFeed(
        part,
        size,
        job.n_classes,
        batch_size=job.whole("batch_size"),
        seed=seed,
        order=order,
        weights=weights,
        augment=augmentation(job.request.parameters),
    )
    return Feeds(train, _measured(job, "validation", size), _measured(job, "test", size))


def training_part(job: Job) -> Part:
    """Return the training pictures.

    Raises
    ------
    InputError
        If there are fewer than two.
    """
    part = job.dataset.part("train")
    if len(part) < 2:
        raise InputError(
            f"{job.dataset.ref.text} has {count_text(len(part), 'training picture')}; at least 2 "
            "are needed."
        )
    return part


def _measured(job: Job, name: Any, size: int) -> PartFeed | None:
    part = job.dataset.parts.get(name)
    if part is None or not len(part):
        return None
    return PartFeed(part, size, job.n_classes, batch_size=_MEASURE_BATCH, seed=job.request.seed)
