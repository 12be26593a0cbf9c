"""Training the head of a frozen base on features that are computed once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from core.contracts import Array, SplitName
from core.data.feed import ArrayFeed
from core.models.backbone import Backbone, head_of
from core.models.tensorflow import keras
from core.parameters import Value
from core.training.balance import balanced
from core.training.build import base_of, with_head
from core.training.features import features
from core.training.job import Job, Trained
from core.training.objective import CrossEntropy
from core.training.optimisation import optimizer, schedule
from core.training.pictures import training_part
from core.training.stage import Stage
from core.training.trainer import fit
from core.workspace import open_store

__all__ = ["HEAD", "base_features", "fit_head", "train_head"]

HEAD: dict[str, Value] = {
    "batch_size": 128, "optimizer": "adamw", "schedule": "cosine", "warmup": 1.0,
    "weight_decay": 1e-2, "label_smoothing": 0.0, "patience": 0,
}  # fmt: skip
"""How a head is trained that is but a step of a recipe; the rate is the recipe's parameter."""

_MEASURE_BATCH = 1024
_FEATURES = 0.9
"""The part of the run's bar that the features are: they take nearly all the time."""


def train_head(job: Job) -> Trained:
    """Compute the base's features, train a head on them, and return the base with that head."""
    training_part(job)
    spec, architecture = base_of(job.base)
    model = with_head(
        job.base, n_classes=job.n_classes, seed=job.request.seed, placement=job.placement
    )
    made = base_features(job, share=(0.0, _FEATURES))
    values = job.request.parameters
    head = fit_head(job, made, values, epochs=job.whole("epochs"), share=(_FEATURES, 1.0))
    head_of(model).set_weights(head.get_weights())
    logits = head.predict_on_batch(made["test"]) if "test" in made else None
    return Trained(model, architecture, spec.side, test_logits=logits)


def base_features(job: Job, *, share: tuple[float, float]) -> dict[SplitName, Array]:
    """Return the features of the run's base for every split, from the store if they are there."""
    request = job.request
    backbone = Backbone(job.base, request.base_sha256, store=open_store(), seed=request.seed)
    return features(job, backbone, share=share)


def fit_head(
    job: Job,
    made: Mapping[SplitName, Array],
    values: Mapping[str, Value],
    *,
    epochs: int,
    share: tuple[float, float],
) -> keras.Model:
    """Train a linear layer on features: the stage ``"head"``.

    Parameters
    ----------
    made : mapping
        Float32 ``(n, width)`` for each split; ``"train"`` at least.
    values : mapping
        Of :data:`core.training.options.OPTIMISATION` and ``BALANCE``.

    Returns
    -------
    keras.Model
        From features to logits; its weights are those of the dense layer.
    """
    seed = job.request.seed
    part = job.dataset.part("train")
    order, weights = balanced(part, values, n_classes=job.n_classes, seed=seed)
    feed = ArrayFeed(
        made["train"], part.labels, job.n_classes,
        batch_size=int(values["batch_size"]), seed=seed, order=order, weights=weights,
    )  # fmt: skip
    keras.utils.set_random_seed(seed % 2**32)
    with job.placement.building():
        entry = keras.Input((feed.width,))
        logits = keras.layers.Dense(job.n_classes, dtype="float32", name="logits")(entry)
        head = keras.Model(entry, logits, name="head")
    fit(
        job,
        Stage(
            name="head",
            model=head,
            objective=CrossEntropy(float(values["label_smoothing"])),
            optimizer=partial(optimizer, values),
            rate=schedule(values, epochs),
            epochs=epochs,
            feed=feed,
            validation=_measured(job, made, "validation"),
            test=_measured(job, made, "test"),
            patience=int(values["patience"]),
            share=share,
        ),
    )
    return head


def _measured(job: Job, made: Mapping[SplitName, Array], name: SplitName) -> ArrayFeed | None:
    if name not in made:
        return None
    labels = job.dataset.part(name).labels
    return ArrayFeed(made[name], labels, job.n_classes, batch_size=_MEASURE_BATCH, seed=0)
