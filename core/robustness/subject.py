"""What a request is about: the model's passes, and its pictures a chunk at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import Array, RobustnessRequest
from core.data.base import Dataset, Part
from core.data.registry import open_dataset
from core.engine.control import Control
from core.errors import CapabilityError, InputError
from core.models import zoo
from core.models.labels import class_names
from core.models.runtime import Runtime, runtime
from core.robustness.attacks.base import Labels, Problem
from core.robustness.sample import drawn_rows
from core.robustness.sweep import ladder

if TYPE_CHECKING:
    from core.robustness.passes import AttackPasses

__all__ = ["BY_CLASS", "Batch", "Subject", "refuse_probabilities"]

BY_CLASS = "class"
_VALUES = 2_500_000
"""Pixel values in one chunk: 16 pictures of 224 pixels, 64 of 64."""
_CHUNK = (8, 64)


@dataclass(frozen=True)
class Batch:
    """Pictures that follow one another: rows of the split, pixels in [0, 1], true classes."""

    start: int
    rows: Labels
    inputs: Array
    labels: Labels


class Subject:
    """The model and the pictures of a request; nothing is decoded before it is needed.

    Raises
    ------
    InputError
        If the dataset has changed since the request was made.
    """

    def __init__(self, request: RobustnessRequest) -> None:
        self.request = request
        self.dataset: Dataset = open_dataset(request.dataset)
        if self.dataset.fingerprint != request.fingerprint:
            raise InputError(f"{request.dataset.text} has changed since this was asked: ask again.")
        self.part: Part = self.dataset.part(request.split)
        self.size = zoo.get(request.model.id).input_size
        self.rows = drawn_rows(len(self.part), request.limit, seed=request.seed)
        self.labels = np.asarray(request.class_map, np.int64)[self.part.labels[self.rows]]
        low, high = _CHUNK
        self.chunk = max(low, min(high, _VALUES // self.n_values))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_values(self) -> int:
        """Values of one picture."""
        return self.size * self.size * 3

    @cached_property
    def model(self) -> Runtime:
        """The model, loaded at the first call."""
        return runtime(self.request.model, seed=self.request.seed)

    @cached_property
    def passes(self) -> AttackPasses:
        """Its compiled passes."""
        # They load TensorFlow; whoever only looks at chunks that are done does not.
        from core.robustness.passes import AttackPasses

        return AttackPasses(self.model)

    @property
    def rungs(self) -> tuple[float, ...]:
        """The ε that attacks climb."""
        return self.request.epsilons or ladder(self.request.norm, self.n_values)

    @property
    def starts(self) -> range:
        """Where each chunk begins."""
        return range(0, len(self), self.chunk)

    def batch(self, start: int) -> Batch:
        """Return one chunk of pictures."""
        rows = self.rows[start : start + self.chunk]
        inputs = self.part.pixels(rows.tolist(), self.size).astype(np.float32) / np.float32(255)
        return Batch(start, rows, inputs, self.labels[start : start + self.chunk])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the model's classes."""
        return class_names(self.request.model).labels

    def problem(
        self, batch: Batch, control: Control, *, passes: AttackPasses | None = None
    ) -> Problem:
        """Return the chunk as a problem without an ε."""
        return Problem(
            passes or self.passes, batch.inputs, batch.labels, self.request.norm, 0.0, batch.rows,
            self.request.seed, control,
        )  # fmt: skip

    def groups(self, n: int) -> tuple[str, ...]:
        """Return the group of each of the first ``n`` pictures; empty without one asked for."""
        by, rows = self.request.by, self.rows[:n]
        if by == BY_CLASS:
            return tuple(self.dataset.classes[self.part.labels[i]] for i in rows)
        return tuple(self.part.groups[by][i] for i in rows) if by else ()


def refuse_probabilities(logits: Array, model_id: str) -> None:
    """Raise if a model's outputs are probabilities: every loss on them would be flattened.

    Raises
    ------
    CapabilityError
        If all outputs lie in [0, 1] and sum to 1.
    """
    sums = logits.sum(axis=1)
    if (logits >= 0).all() and np.allclose(sums, 1, atol=1e-3):
        raise CapabilityError(
            f"{model_id} returns probabilities, but logits are expected: attacks through a softmax "
            "are weak and make it look robust. Build it without its final softmax."
        )
