"""Trainings: asked for, watched and stopped. They belong to the server, not to a session.

A run takes minutes to hours: it goes on when its visitor closes the window, and whoever opens the
page finds it, in the job table while it is under way and on disk always.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from core import api
from core.api import JobView
from core.contracts import Epoch, ModelRef, Parameter, RecipeCard, Run, TrainRequest, Value
from core.errors import InputError
from dashboard.services._cards import by_id
from dashboard.services._datasets import offered_data
from dashboard.services._jobs import SERVER, cancel, submit, view

__all__ = [
    "TrainingSetup",
    "Training",
    "bases",
    "discard_training",
    "expected_seconds",
    "in_background",
    "setup_of",
    "start_training",
    "recipes",
    "resume",
    "same_setup",
    "stop_training",
    "total_epochs",
    "trained_before",
    "training",
    "trainings",
]

T = TypeVar("T")
_asked: dict[str, TrainRequest] = {}
"""Requests of this process by key: a run that waits for its worker has no folder yet."""
_COST = ("architecture", "input_size", "method", "steps", "batch_size")
"""Parameters that an epoch's duration depends on; with others alike, it is the pictures'."""


@dataclass(frozen=True, slots=True)
class TrainingSetup:
    """What a visitor wants trained; ``dataset`` is the id of an offered one."""

    dataset: str
    data: tuple[tuple[str, Value], ...]
    recipe: str
    base: str
    parameters: tuple[tuple[str, Value], ...]
    seed: int

    def content(self) -> tuple[object, ...]:
        """Return what tells it from other orders: in whichever sequence values were set."""
        head = (self.dataset, self.recipe, self.base, self.seed)
        return (*head, frozenset(self.data), frozenset(self.parameters))


@dataclass(frozen=True, slots=True)
class Training:
    """A run that has not ended well yet.

    Parameters
    ----------
    history : tuple of Epoch
        The epochs that are done and kept.
    job : JobView or None
        Its job in this server, under way or ended; ``None`` if there is none.
    kept : bool
        Whether there is something on disk to go on from, or to discard.
    """

    request: TrainRequest
    history: tuple[Epoch, ...]
    job: JobView | None
    kept: bool

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.job is not None and self.job.active


recipes: Callable[[], dict[str, RecipeCard]] = by_id(api.recipes)
"""The cards of the recipes by id."""


def bases() -> tuple[str, ...]:
    """Return the ids of models that a training may start from: those whose weights are here."""
    return tuple(card.id for card in api.models() if card.offline and card.gradients)


def in_background(work: Callable[[], T]) -> Future[T]:
    """Do in a thread what would hold up a page: opening a dataset may take long."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="pellucid-order", daemon=True).start()
    return future


def start_training(order: TrainingSetup) -> Future[TrainRequest]:
    """Check an order and begin its run; fails with an ``InputError`` where something is wrong."""

    def work() -> TrainRequest:
        request = _request(order)
        resume(request)
        return request

    return in_background(work)


def _request(order: TrainingSetup) -> TrainRequest:
    held = offered_data().get(order.dataset)
    if held is None:
        raise InputError(f"There is no dataset {order.dataset!r} here to train on.")
    given: Mapping[str, Value] = dict(order.parameters)
    return api.train_request(
        dataset=held.text(order.data),
        recipe=order.recipe,
        base=order.base or None,
        parameters=given,
        seed=order.seed,
    )


def resume(request: TrainRequest) -> None:
    """Begin a run, or go on where it was stopped."""
    _asked[request.key] = request
    if trained_before(request) is None:
        submit(request, owner=SERVER, patience=0)


def setup_of(work: TrainRequest | Run) -> TrainingSetup | None:
    """Return the order that a run came of, ``None`` if its data or recipe are not offered here."""
    try:
        ref = work.dataset if isinstance(work, TrainRequest) else api.parse_dataset(work.dataset)
    except InputError:  # of a kind that is not installed here, or of none
        return None
    base = work.base.id if isinstance(work.base, ModelRef) else work.base or ""
    offered = offered_data().values()
    held = next((o for o in offered if (o.ref.id, o.ref.source) == (ref.id, ref.source)), None)
    recipe = recipes().get(work.recipe)
    if held is None or recipe is None:
        return None
    data = {p.name: p.default for p in held.card.parameters} | dict(ref.parameters)
    return TrainingSetup(
        dataset=held.id,
        data=_changed(held.parameters, data),
        recipe=recipe.id,
        base=base,
        parameters=_changed(recipe.parameters, work.parameters),
        seed=work.seed,
    )


def _changed(
    specs: Sequence[Parameter], values: Mapping[str, Value]
) -> tuple[tuple[str, Value], ...]:
    return tuple(
        (p.name, values[p.name]) for p in specs if values.get(p.name, p.default) != p.default
    )


def same_setup(order: TrainingSetup) -> Run | None:
    """Return a finished run of this very order, one of this home before one that came along."""
    for run in api.runs():
        theirs = setup_of(run) if run.origin == "run" else None
        if theirs is not None and theirs.content() == order.content():
            return run
    return None


def expected_seconds(order: TrainingSetup) -> tuple[float, Run] | None:
    """Return about how long a run will take, and the finished run that this goes by.

    Epochs and training pictures are taken to cost the same as in that run; ``None`` if none is
    like it.
    """
    held = offered_data().get(order.dataset)
    if held is None:
        return None
    card = recipes()[order.recipe]
    wanted = {p.name: p.default for p in card.parameters} | dict(order.parameters)
    data = {p.name: p.default for p in held.parameters} | dict(order.data)
    for run in api.runs():
        theirs = setup_of(run) if run.origin == "run" and run.history else None
        if theirs is None or (theirs.dataset, theirs.recipe, theirs.base) != (
            order.dataset, order.recipe, order.base,
        ):  # fmt: skip
            continue
        if any(run.parameters.get(name) != wanted.get(name) for name in _COST):
            continue
        there = {p.name: p.default for p in held.parameters} | dict(theirs.data)
        pictures = _n_train(wanted, data), _n_train(run.parameters, there)
        share = total_epochs(wanted) / len(run.history)
        if pictures[0] and pictures[1]:
            share *= pictures[0] / pictures[1]
        elif pictures[0] != pictures[1]:
            continue
        return run.seconds * share, run
    return None


def _n_train(recipe: Mapping[str, Value], data: Mapping[str, Value]) -> int:
    """Return how many training pictures are used, 0 for all of a dataset that doesn't say."""
    return int(recipe.get("n_train", 0)) or int(data.get("n_train", 0))


def total_epochs(parameters: Mapping[str, Value]) -> int:
    """Return how many epochs a run has at most: recipes of stages have ``head_epochs`` and such."""
    return sum(
        int(value) for name, value in parameters.items()
        if name == "epochs" or name.endswith("_epochs")
    )  # fmt: skip


def trained_before(request: TrainRequest) -> Run | None:
    """Return the run of this home that came of the same request."""
    same = (run for run in api.runs() if run.key == request.key)
    return next((run for run in same if not api.is_shipped(run.model)), None)


def stop_training(key: str) -> None:
    """Stop a run; its last checkpoint stays."""
    cancel(key, owner=SERVER)


def discard_training(key: str) -> None:
    """Delete what is left of a run that was stopped.

    Raises
    ------
    InputError
        If nothing is, or it is under way.
    """
    shown = view(key)
    if shown is not None and shown.active:
        raise InputError("This run is under way: cancel it before you discard it.")
    _asked.pop(key, None)
    if any(left.request.key == key for left in api.unfinished_runs()):
        api.discard_run(key)


def trainings() -> tuple[Training, ...]:
    """Return every run that has not ended well, those under way first, then the latest."""
    left = {each.request.key: each for each in api.unfinished_runs()}
    requests = {key: each.request for key, each in left.items()}
    for request in list(_asked.values()):
        requests.setdefault(request.key, request)
    found = []
    for key, request in requests.items():
        job = view(key)
        kept = left.get(key)
        if kept is None and (job is None or job.state in ("done", "cancelled")):
            _asked.pop(key, None)  # finished, or stopped before there was anything to keep
            continue
        history = () if kept is None else kept.history
        found.append(Training(request, history, job, kept is not None))
    return tuple(sorted(found, key=lambda each: not each.active))


def training(model_id: str) -> Training | None:
    """Return the run whose model will be called ``model_id``, if it has not ended well yet."""
    return next((each for each in trainings() if each.request.model_id == model_id), None)
