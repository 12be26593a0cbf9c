"""Corruptions: requests, the matrix while it grows, and one picture under each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core import api
from core.api import corruptions_so_far
from core.contracts import Corrupted, CorruptionCard, CorruptionRequest, picture_input
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._cards import by_id
from dashboard.services._catalogue import models
from dashboard.services._datasets import dataset_modality, hide_source
from dashboard.services._files import as_csv
from dashboard.services._pictures import encoded_uri
from dashboard.services._shown_data import (
    ShownSplit,
    dataset_key,
    shown_datasets,
    shown_source,
    shown_split,
)
from dashboard.services._split_requests import of_split

__all__ = [
    "Shift", "corrupted_picture", "corruption_command", "corruption_csv", "corruption_request",
    "corruptions", "corruptions_so_far", "other_data",
]  # fmt: skip

_SHOWN_SIDE = 192
_strips: Lru[tuple[str, str, int, int, tuple[int, ...]], tuple[Shift, ...]] = Lru(48)


@dataclass(frozen=True, slots=True)
class Shift:
    """One picture under one corruption, as a data URI; ``""`` is the picture as it is."""

    corruption: str
    uri: str


corruptions: Callable[[], dict[str, CorruptionCard]] = by_id(api.corruptions)
"""The cards of the corruptions by id."""


def other_data(data: ShownSplit) -> dict[str, str]:
    """Return the datasets of other things, by their key: those with other classes.

    Pictures of the same classes drawn otherwise are no other things.
    """
    return {
        key: text
        for key, text in shown_datasets().items()
        if key != dataset_key(data.dataset)
        and dataset_modality(text) == data.modality
        and _of_other_classes(text, data)
    }


def _of_other_classes(text: str, data: ShownSplit) -> bool:
    try:
        return not set(shown_split(text).classes) & set(data.classes)
    except InputError:  # it cannot be read; the log says why
        return False


def corruption_request(
    data: ShownSplit, options: Mapping[str, Any], *, other: str = ""
) -> CorruptionRequest:
    """Return the request for a model under all corruptions of a split's pictures.

    Parameters
    ----------
    options : mapping
        As :func:`core.api.corruption_request` takes them.
    other : str
        Reference of the dataset of other things; ``""`` for none.

    """
    more = {"out_of_distribution": other or None}
    return of_split(api.corruption_request, data, {**options, **more})


def corrupted_picture(model: str, data: ShownSplit, index: int, severity: int) -> tuple[Shift, ...]:
    """Return one picture, as the model sees it, as it is and under each corruption.

    Raises
    ------
    ImageError
        If its file cannot be read.
    """
    shape = models()[model].input_shape

    def make() -> tuple[Shift, ...]:
        shown = api.prediction_request(shown_source(data, index), model=model)
        pixels = picture_input(shown.input).pixels
        drawn = {"": pixels} | {id: api.corrupt(pixels, id, severity) for id in corruptions()}
        return tuple(
            Shift(id, encoded_uri(each, "WEBP", at_least=_SHOWN_SIDE, quality=88))
            for id, each in drawn.items()
        )

    return _strips.get_or((data.fingerprint, data.name, index, severity, shape), make)


def corruption_command(result: Corrupted) -> str:
    """Return the command line that repeats it, without the places where datasets lie."""
    command = hide_source(result.command, result.dataset)
    others = {score.dataset for score in result.out_of_distribution}
    for other in others:
        command = hide_source(command, other)
    return command


def corruption_csv(result: Corrupted) -> str:
    """Return a row for each corruption, severity and group, for download."""
    columns = ("corruption", "severity", "group", "n", "accuracy", "low", "high", "confidence",
               "calibration_error")  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for row in (result.clean, *result.rows):
        name, at = row.corruption or "none", row.severity
        sure = row.confidence, row.calibration_error
        rows.append((name, at, "", row.n, row.accuracy, row.low, row.high, *sure))
        rows += [(name, at, g.group, g.n, g.accuracy, g.low, g.high) for g in row.groups]
    return as_csv(columns, rows)
