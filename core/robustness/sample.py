"""The pictures of a request: which of a split, in which order, a chunk at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from core.contracts import Array, CertifyRequest, CorruptionRequest, RobustnessRequest, Slice
from core.data.base import Dataset, Part
from core.data.registry import open_dataset
from core.errors import InputError
from core.fairness.slices.discovery import members
from core.models import zoo
from core.models.labels import class_names
from core.models.runtime import Runtime, runtime_of

__all__ = ["BY_CLASS", "Batch", "Sample", "SampleRequest", "chosen_rows", "drawn_rows"]

Rows = npt.NDArray[np.int64]
SampleRequest = RobustnessRequest | CertifyRequest | CorruptionRequest
BY_CLASS = "class"
_VALUES = 2_500_000
"""Pixel values in one chunk: 16 pictures of 224 pixels, 64 of 64."""
_CHUNK = (8, 64)


@dataclass(frozen=True)
class Batch:
    """Pictures that follow one another: rows of the split, pixels in [0, 1], true classes."""

    start: int
    rows: Rows
    inputs: Array
    labels: Rows


class Sample:
    """The model and the pictures of a request; nothing is decoded before it is needed.

    Raises
    ------
    InputError
        If the dataset has changed since the request was made.
    """

    def __init__(self, request: SampleRequest) -> None:
        self._asked = request
        self.dataset: Dataset = open_dataset(request.dataset)
        if self.dataset.fingerprint != request.fingerprint:
            raise InputError(f"{request.dataset.text} has changed since this was asked: ask again.")
        self.part: Part = self.dataset.part(request.split)
        self.shape = zoo.get(request.model.id).input_shape
        self.rows = chosen_rows(self.part, request.slice, request.limit, seed=request.seed)
        self.labels = np.asarray(request.class_map, np.int64)[self.part.labels[self.rows]]
        low, high = _CHUNK
        self.chunk = max(low, min(high, _VALUES // self.n_values))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_values(self) -> int:
        """Values of one input."""
        return prod(self.shape)

    @cached_property
    def model(self) -> Runtime:
        """The model, loaded at the first call."""
        return runtime_of(self._asked)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the model's classes."""
        return class_names(self._asked.model).labels

    @property
    def starts(self) -> range:
        """Where each chunk begins."""
        return range(0, len(self), self.chunk)

    def batch(self, start: int) -> Batch:
        """Return one chunk of pictures."""
        rows = self.rows[start : start + self.chunk]
        inputs = self.part.inputs(rows.tolist(), self.shape)
        return Batch(start, rows, inputs, self.labels[start : start + self.chunk])

    def groups(self, n: int) -> tuple[str, ...]:
        """Return the group of each of the first ``n`` pictures; empty without one asked for."""
        by, rows = self._asked.by, self.rows[:n]
        if by == BY_CLASS:
            return tuple(self.dataset.classes[self.part.labels[i]] for i in rows)
        return tuple(self.part.groups[by][i] for i in rows) if by else ()


def chosen_rows(part: Part, slice_: str, n: int, *, seed: int) -> Rows:
    """Return ``n`` rows of a split, or of a slice of it, in random order."""
    if not slice_:
        return drawn_rows(len(part), n, seed=seed)
    inside = members(Slice.parse(slice_), part.groups)
    return np.asarray(inside[drawn_rows(len(inside), n, seed=seed)], np.int64)


def drawn_rows(n_all: int, n: int, *, seed: int) -> Rows:
    """Return ``n`` rows of ``n_all`` in random order, without repeats.

    Folders are ordered by class, and drawn datasets repeat their groups: the first rows, or every
    tenth, may hold one class or one group alone (150 of the portraits: light skins only). In
    random order every chunk is a fair sample, and so is a curve that is not finished.
    """
    return np.random.default_rng([seed, n_all]).permutation(n_all)[:n].astype(np.int64)
