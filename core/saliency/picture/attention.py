"""Maps from the attention between a transformer's tokens: what they share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.modalities.picture.resample import upsample
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.targets.passes import AttentionPass

__all__ = ["AttentionMethod", "Flow"]

_CHUNK = 4
"""Pictures at a time: a large transformer has tens of megabytes of attention for each."""
Flow = npt.NDArray[np.float64]


class AttentionMethod(Method):
    """Base: relevance ``(T, T)`` of each token to each, read at the tokens that the logits read.

    These are found, not assumed: a class token where there is one that the head reads, all tokens
    of the grid where their mean is classified; of several rows the mean is taken. Tokens that stand
    for no place are left out of the map, and what they took is told.
    """

    gradients: ClassVar[bool]
    """Whether the gradients of attention are asked for."""

    @abstractmethod
    def relevance(self, attention: Sequence[Array], gradients: Sequence[Array]) -> Flow:
        """Return ``(T, T)`` from ``(heads, T, T)`` of each layer, the first layer first."""

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the upsampled map of each picture."""
        found = []
        for start in range(0, len(problem.inputs), _CHUNK):
            problem.control.check()
            some = slice(start, start + _CHUNK)
            directions = problem.directions[some] if self.gradients else None
            seen = problem.passes.attention(problem.inputs[some], directions)
            size = problem.inputs.shape[1:3]
            found += [self._one(seen, i, size) for i in range(len(seen.logits))]
        return found

    def _one(self, seen: AttentionPass, i: int, size: tuple[int, int]) -> Attribution:
        relevance = self.relevance(
            [each[i] for each in seen.attention], [each[i] for each in seen.gradients]
        )
        read = relevance[list(seen.rows)].mean(axis=0)
        cells = read[seen.before :].reshape(seen.grid)
        total = float(read.sum())
        return Attribution(
            upsample(cells.astype(np.float32), size),
            diagnostics={
                "class_agnostic": self.class_agnostic,
                "layers": len(seen.attention),
                "heads": seen.attention[0].shape[1],
                "tokens": relevance.shape[0],
                "own_tokens": seen.before,
                "tokens_read": len(seen.rows),
                "share_of_own_tokens": float(read[: seen.before].sum()) / total if total else 0.0,
                "positive_evidence": bool(cells.any()),
            },
        )
