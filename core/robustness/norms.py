"""Balls around a picture: sizes of perturbations, projections, steepest steps, random starts.

A norm counts the perturbation of one picture as one long vector, on pixels in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.axes import along
from core.contracts import Array, Norm
from core.errors import InputError

__all__ = ["NORMS", "Ball", "ball"]

_TINY = np.float32(1e-30)
_INWARDS = np.float32(1 - 1e-6)
"""Projections end this much inside, so that float32 rounding stays within ε + 1e-6."""
_SPARSE = 0.05
"""Share of the coordinates that one L1 step moves (SLIDE: Tramèr and Boneh 2019)."""


@dataclass(frozen=True, slots=True)
class Ball:
    """One norm's geometry; every array is ``(N, …)``, one perturbation a row.

    Parameters
    ----------
    size : callable
        Perturbations → their norms, float64 ``(N,)``.
    shrink : callable
        (perturbations, radii ``(N,)``) → the nearest ones inside the radii.
    steepest : callable
        Gradients → the steps of size 1 that gain most.
    draw : callable
        (generator, shape of one) → one perturbation, uniform in the ball of radius 1.
    furthest : callable
        Number of values → the norm of the perturbation from all black to all white.
    """

    size: Callable[[Array], Array]
    shrink: Callable[[Array, Array], Array]
    steepest: Callable[[Array], Array]
    draw: Callable[[np.random.Generator, tuple[int, ...]], Array]
    furthest: Callable[[int], float]

    def project(self, moved: Array, inputs: Array, eps: Array) -> Array:
        """Return ``moved`` brought within ``eps`` of ``inputs`` and inside [0, 1].

        Cutting at 0 and 1 only shortens each value's way, so it leaves no ball.
        """
        inside: Array = np.clip(inputs + self.shrink(moved - inputs, eps), 0, 1)
        return inside


def ball(norm: Norm) -> Ball:
    """Return the geometry of ``norm``.

    Raises
    ------
    InputError
        If there is no such norm.
    """
    if norm not in NORMS:
        raise InputError(f"norm must be one of {', '.join(NORMS)}. Received: {norm!r}.")
    return NORMS[norm]


def _flat(x: Array) -> Array:
    return x.reshape(len(x), -1)


def _column(values: Array, like: Array) -> Array:
    return along(np.asarray(values, np.float32), like)


def _linf(delta: Array) -> Array:
    return np.abs(_flat(delta)).max(axis=1).astype(np.float64)


def _clip(delta: Array, eps: Array) -> Array:
    bound = _column(eps, delta)
    return np.clip(delta, -bound, bound)


def _box_draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(-1, 1, shape).astype(np.float32)


def _l2(delta: Array) -> Array:
    flat = _flat(delta)
    return np.sqrt(np.einsum("nd,nd->n", flat, flat, dtype=np.float64))


def _rescale(delta: Array, eps: Array) -> Array:
    sizes = np.maximum(_l2(delta), _TINY)
    factor = np.where(sizes > eps, eps / sizes * _INWARDS, 1.0)
    return delta * _column(factor, delta)


def _unit(gradient: Array) -> Array:
    # In two steps: squares of gradients below 1e-19 would vanish.
    peak = np.abs(_flat(gradient)).max(axis=1)
    scaled = gradient / _column(np.maximum(peak, _TINY), gradient)
    return scaled / _column(np.maximum(_l2(scaled), _TINY), gradient)


def _ball_draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    direction = rng.standard_normal(shape).astype(np.float32)
    radius = rng.uniform() ** (1 / direction.size)
    return direction * np.float32(radius / max(float(np.linalg.norm(direction)), 1e-12))


def _l1(delta: Array) -> Array:
    return np.abs(_flat(delta)).sum(axis=1, dtype=np.float64)


def _soften(delta: Array, eps: Array) -> Array:
    """Project onto L1 balls (Duchi et al. 2008): every value shrinks by the same amount."""
    out = delta.copy()
    for i in np.flatnonzero(_l1(delta) > eps):
        size = np.abs(delta[i].ravel()).astype(np.float64)
        falling = np.sort(size)[::-1]
        excess = (np.cumsum(falling) - eps[i]) / np.arange(1, len(size) + 1)
        last = int(np.flatnonzero(falling > excess)[-1])
        kept = np.maximum(size - excess[last], 0) * float(_INWARDS)
        out[i] = (np.sign(delta[i].ravel()) * kept).reshape(delta[i].shape)
    return out


def _sparse_sign(gradient: Array) -> Array:
    flat = _flat(gradient)
    count = max(1, int(_SPARSE * flat.shape[1]))
    size = np.abs(flat)
    least = np.partition(size, -count, axis=1)[:, -count][:, None]
    step = np.where(size >= np.maximum(least, _TINY), np.sign(flat), 0).astype(np.float32)
    step /= np.maximum(np.abs(step).sum(axis=1, keepdims=True), 1)
    return step.reshape(gradient.shape)


def _cross_draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Uniform in the L1 ball: d of d + 1 exponential spacings, with random signs."""
    number = int(np.prod(shape))
    spacings = rng.exponential(size=number + 1)
    values = spacings[:-1] / spacings.sum() * rng.choice((-1.0, 1.0), number)
    return values.astype(np.float32).reshape(shape)


def _share(delta: Array) -> Array:
    """Return the share of pixels that changed at all, in any channel."""
    changed = (delta != 0).any(axis=-1)
    return changed.reshape(len(delta), -1).mean(axis=1)


def _refuse(*_: object) -> Array:
    raise InputError("Only patches are measured by their area: choose linf, l2 or l1 here.")


NORMS: dict[Norm, Ball] = {
    "linf": Ball(_linf, _clip, np.sign, _box_draw, lambda n: 1.0),
    "l2": Ball(_l2, _rescale, _unit, _ball_draw, lambda n: float(np.sqrt(n))),
    "l1": Ball(_l1, _soften, _sparse_sign, _cross_draw, float),
    "area": Ball(_share, _refuse, _refuse, _refuse, lambda n: 1.0),
}
