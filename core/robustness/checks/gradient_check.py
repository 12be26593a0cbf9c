"""Gradients against finite differences: whether the loss changes as the gradient says.

A gradient may be there, lead uphill and still be another function's: only forward passes tell.
Along a direction u and for a step h, the slope (L(x + hu) − L(x − hu)) / 2h is compared with
gradient · u. Central differences of a smooth loss are off by O(h²), those of a ReLU network by the
kinks that lie between; float32 rounding adds about 1e-7 · |logits| / h. The two errors grow in
opposite directions, so each slope is taken with several h, and the h at which the two agree best
counts: a true gradient agrees at one of them, another function's at none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.axes import inner
from core.contracts import Array
from core.robustness.attacks.base import Hits, Labels, LossName, Problem, Rows
from core.robustness.attacks.gradient_ascent import gradient_ascent

__all__ = ["GradientCheck", "loss_of", "gradient_check", "visited"]

_STEPS = (1 / 64, 1 / 16, 1 / 256)
"""Steps h as shares of ε, before :data:`_FAR`; later ones only where earlier ones disagree."""
_FAR = 1 / 4
"""The step, as a share of ε, over which a gradient must foretell the loss as well."""
_RANDOM = 3
_ERROR = 0.3
"""Largest root mean square error along random directions, as a share of the gradient's length.

Honest models: 0.02 to 0.1 at the best h (pictures' 9th deciles). Another function's gradient of
the same length: 1.4; one that lacks a tenth of its squared length: 0.32.
"""
_RATIO = 1.5
"""Largest ratio of predicted and measured slope along the attack's own direction.

There rounding cannot hide wrong signs of small values: all values count alike.
"""
_ROUNDING = 1e-6
"""Of the largest logit: what float32 may add to a difference of two losses."""
_LOSSES: tuple[LossName, ...] = ("ce", "margin")
_TINY = 1e-30


@dataclass(frozen=True)
class GradientCheck:
    """What was found at some points.

    Parameters
    ----------
    wrong : ndarray of bool, shape (n_points · n_losses, N)
        Where the gradient is not the loss's, at any step.
    foretold : float
        Correlation of predicted and measured slopes over a quarter of ε, along random directions.
    error : float
        Median over the pictures of the error along random directions at the best step.
    """

    wrong: Hits
    foretold: float
    error: float


def visited(problem: Problem, *, steps: int = 10) -> dict[str, Array]:
    """Return where gradients are looked at: pictures, random points of the balls, an attack's.

    A gradient that is right at the pictures alone is of no use to an attack.
    """
    start = problem.random_start(7)
    reached = gradient_ascent(problem, start, steps=steps, step=2.5 / steps * problem.eps)
    return {"clean": problem.inputs, "random": start, "reached": reached}


def gradient_check(problem: Problem) -> GradientCheck:
    """Compare gradients with finite differences at every point of :func:`visited`.

    About 100 forward passes a picture where they agree at once, 200 where they do not.
    """
    wrong, errors, far = [], [], []
    for number, at in enumerate(visited(problem).values()):
        for loss in _LOSSES:
            problem.control.check()
            place = _Place(problem, at, loss, stream=number)
            wrong.append(place.wrong)
            errors.append(place.error)
            if loss == "ce":
                far.append(place.far)
    predicted, measured = np.concatenate(far, axis=1)
    return GradientCheck(
        np.stack(wrong), _correlation(predicted, measured), float(np.median(errors))
    )


class _Place:
    """The comparison of one loss at one point of each picture.

    Attributes
    ----------
    error, ratio : ndarray of float64, shape (N,)
        The least over the steps: along random directions, and along the attack's own.
    far : ndarray of float64, shape (2, n_directions · N)
        Predicted and measured slopes over a quarter of ε along the random directions.
    """

    def __init__(self, problem: Problem, at: Array, loss: LossName, *, stream: int) -> None:
        self._problem, self._at, self._loss = problem, at, loss
        gradient = np.nan_to_num(problem.passes.ascent(at, loss, problem.labels)[2])
        self._gradient = gradient
        length = np.sqrt((gradient.astype(np.float64) ** 2).sum(axis=inner(gradient)))
        self._length = np.maximum(length, _TINY)
        self._directions = [*_random(problem, stream), _own(problem, gradient)]
        self.error, self.ratio = (np.full(len(at), np.inf) for _ in range(2))
        for share in _STEPS:
            rows = np.flatnonzero(self.wrong)
            if len(rows):
                self._judge(rows, self._pairs(rows, share))
        everyone = np.arange(len(at))
        pairs = self._pairs(everyone, _FAR)
        self._judge(everyone, pairs)
        sides = [[pair[side] / self._length for pair in pairs[:-1]] for side in (0, 1)]
        self.far = np.stack([np.concatenate(side) for side in sides])

    @property
    def wrong(self) -> Hits:
        """Where the gradient is not the loss's at any step so far."""
        return np.asarray((self.error > _ERROR) | (self.ratio > _RATIO))

    def _pairs(self, rows: Rows, share: float) -> list[tuple[Array, Array, Array]]:
        part = self._problem.only(rows)
        step = np.float32(share * _value(self._problem))
        return [
            _slope(part, self._at[rows], self._gradient[rows], way[rows], self._loss, step)
            for way in self._directions
        ]

    def _judge(self, rows: Rows, pairs: list[tuple[Array, Array, Array]]) -> None:
        scale = self._length[rows]
        off = np.stack([_off(*pair, scale) for pair in pairs[:-1]]) / scale
        self.error[rows] = np.minimum(self.error[rows], np.sqrt((off**2).mean(axis=0)))
        self.ratio[rows] = np.minimum(self.ratio[rows], _apart(*pairs[-1][:2]))


def _random(problem: Problem, stream: int) -> Iterator[Array]:
    """Yield random signs for every value: their slope is the gradient's length times N(0, 1)."""
    shape = problem.inputs.shape[1:]
    for number in range(_RANDOM):
        rngs = [problem.rng(i, 11, stream, number) for i in range(len(problem))]
        yield np.stack([rng.choice((-1.0, 1.0), shape) for rng in rngs]).astype(np.float32)


def _own(problem: Problem, gradient: Array) -> Array:
    """Return the steepest direction, scaled so that its largest value is 1 like the random ones."""
    way = problem.ball.steepest(gradient)
    peak = np.abs(way).max(axis=inner(way), keepdims=True)
    return np.asarray(way / np.maximum(peak, _TINY), np.float32)


def _slope(
    problem: Problem, at: Array, gradient: Array, way: Array, loss: LossName, step: np.float32
) -> tuple[Array, Array, Array]:
    """Return predicted and measured slopes, and what rounding may add to the latter.

    Values without room for the step on both sides stay where they are: outside [0, 1] a model may
    do anything.
    """
    size = step * np.abs(way)
    way = np.where((at < size) | (at > 1 - size), np.float32(0), way)
    ahead, behind = at + step * way, at - step * way
    taken = (ahead - behind).astype(np.float64)  # as float32 has it
    predicted = (gradient * taken).sum(axis=inner(taken)) / (2.0 * step)
    logits = [problem.passes.logits(np.asarray(x, np.float32)) for x in (ahead, behind)]
    up, down = (loss_of(z, problem.labels, loss) for z in logits)
    rounding = _ROUNDING * np.abs(logits[0]).max(axis=1) / (2.0 * step)
    return predicted, (up - down) / (2.0 * step), rounding


def _value(problem: Problem) -> float:
    """Return ε for one value: that of the perturbation of size ε that moves all values alike."""
    return problem.eps / float(problem.ball.size(np.ones_like(problem.inputs[:1]))[0])


def _off(predicted: Array, measured: Array, rounding: Array, scale: Array) -> Array:
    """Return how far the two are apart beyond rounding, which excuses no more than is allowed."""
    excused = np.minimum(rounding, _ERROR * scale)
    return np.nan_to_num(np.maximum(np.abs(measured - predicted) - excused, 0), nan=np.inf)


def _apart(predicted: Array, measured: Array) -> Array:
    """Return how many times one is the other.

    Rounding excuses nothing: it is large at tiny steps alone, and the step at which the two agree
    best counts.
    """
    low = np.maximum(np.minimum(predicted, measured), _TINY)
    high = np.maximum(predicted, measured)
    return np.where(np.isfinite(measured), high / low, np.inf)


def loss_of(logits: Array, labels: Labels, loss: LossName) -> Array:
    """Return log-odds against the label (``"ce"``) or the margin in float64, as passes have them.

    >>> loss_of(np.array([[1.0, 3.0, 3.0]]), np.array([0]), "margin").tolist()
    [2.0]
    """
    rows = np.arange(len(logits))
    others = logits.astype(np.float64)
    own = others[rows, labels]
    others[rows, labels] = -np.inf
    best = others.max(axis=1)
    if loss == "margin":
        return best - own
    return np.asarray(best + np.log(np.exp(others - best[:, None]).sum(axis=1)) - own)


def _correlation(predicted: Array, measured: Array) -> float:
    sizes = np.sqrt((predicted**2).sum() * (measured**2).sum())
    return float((predicted * measured).sum() / sizes) if sizes > 0 else 0.0
