"""The Square attack (Andriushchenko et al. 2019, arXiv:1912.00049): forward passes alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.square_windows import (
    changed_square,
    changed_windows,
    stripes,
    tiles,
)

__all__ = ["Square", "side_share"]

_HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


class Square(Attack):
    """Random search over squares: each one that lowers the margin stays."""

    id = "square"
    name = "Square"
    summary = "Random search over squares of colour: needs no gradient, so none can be masked."
    limits = "Blind: it needs thousands of queries where a gradient needs tens of steps."
    paper = "Andriushchenko et al. 2019, Square Attack, arXiv:1912.00049"
    needs = frozenset({"classes"})
    iterative = False
    random = True
    parameters = (
        Parameter("queries", "int", 1000, "Forward passes for each picture", low=10, high=100000,
                  step=100),
        Parameter("area", "float", 0.8, "Share of the picture that the first squares cover",
                  low=0.01, high=1, step=0.05),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures with the squares that lowered the margin most."""
        queries, area = int(parameters["queries"]), float(parameters["area"])
        start, change = (
            (stripes, changed_square) if problem.norm == "linf" else (tiles, changed_windows)
        )
        randoms = [problem.rng(i) for i in range(len(problem))]
        best = start(problem, randoms)
        margin = problem.margin(problem.passes.logits(best))
        left = np.flatnonzero(margin > 0)
        for query in range(1, queries):
            if not len(left):
                break
            problem.control.check()
            part = problem.only(left)
            share = side_share(area, query, queries)
            tried = change(part, best[left], [randoms[i] for i in left], share)
            found = part.margin(problem.passes.logits(tried))
            better = found < margin[left]
            best[left[better]], margin[left[better]] = tried[better], found[better]
            left = left[margin[left] > 0]
        return best


def side_share(area: float, query: int, queries: int) -> float:
    """Return the share of the picture's area that the next square covers.

    >>> side_share(0.8, 0, 1000), side_share(0.8, 999, 1000)
    (0.8, 0.0015625)
    """
    at = int(query / queries * 10000)
    return float(area / 2 ** sum(at > limit for limit in _HALVINGS))
