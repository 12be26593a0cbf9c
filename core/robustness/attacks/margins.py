"""Distances to the boundaries of other classes, for attacks that look for the nearest one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.axes import along
from core.contracts import Array, Norm
from core.robustness.attacks.base import Labels, Problem

__all__ = ["Boundary", "nearest_boundary", "step_over"]

_TINY = 1e-12


@dataclass(frozen=True)
class Boundary:
    """The nearest linearised boundary of each picture: f = margin + gradient · δ.

    Parameters
    ----------
    logits : ndarray, shape (N, n_classes)
    margin : ndarray, shape (N,)
        Lead of the class to be lost over the class to be gained.
    gradient : ndarray, shape (N, H, W, 3)
        Of the lead's opposite: along it the lead shrinks.
    """

    logits: Array
    margin: Array
    gradient: Array


def _dual(gradient: Array, norm: Norm) -> Array:
    flat = np.abs(gradient.reshape(len(gradient), -1).astype(np.float64))
    return flat.sum(axis=1) if norm == "linf" else np.sqrt((flat**2).sum(axis=1))


def nearest_boundary(problem: Problem, x: Array, rivals: list[Labels]) -> Boundary:
    """Linearise the lead over each rival at ``x``, and return the boundary that is nearest.

    One gradient pass for each rival. Where the problem has targets, the class to be lost is the
    likeliest other one at ``x``, whichever it is by now: that takes a forward pass.
    """
    rows = np.arange(len(problem))
    leading = problem.labels if problem.targets is None else _leading(problem, x)
    best: tuple[Array, Array, Array] | None = None
    logits = np.empty(0, np.float32)
    for rival in rivals:
        directions = np.zeros((len(problem), problem.passes.n_classes), np.float32)
        directions[rows, rival] += 1
        directions[rows, leading] -= 1
        logits, gradient = problem.passes.gradient(x, directions)
        lead = -np.einsum("nc,nc->n", logits, directions)
        distance = np.abs(lead) / np.maximum(_dual(gradient, problem.norm), _TINY)
        if best is None:
            best = distance, lead, gradient.copy()
            continue
        nearer = distance < best[0]
        best[0][nearer], best[1][nearer] = distance[nearer], lead[nearer]
        best[2][nearer] = gradient[nearer]
    assert best is not None, "there is at least one rival"
    return Boundary(logits, best[1], best[2])


def _leading(problem: Problem, x: Array) -> Labels:
    """Return the likeliest class at ``x`` besides the target."""
    others = problem.passes.logits(x).copy()
    others[np.arange(len(problem)), problem.targets] = -np.inf
    return others.argmax(axis=1).astype(np.int64)


def step_over(boundary: Boundary, norm: Norm) -> Array:
    """Return the smallest step, in the norm, that reaches the linearised boundary."""
    g = boundary.gradient
    size = np.maximum(_dual(g, norm), _TINY)
    lead = np.abs(boundary.margin) + 1e-6
    if norm == "linf":
        return np.asarray(along((lead / size).astype(np.float32), g) * np.sign(g))
    return np.asarray(along((lead / size**2).astype(np.float32), g) * g)
