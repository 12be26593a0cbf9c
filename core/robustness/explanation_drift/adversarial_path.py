"""One picture carried up through growing ε: at each, the worst that was found so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import Array, ExplanationDriftRequest
from core.control import Control
from core.robustness.attacks.base import Hits, Problem
from core.robustness.attacks.goals import AttackGoal
from core.robustness.attacks.registry import ATTACKS

if TYPE_CHECKING:
    from core.robustness.attacks.base import Passes

__all__ = ["adversarial_path"]


class _Unsatisfied(Problem):
    """A problem that no picture solves, so that attacks along a gradient use all their steps."""

    def broken(self, logits: Array) -> Hits:
        """Return that nothing is broken yet."""
        return np.zeros(len(logits), bool)


def adversarial_path(
    passes: Passes, original: Array, label: int, request: ExplanationDriftRequest, control: Control
) -> Array:
    """Return the picture at ε = 0 and at every ε of a request, float32 ``(n, h, w, 3)``.

    Attacks stop as soon as a picture is broken; here it is asked how far they get. Those along a
    gradient therefore use all their steps, and what any of them finds is lengthened to the edge of
    the ball as well: at each ε the candidates are what the attack found there, what it had found at
    the ε before, and both lengthened. The one that stays is broken if any is, and gives ``label``
    the lowest log-odds, or the class that the request is after the highest. So what is broken stays
    broken, and more ε never does less.

    Parameters
    ----------
    original : ndarray of float32, shape (h, w, 3)
    label : int
        The class that the attack works against.
    """
    attack = ATTACKS.find(request.attack)
    whole = attack.needs_gradients and not attack.minimal and not attack.ensemble
    problem = (_Unsatisfied if whole else Problem)(
        passes, original[None], np.array([label], np.int64), request.norm, 0.0,
        np.zeros(1, np.int64), request.seed, control,
    )  # fmt: skip
    problem = AttackGoal.parse(request.towards).posed(problem)
    frames = [original]
    found: Array | None = None
    for number, eps in enumerate(request.epsilons):
        control.check()
        at = replace(problem, eps=eps)
        if found is None or not attack.minimal:
            found = attack().perturb(at, request.attack_parameters)
        candidates = [frames[-1][None], _within(at, found), *_lengthened(at, frames[-1][None])]
        candidates += _lengthened(at, found)
        frames.append(_worst(at, np.concatenate(candidates)))
        control.progress((number + 1) / len(request.epsilons))
    return np.stack(frames).astype(np.float32)


def _within(problem: Problem, found: Array) -> Array:
    """Return ``found`` if it lies in the ball, else shortened to it; a patch cannot be."""
    if problem.norm == "area":
        fits = problem.ball.size(found - problem.inputs) <= problem.eps + 1e-6
        return found if bool(fits[0]) else problem.inputs
    return problem.project(found)


def _lengthened(problem: Problem, found: Array) -> list[Array]:
    """Return ``found`` moved on along its own direction to the edge of the ball."""
    if problem.norm == "area":
        return []
    way = found - problem.inputs
    size = float(problem.ball.size(way)[0])
    if size == 0:
        return []
    return [problem.project(problem.inputs + way * np.float32(problem.eps / size))]


def _worst(problem: Problem, candidates: Array) -> Array:
    from scipy.special import logsumexp

    found = problem.passes.logits(candidates)
    broken = Problem.broken(problem.only(np.zeros(len(candidates), np.intp)), found)
    logits = found.astype(np.float64)
    towards = problem.targets is not None
    goal = int(problem.labels[0] if problem.targets is None else problem.targets[0])
    others = logits.copy()
    others[:, goal] = -np.inf
    rival = logsumexp(others, axis=1) if problem.k == 1 else np.sort(others)[:, -problem.k]
    odds = logits[:, goal] - rival
    odds = -odds if towards else odds
    picked = np.lexsort((odds, ~broken))[0]
    return np.asarray(candidates[picked], np.float32)
