"""Smaller models and weights of one's own: asked for and watched, like trainings the server's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from core import api
from core.api import JobView
from core.contracts import (
    CompressionCard,
    CompressionForm,
    CompressRequest,
    ImportRequest,
    ModelCard,
    OwnModelRequest,
    Run,
    Value,
)
from dashboard.services._cards import by_id
from dashboard.services._datasets import offered_data
from dashboard.services._jobs import SERVER, cancel, submit, view
from dashboard.services._training import in_background

__all__ = [
    "ModelJob", "architectures", "begun", "compressions", "forget_model_job", "model_job",
    "model_jobs", "start_import", "start_compression", "smaller_versions", "stop_model_job",
]  # fmt: skip

Making = CompressRequest | ImportRequest | OwnModelRequest
R = TypeVar("R", CompressRequest, ImportRequest, OwnModelRequest)
_asked: dict[str, Making] = {}


@dataclass(frozen=True, slots=True)
class ModelJob:
    """A model that is being made smaller or taken in, or that could not be."""

    request: Making
    job: JobView

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.job.active


compressions: Callable[[], dict[str, CompressionCard]] = by_id(api.compressions)
"""The cards of the forms of compression by id."""


architectures: Callable[[], dict[str, ModelCard]] = by_id(api.architectures)
"""The cards of what weights can go into, by id."""


def start_compression(
    run: Run, *, form: CompressionForm, values: dict[str, Value], dataset: str = ""
) -> Future[CompressRequest]:
    """Begin to make a smaller version of a run's model.

    Parameters
    ----------
    values : dict
        Of the form's parameters.
    dataset : str
        Id of an offered dataset, for a model without one of its own.
    """
    held = offered_data().get(dataset)

    def request() -> CompressRequest:
        # A form's parameters are options of the request, one by one.
        options: dict[str, Any] = dict(values)
        text = None if held is None else held.text(())
        return api.compress_request(run.model, form=form, dataset=text, **options)

    return in_background(lambda: begun(request))


def start_import(
    *, name: str, architecture: str, weights: bytes, classes: Sequence[str], input_size: int | None
) -> Future[ImportRequest]:
    """Begin to take somebody's weights in as a model."""
    return in_background(
        lambda: begun(
            lambda: api.import_request(
                name=name, architecture=architecture, weights=weights, classes=classes,
                input_size=input_size,
            )
        )
    )  # fmt: skip


def begun(make: Callable[[], R]) -> R:
    """Ask for what ``make`` describes, unless it is there already."""
    request = make()
    if all(run.key != request.key for run in api.runs()):
        _asked[request.key] = request
        submit(request, owner=SERVER, patience=0)
    return request


def model_jobs() -> tuple[ModelJob, ...]:
    """Return what is being made, and what could not be, the latest last."""
    found = []
    for key, request in list(_asked.items()):
        job = view(key)
        if job is None or job.state in ("done", "cancelled"):
            _asked.pop(key, None)
        else:
            found.append(ModelJob(request, job))
    return tuple(found)


def model_job(key: str) -> ModelJob | None:
    """Return what is being made under this key, ``None`` once it is there or was stopped."""
    return next((each for each in model_jobs() if each.request.key == key), None)


def stop_model_job(key: str) -> None:
    """Stop it; nothing is kept."""
    cancel(key, owner=SERVER)


def forget_model_job(key: str) -> None:
    """Say no more that it could not be made."""
    _asked.pop(key, None)


def smaller_versions(model_id: str) -> tuple[Run, ...]:
    """Return the runs that were made smaller from a model."""
    return tuple(run for run in api.runs() if run.twin == model_id)
