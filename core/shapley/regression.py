"""KernelSHAP's two halves: which coalitions to try, and the regression over them.

Lundberg and Lee 2017 (arXiv:1705.07874), theorem 2: the Shapley values are the weighted least
squares fit of a linear model to the payouts, with the weight (M − 1) / (C(M, s) s (M − s)) for a
coalition of s of M players, under the constraint that they add up. As in ``shap``, sizes are
enumerated from both ends while the budget lasts, and the rest is drawn in pairs of complements.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

__all__ = ["Coalitions", "coalitions", "solve"]

Floats = npt.NDArray[np.float64]
Masks = npt.NDArray[np.bool_]

_MAX_EXACT = 20_000


@dataclass(frozen=True)
class Coalitions:
    """Coalitions of M players, and how much each counts.

    Parameters
    ----------
    members : ndarray of bool, shape (n, M)
    weights : ndarray of float64, shape (n,)
    complete : bool
        All coalitions are there: the regression gives the Shapley values themselves.
    """

    members: Masks
    weights: Floats
    complete: bool


def coalitions(n_players: int, budget: int, rng: np.random.Generator) -> Coalitions:
    """Return at most ``budget`` coalitions, neither the empty one nor that of all players."""
    sizes = range(1, n_players // 2 + 1)
    shares = {s: _kernel(n_players, s) for s in sizes}
    total = sum(shares.values())
    members: list[Masks] = [np.zeros((0, n_players), bool)]
    weights: list[Floats] = [np.zeros(0)]
    left = min(budget, _MAX_EXACT)
    remaining = dict(shares)
    for size in sizes:
        found = _number(n_players, size)
        if left * remaining[size] / sum(remaining.values()) < found - 1e-8:
            break
        masks = _enumerated(n_players, size)
        members.append(masks)
        weights.append(np.full(found, remaining.pop(size) / total / found))
        left -= found
    if remaining and left >= 2:
        drawn, counts = _drawn(n_players, remaining, left, rng)
        members.append(drawn)
        weights.append(counts / counts.sum() * (sum(remaining.values()) / total))
    return Coalitions(np.concatenate(members), np.concatenate(weights), not remaining)


def _kernel(n_players: int, size: int) -> float:
    """Return the kernel's weight of all coalitions of ``size`` and of their complements."""
    weight = (n_players - 1) / (size * (n_players - size))
    return weight if 2 * size == n_players else 2 * weight


def _number(n_players: int, size: int) -> int:
    return comb(n_players, size) * (1 if 2 * size == n_players else 2)


def _enumerated(n_players: int, size: int) -> Masks:
    chosen = np.array(list(combinations(range(n_players), size)))
    masks = np.zeros((len(chosen), n_players), bool)
    masks[np.arange(len(chosen))[:, None], chosen] = True
    return masks if 2 * size == n_players else np.concatenate([masks, ~masks])


def _drawn(
    n_players: int, shares: dict[int, float], budget: int, rng: np.random.Generator
) -> tuple[Masks, Floats]:
    """Draw different pairs of complements; one that is drawn again counts more."""
    sizes = np.array(list(shares))
    probabilities = np.array(list(shares.values())) / sum(shares.values())
    counts: dict[bytes, int] = {}
    for _ in range(4 * budget):
        if 2 * len(counts) + 2 > budget:
            break
        mask = np.zeros(n_players, bool)
        mask[rng.permutation(n_players)[: rng.choice(sizes, p=probabilities)]] = True
        name = (mask if mask[0] else ~mask).tobytes()
        counts[name] = counts.get(name, 0) + 1
    masks = np.array([np.frombuffer(name, bool) for name in counts])
    times = np.array(list(counts.values()), np.float64)
    return np.concatenate([masks, ~masks]), np.concatenate([times, times])


def solve(tried: Coalitions, payouts: Floats, base: Floats, total: Floats) -> Floats:
    """Return the players' shares, which add up to ``total − base`` exactly.

    Parameters
    ----------
    tried : Coalitions
    payouts : ndarray, shape (n, K)
        v of each coalition.
    base, total : ndarray, shape (K,)
        v of nobody and of everybody.

    Returns
    -------
    ndarray of float64, shape (K, M)
        Where the coalitions do not determine the shares, the smallest that fit.
    """
    members = tried.members.astype(np.float64)
    last = members[:, -1:]
    root = np.sqrt(tried.weights)[:, None]
    design = root * (members[:, :-1] - last)
    target = root * (payouts - base - last * (total - base))
    shares = np.linalg.lstsq(design, target, rcond=None)[0]
    return np.concatenate([shares, (total - base)[None] - shares.sum(axis=0)[None]]).T
