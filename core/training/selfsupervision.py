"""SimCLR pretraining of a fresh network, then a linear probe on what it has learnt."""

from __future__ import annotations

from functools import partial

from core.contracts import Array, SplitName
from core.data.feed import PartFeed
from core.models import zoo
from core.models.backbone import head_of
from core.models.tensorflow import keras
from core.training.augment import two_views
from core.training.build import fresh
from core.training.contrastive import NtXent, projector
from core.training.frozen import HEAD, fit_head
from core.training.job import Job, Trained
from core.training.measure import logits_of
from core.training.optimisation import optimizer, schedule
from core.training.pictures import training_part
from core.training.simple import input_size
from core.training.stage import Stage
from core.training.trainer import fit

__all__ = ["pretrain_and_probe"]

_PRETRAINING = 0.9
"""The part of the run's bar that the pretraining is."""
_MEASURE_BATCH = 128


def pretrain_and_probe(job: Job) -> Trained:
    """Pretrain without labels, then train a head on the frozen features with them."""
    spec = zoo.architectures()[job.text("architecture")]
    size = input_size(job, spec.side)
    network = fresh(
        spec, size=size, n_classes=job.n_classes, seed=job.request.seed, placement=job.placement
    )
    head = head_of(network)
    _pretrain(job, network, head.input, size)
    backbone = keras.Model(network.input, head.input, name="trunk")
    made = _features(job, backbone, size)
    values = job.request.parameters | HEAD | {"learning_rate": job.number("probe_rate")}
    probe = fit_head(job, made, values, epochs=job.whole("probe_epochs"), share=(_PRETRAINING, 1.0))
    head.set_weights(probe.get_weights())
    return Trained(network, spec.id, size)


def _pretrain(job: Job, network: keras.Model, features: object, size: int) -> None:
    with job.placement.building():
        projections = projector(features, job.whole("projection"))
        model = keras.Model(network.input, projections, name="pretrained")
    epochs = job.whole("epochs")
    feed = PartFeed(
        training_part(job), size, job.n_classes,
        batch_size=job.whole("batch_size"), seed=job.request.seed,
        augment=two_views(job.number("strength")),
    )  # fmt: skip
    fit(
        job,
        Stage(
            name="pretraining",
            model=model,
            objective=NtXent(job.number("temperature")),
            optimizer=partial(optimizer, job.request.parameters),
            rate=schedule(job.request.parameters, epochs),
            epochs=epochs,
            feed=feed,
            share=(0.0, _PRETRAINING),
        ),
    )


def _features(job: Job, backbone: keras.Model, size: int) -> dict[SplitName, Array]:
    return {
        name: logits_of(
            backbone,
            PartFeed(part, size, job.n_classes, batch_size=_MEASURE_BATCH, seed=0),
            job.control,
        )
        for name, part in job.dataset.parts.items()
        if len(part)
    }
