"""Masked copies of an input through the model, in chunks: what perturbation methods share.

Masks are made a chunk at a time by whoever asks, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.modalities.base import Labels
from core.modalities.capabilities import Offer, require
from core.parameters import OfferedChoice, Parameter, Value
from core.saliency.base import Attribution, Problem
from core.targets.base import probabilities

__all__ = ["BASELINE", "CHUNK", "Probe", "blend", "chunks", "score_parameter", "shown", "watchable"]

CHUNK = 16
"""Pictures in one call; 10 MB at 224 px. OpenVINO takes them one by one anyway."""

_ROUNDING = 2e-6
"""Of float32 logits, from one picture of a batch to another."""

Figure = float | int | str | bool
Scores = npt.NDArray[np.float64]
ScoreName = Literal["logit", "probability"]
_SCORES: tuple[ScoreName, ...] = get_args(ScoreName)

BASELINE = OfferedChoice(
    "baseline", "choice", "grey", "What a hidden pixel becomes", source="baselines"
)


def score_parameter(default: ScoreName) -> Parameter:
    """Return the choice of what is watched while parts are hidden."""
    return Parameter(
        "score",
        "choice",
        default,
        "What is watched: the logit, which never saturates, or the softmax probability, which "
        "depends on the other classes too",
        choices=_SCORES,
    )


def watchable(
    parameters: Sequence[Parameter], given: Mapping[str, object], offer: Offer
) -> tuple[Parameter, ...]:
    """Return parameters in which the logit alone is watched where there is no probability.

    Raises
    ------
    CapabilityError
        If the probability is asked for.
    """
    if "probability" in offer.has:
        return tuple(parameters)
    if given.get("score") == "probability":
        require("score=probability", frozenset({"probability"}), offer)
    return tuple(
        replace(each, choices=("logit",), default="logit") if each.choices == _SCORES else each
        for each in parameters
    )


def chunks(n: int) -> Iterator[tuple[int, int]]:
    """Return ``(start, count)`` of consecutive chunks that cover ``n``."""
    for start in range(0, n, CHUNK):
        yield start, min(CHUNK, n - start)


def blend(x: Array, empty: Array, masks: Array) -> Array:
    """Return copies of an input in which ``empty`` shows where masks are low.

    Parameters
    ----------
    x, empty : ndarray of float32, shape (*sites, C)
    masks : ndarray of float32, shape (N, *sites)
        1 shows the input, 0 hides it.

    Returns
    -------
    ndarray of float32, shape (N, *sites, C)
        ``empty + mask · (x − empty)``.
    """
    n = len(masks)
    # Repeated first: an inner loop of three channels would take six times as long.
    copies = np.repeat(masks.reshape(n, -1), x.shape[-1], axis=1)
    copies *= (x - empty).ravel()
    if empty.any():
        copies += empty.ravel()
    return copies.reshape(n, *x.shape)


def shown(labels: Labels, keep: Array) -> Array:
    """Return masks ``(N, *sites)`` that show unit r of mask n by ``keep[n, r]``."""
    return np.take(keep, labels, axis=1)


class Probe:
    """One input of a problem, scored again and again with parts of it hidden.

    Parameters
    ----------
    problem : Problem
    index : int
        Which of its inputs.
    parameters : mapping
        ``baseline`` and ``score`` of a method.
    """

    def __init__(self, problem: Problem, index: int, parameters: dict[str, Value]) -> None:
        self.input = problem.inputs[index]
        name = str(parameters["baseline"])
        self.empty = problem.modality.empty(name, self.input, seed=problem.seed)
        self.passes = 0
        self._lowest, self._highest, self._largest = np.inf, -np.inf, 0.0
        self._score = cast(ScoreName, parameters["score"])
        self._problem = problem
        self._index = index

    def scores(self, inputs: Array) -> Scores:
        """Return the score of each input, shape ``(N,)``: direction · logits (or probabilities)."""
        self._problem.control.check()
        outputs = self._problem.passes.logits(inputs).astype(np.float64)
        self.passes += len(inputs)
        self._largest = max(self._largest, float(np.abs(outputs).max()))
        if self._score == "probability":
            outputs = probabilities(self._problem.probability, outputs)
        result: Scores = outputs @ self._problem.directions[self._index]
        self._lowest = min(self._lowest, float(result.min()))
        self._highest = max(self._highest, float(result.max()))
        return result

    @property
    def constant(self) -> bool:
        """Whether all scores so far were equal, up to rounding of the logits they come from."""
        rounding = _ROUNDING * self._largest
        if self._score == "probability":
            rounding *= max(abs(self._lowest), abs(self._highest))
        return self._highest - self._lowest <= rounding

    def attribution(
        self, values: Scores | Array, figures: Mapping[str, Figure], *, rises_from: float = 0.0
    ) -> Attribution:
        """Return ``values`` as a map, flat where nothing that was hidden changed the score.

        Sums of equal scores differ by rounding, which is not to be painted.

        Parameters
        ----------
        rises_from : float
            The share of the score itself that a map without any influence has everywhere.
        """
        if not self.constant:
            return Attribution(values.astype(np.float32), diagnostics=figures)
        level = rises_from * (self._lowest + self._highest) / 2
        flat = np.full(values.shape, level, np.float32)
        return Attribution(flat, diagnostics={**figures, "constant_response": True})

    def masked(self, masks: Array) -> Scores:
        """Return the scores of the input behind ``masks``, as many as there may be."""
        parts = [
            self.scores(blend(self.input, self.empty, masks[start : start + count]))
            for start, count in chunks(len(masks))
        ]
        return np.concatenate(parts)

    def masked_regions(self, labels: Labels, keep: Array) -> Scores:
        """Return the scores with unit r of copy n shown by ``keep[n, r]``, in [0, 1]."""
        parts = [
            self.masked(shown(labels, keep[start : start + count]))
            for start, count in chunks(len(keep))
        ]
        return np.concatenate(parts)

    def progress(self, share: float, message: str) -> None:
        """Report the share done of this input."""
        whole = (self._index + min(share, 1.0)) / len(self._problem.inputs)
        self._problem.control.progress(whole, message)
