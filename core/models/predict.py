"""The work behind a :class:`~core.contracts.PredictRequest`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import Prediction, PredictRequest
from core.models.runtime import runtime_of

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["predict"]

_CHUNK = 32


def predict(requests: Sequence[PredictRequest], control: Control) -> list[Prediction]:
    """Compute logits for requests that share one model.

    Raises
    ------
    Cancelled
        Between chunks, when the work was stopped.
    """
    model = runtime_of(requests[0])
    model.prepare(len(requests))
    results: list[Prediction] = []
    for start in range(0, len(requests), _CHUNK):
        control.check()
        chunk = requests[start : start + _CHUNK]
        began = time.perf_counter()
        logits = model.logits(np.stack([r.input.tensor() for r in chunk]))
        seconds = (time.perf_counter() - began) / len(chunk)
        results += [
            Prediction(**model.provenance(request), logits=row, seconds=seconds)
            for request, row in zip(chunk, logits, strict=True)
        ]
        control.progress(len(results) / len(requests), f"{len(results)} of {len(requests)}")
    return results
