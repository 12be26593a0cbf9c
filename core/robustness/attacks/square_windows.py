"""Where the Square attack starts, and how it changes one window (the paper's algorithms 2 to 4)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from core.contracts import Array
from core.robustness.attacks.base import Problem

__all__ = ["changed_square", "changed_windows", "stripes", "tiles"]

Randoms = Sequence[np.random.Generator]
_TINY = 1e-12


def _signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return (2 * rng.integers(0, 2, shape) - 1).astype(np.float32)


def stripes(problem: Problem, randoms: Randoms) -> Array:
    """Return pictures under vertical stripes of ±ε (L∞)."""
    _, _, width, channels = problem.inputs.shape
    drawn = np.stack([_signs(rng, (1, width, channels)) for rng in randoms])
    return problem.project(problem.inputs + np.float32(problem.eps) * drawn)


def _corner(rng: np.random.Generator, shape: tuple[int, ...], side: int) -> tuple[slice, slice]:
    top = int(rng.integers(0, shape[0] - side + 1))
    left = int(rng.integers(0, shape[1] - side + 1))
    return slice(top, top + side), slice(left, left + side)


def changed_square(problem: Problem, best: Array, randoms: Randoms, share: float) -> Array:
    """Return pictures in which one square is ±ε away from the original (L∞)."""
    _, height, width, channels = best.shape
    side = min(max(1, round(float(np.sqrt(share * height * width)))), height, width)
    moved = best.copy()
    for i, rng in enumerate(randoms):
        rows, columns = _corner(rng, (height, width), side)
        colour = np.float32(problem.eps) * _signs(rng, (1, 1, channels))
        moved[i, rows, columns] = problem.inputs[i, rows, columns] + colour
    return problem.project(moved)


@lru_cache(maxsize=64)
def _pyramid(height: int, width: int) -> Array:
    """Return centred rectangles laid over one another, the k-th weighing 1 / k²."""
    out = np.zeros((height, width))
    top, left = height // 2, width // 2
    for k in range(max(height // 2 + 1, width // 2 + 1)):
        rows = slice(max(top - k, 0), min(top + k + 1, height))
        out[rows, max(left - k, 0) : min(left + k + 1, width)] += 1 / (k + 1) ** 2
    return np.asarray(out / np.sqrt((out**2).sum()), np.float32)


def _bump(rng: np.random.Generator, side: int) -> Array:
    """Return two pyramids of opposite signs, of norm 1, lying or standing."""
    half = side // 2
    both = np.concatenate([_pyramid(half, side), -_pyramid(side - half, side)])
    both /= np.sqrt((both**2).sum())
    return both.T if rng.integers(0, 2) else both


def _on_sphere(problem: Problem, delta: Array) -> Array:
    unit = problem.ball.steepest(delta)  # of size 1 in its own direction
    return problem.project(problem.inputs + np.float32(problem.eps) * unit)


def tiles(problem: Problem, randoms: Randoms) -> Array:
    """Return pictures under five by five tiles of bumps, of norm ε together (L2)."""
    _, height, width, channels = problem.inputs.shape
    side = max(min(height, width) // 5, 2)
    delta = np.zeros_like(problem.inputs)
    for i, rng in enumerate(randoms):
        for top in range(0, height - side + 1, side):
            for left in range(0, width - side + 1, side):
                bump = _bump(rng, side)[..., None] * _signs(rng, (1, 1, channels))
                delta[i, top : top + side, left : left + side] = bump
    return _on_sphere(problem, delta)


def changed_windows(problem: Problem, best: Array, randoms: Randoms, share: float) -> Array:
    """Return pictures in which one window gave its norm to another (L2)."""
    _, height, width, channels = best.shape
    side = max(3, round(float(np.sqrt(share * height * width))))
    side = min(side + (side % 2 == 0), height, width)
    delta = best - problem.inputs
    spare = np.maximum(problem.eps**2 - problem.ball.size(delta) ** 2, 0) / channels
    for i, rng in enumerate(randoms):
        taker, giver = (_corner(rng, (height, width), side) for _ in range(2))
        old = delta[i][taker].copy()
        given = delta[i][giver].copy()
        delta[i][giver] = 0
        rest = delta[i][taker]  # what the giver did not take away of the taker's own
        owned = (given**2).sum(axis=(0, 1)) + (rest**2).sum(axis=(0, 1))
        new = _bump(rng, side)[..., None] * _signs(rng, (1, 1, channels))
        new += old / (np.sqrt((old**2).sum()) + _TINY)
        new /= np.sqrt((new**2).sum(axis=(0, 1))) + _TINY
        delta[i][taker] = new * np.sqrt(owned + spare[i])
    return _on_sphere(problem, delta)
