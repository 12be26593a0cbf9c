"""The work behind a :class:`~core.contracts.TrainRequest`: a model of the zoo."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scipy.special import softmax

from core.contracts import Epoch, Evaluation, Run, TrainRequest
from core.data.evaluate import evaluate_arrays
from core.data.feed import PartFeed
from core.data.registry import open_dataset
from core.data.subset import with_fewer
from core.errors import InputError, StoreError
from core.models import zoo
from core.models.runtime import describe_device, identify
from core.models.tensorflow import keras, tf
from core.models.weights import save_safetensors
from core.runs import WEIGHTS, file_facts, publish
from core.training import registry
from core.training.build import exact
from core.training.card import write_card
from core.training.checkpoints import Checkpoints
from core.training.job import Job, Trained
from core.training.measure import logits_of
from core.training.placement import choose
from core.training.trackers.base import Beginning
from core.training.trackers.registry import chosen
from core.training.tracking import Tracking
from core.training.unfinished import begin

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["train"]

_BATCH = 128


def train(requests: Sequence[TrainRequest], control: Control) -> list[Run]:
    """Train each request's model, or go on where it was stopped, and publish it as a run.

    Raises
    ------
    InputError
        If the dataset or the base has changed since the request was made, or the data cannot be
        trained on, or a tracker that is wanted is not there.
    TrainingError
        If the loss diverges; nothing is published.
    Cancelled
        Between two steps; the checkpoint of the last epoch stays.
    StoreError
        If the disk is full.
    """
    return [_train(request, control) for request in requests]


def _train(request: TrainRequest, control: Control) -> Run:
    dataset = open_dataset(request.dataset)
    if dataset.fingerprint != request.fingerprint:
        raise InputError(
            f"{request.dataset.text} has changed since this was asked: ask again, and a new run "
            "begins."
        )
    base = request.base
    if base is not None and identify(base, seed=request.seed) != request.base_sha256:
        raise InputError(f"{base.id} has changed since this was asked: ask again.")
    trackers = chosen()
    dataset = with_fewer(dataset, int(request.parameters["n_train"]), seed=request.seed)
    began = time.perf_counter()
    placement = choose()
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(request.seed % 2**32)
    try:
        folder = begin(request)
    except OSError as error:
        raise StoreError(f"Cannot begin a run: {error.strerror or error}.") from error
    checkpoints = Checkpoints(folder)
    state = checkpoints.latest()
    history = [] if state is None else list(state.history)
    notes: list[str] = []
    beginning = _beginning(request, folder, history)
    with Tracking(trackers, beginning, notes.append) as tracking:
        job = Job(
            request=request,
            dataset=dataset,
            control=control,
            folder=folder,
            checkpoints=checkpoints,
            tracker=tracking,
            placement=placement,
            state=state,
            history=history,
            notes=notes,
            finished={} if state is None else state.finished(),
        )
        trained = registry.RECIPES.find(request.recipe)().train(job)
        run = _finished(job, trained, time.perf_counter() - began)
        tracking.end(run)
    run = replace(run, notes=tuple(notes))
    write_card(folder, run, dataset=dataset)
    # In this order: a run that cannot be published (a full disk) keeps its last checkpoint.
    Checkpoints(publish(folder, run)).clear()
    return run


def _beginning(request: TrainRequest, folder: Path, history: Sequence[Epoch]) -> Beginning:
    return Beginning(
        model=request.model_id,
        command=request.command,
        settings={
            "dataset": request.dataset.text,
            "recipe": request.recipe,
            "base": "" if request.base is None else request.base.id,
            "seed": request.seed,
            **request.parameters,
        },
        folder=folder,
        history=tuple(history),
    )


def _finished(job: Job, trained: Trained, seconds: float) -> Run:
    request = job.request
    spec = zoo.architectures()[trained.architecture]
    trained.model = exact(trained.model, spec, size=trained.size)
    file = job.folder / WEIGHTS
    try:
        save_safetensors(trained.model, file)
    except OSError as error:
        raise StoreError(f"Cannot write the weights: {error.strerror or error}.") from error
    digest, size = file_facts(file)
    return Run(
        key=request.key,
        model=request.model_id,
        weights_sha256=digest,
        device=describe_device(),
        versions=request.versions,
        seconds=seconds
        if job.state is None
        else seconds + sum(e.seconds for e in job.state.history),
        origin="run",
        name=f"{spec.name}, {request.recipe}, {request.dataset.text}",
        architecture=trained.architecture,
        input_size=trained.size,
        n_parameters=int(trained.model.count_params()),
        classes=job.dataset.classes,
        dataset=request.dataset.text,
        data_fingerprint=request.fingerprint,
        recipe=request.recipe,
        base="" if request.base is None else request.base.id,
        parameters=request.parameters,
        seed=request.seed,
        history=tuple(job.history),
        best_epoch=job.saved,
        test=_test(trained, job),
        notes=tuple(job.notes),
        created=time.time(),
        file=WEIGHTS,
        bytes=size,
        command=request.command,
        resumed=job.state is not None,
        facts=trained.facts,
    )


def _test(trained: Trained, job: Job) -> Evaluation | None:
    part = job.dataset.parts.get("test")
    if part is None or not len(part):
        return None
    logits = trained.test_logits
    if logits is None:
        feed = PartFeed(part, trained.size, job.n_classes, batch_size=_BATCH, seed=0)
        logits = logits_of(trained.model, feed, job.control)
    return evaluate_arrays("test", part.labels, softmax(logits, axis=1), part.groups)
