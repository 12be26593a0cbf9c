"""Finished runs: what they are worth, their mistakes as pictures, and what may be taken along."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core import api
from core.api import Gap, Mistake, Paired, is_shipped, runs
from core.contracts import DatasetPredictions, DatasetPredictRequest, Evaluation, GroupCount, Run
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._datasets import hide_source
from dashboard.services._jobs import forget
from dashboard.services._requests import once

__all__ = [
    "Gap", "Mistake", "Paired", "Rate", "correct", "delete_run", "is_shipped", "paired",
    "predictions_file", "predictions_request", "rate", "rate_of", "run", "run_card", "run_command",
    "runs", "weights_of", "largest_gap", "worst_mistakes",
]  # fmt: skip

_gaps: Lru[str, Gap | None] = Lru(512)
_mistakes: Lru[tuple[str, int], tuple[Mistake, ...]] = Lru(64)
_pairs: Lru[tuple[str, str], Paired] = Lru(64)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its counts and Wilson's 95 % interval."""

    k: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """``k / n``."""
        return self.k / self.n


def rate(k: int, n: int) -> Rate:
    """Return the share ``k`` of ``n``."""
    return Rate(k, n, *api.wilson(k, n))


def rate_of(test: Evaluation) -> Rate:
    """Return the accuracy on a split: the confusion matrix's diagonal."""
    return rate(sum(row[i] for i, row in enumerate(test.confusion)), test.n)


def correct(group: GroupCount) -> Rate:
    """Return the accuracy on a group's pictures."""
    return rate(group.correct, group.n)


def run(model_id: str) -> Run | None:
    """Return a finished run, ``None`` if there is no such one (any more)."""
    return next((found for found in runs() if found.model == model_id), None)


def weights_of(model_id: str) -> str:
    """Return the hash of a run's weights, ``""`` of a model that is no run: for keys."""
    found = run(model_id)
    return "" if found is None else found.weights_sha256


def largest_gap(run: Run) -> Gap | None:
    """Return the widest gap between groups of the test pictures, ``None`` without groups."""
    test = run.test
    if test is None or not test.groups:
        return None
    return _gaps.get_or(run.model, lambda: api.largest_gap(test.groups))


def run_card(run: Run) -> str:
    """Return the run's card as Markdown, ``""`` if it has none; a stranger's names are in it."""
    return hide_source(api.run_card(run.model), run.dataset)


def run_command(run: Run) -> str:
    """Return the command line that makes the run again."""
    return hide_source(run.command, run.dataset)


def delete_run(run: Run) -> None:
    """Delete a run, its model and whatever this server remembers of it.

    Raises
    ------
    InputError
        If it came with Pellucid, or is gone already.
    """
    api.delete_run(run.model)
    forget(run.key)


# ---- what it says about every test picture


def predictions_request(run: Run, *, data: Run | None = None) -> DatasetPredictRequest:
    """Return the request for a run's answers to its own test pictures, or to another run's.

    Raises
    ------
    InputError
        If the dataset is gone, has changed, has no such split, or has other classes.
    """
    of = data or run

    def make() -> DatasetPredictRequest:
        request = api.dataset_request(of.dataset, model=run.model)
        if of.data_fingerprint and request.fingerprint != of.data_fingerprint:
            raise InputError(
                "The dataset has changed since this run was measured, so its mistakes can't be "
                "shown. Train it again on the data as it is now."
            )
        return request

    key = ("predict_dataset", run.model, run.weights_sha256, of.dataset, of.data_fingerprint)
    return once(key, make)


def worst_mistakes(predictions: DatasetPredictions, k: int) -> tuple[Mistake, ...]:
    """Return the ``k`` surest wrong answers."""
    return _mistakes.get_or((predictions.key, k), lambda: api.mistakes(predictions, k))


def paired(first: DatasetPredictions, second: DatasetPredictions) -> Paired:
    """Return the second model against the first, picture by picture.

    Raises
    ------
    InputError
        If they answered about different pictures.
    """
    return _pairs.get_or((first.key, second.key), lambda: api.paired(first, second))


def predictions_file(predictions: DatasetPredictions, kind: Literal["csv", "parquet"]) -> bytes:
    """Return a row for each picture, for download."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"predictions.{kind}"
        api.write_predictions(predictions, path)
        return path.read_bytes()
