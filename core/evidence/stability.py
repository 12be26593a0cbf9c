"""Whether the map stays when nothing that matters changes: faint noise, or another seed."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from core.axes import inner
from core.contracts import Array, Score
from core.evidence.base import EvaluatedMap, Metric
from core.evidence.correlation import interval, rank_correlation

__all__ = ["InputStability", "SeedStability", "SensitivityMax"]


def _recomputed(evaluated: EvaluatedMap, pictures: Array, seed: int) -> Array:
    """Return the maps of ``pictures``, one picture at a time, so that a stop comes soon."""
    assert evaluated.remap is not None
    maps = []
    for i, picture in enumerate(pictures):
        evaluated.control.check()
        evaluated.control.progress(i / len(pictures), f"map {i + 1} of {len(pictures)} again")
        maps.append(evaluated.remap(picture[None], seed)[0])
    return np.stack(maps)


class InputStability(Metric):
    """Mean rank correlation with the maps of slightly noisy copies.

    Parameters
    ----------
    n_copies : int
    sigma : float
        Standard deviation of the noise in pixel values.
    """

    id = "input_stability"
    name = "Input stability"
    summary = "How alike the map stays under faint noise (1: the same ranking)."
    limits = "A map that never changes is perfectly stable, and may be wrong."
    paper = "Alvarez-Melis & Jaakkola 2018, On the Robustness of Interpretability, arXiv:1806.08049"
    recomputes = True
    random = True
    quick = True

    def __init__(self, n_copies: int = 4, sigma: float = 0.02) -> None:
        self.n_copies, self.sigma = n_copies, sigma

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return noise and correlation."""
        return (
            f"Mean Spearman correlation of the map with those of {self.n_copies} copies under "
            f"Gaussian noise, σ = {self.sigma:g} of the pixel range, same class, same seed "
            f"of the method; seed of the noise {evaluated.seed}; interval by Student's t."
        )

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the mean correlation with its 95 % interval."""
        rng = np.random.default_rng(evaluated.seed)
        shape = (self.n_copies, *evaluated.input.shape)
        noise = rng.standard_normal(shape, dtype=np.float32) * np.float32(self.sigma)
        copies = np.clip(evaluated.input + noise, 0.0, 1.0)
        maps = _recomputed(evaluated, copies, evaluated.map_seed)
        values = np.array([rank_correlation(evaluated.map, other) for other in maps])
        low, high = interval(values)
        return self.defined(evaluated, values.mean(), low=max(low, -1.0), high=min(high, 1.0))


class SeedStability(Metric):
    """Mean rank correlation of maps of several seeds.

    Parameters
    ----------
    n_seeds : int
    """

    id = "seed_stability"
    name = "Seed stability"
    summary = "How alike the maps of several seeds are (1: the same ranking)."
    limits = "Only for methods that draw at random; more draws make any of them stable."
    paper = "Bansal et al. 2020, SAM: The Sensitivity of Attribution Methods, arXiv:2003.08754"
    recomputes = True
    random = True

    def __init__(self, n_seeds: int = 4) -> None:
        self.n_seeds = n_seeds

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return seeds and correlation."""
        first, last = evaluated.map_seed, evaluated.map_seed + self.n_seeds - 1
        return f"Mean Spearman correlation over all pairs of maps with seeds {first} to {last}."

    def missing(self, evaluated: EvaluatedMap) -> str:
        """Also refuse methods that have no seed."""
        if not evaluated.draws:
            return "the method draws nothing at random: every seed gives the same map"
        return super().missing(evaluated)

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the mean over pairs."""
        picture = evaluated.input[None]
        more = [
            _recomputed(evaluated, picture, evaluated.map_seed + i)[0]
            for i in range(1, self.n_seeds)
        ]
        pairs = combinations([evaluated.map, *more], 2)
        return self.defined(evaluated, float(np.mean([rank_correlation(a, b) for a, b in pairs])))


class SensitivityMax(Metric):
    """The largest relative change of the map within a small ball around the picture.

    Parameters
    ----------
    n_samples : int
    radius : float
        In pixel values, for every pixel and channel.
    """

    id = "sensitivity_max"
    name = "Sensitivity-max"
    summary = "The largest relative change of the map under faint noise (0: none)."
    limits = "Grows with the number of draws; a map that never changes scores 0, and may be wrong."
    paper = "Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, arXiv:1901.09392"
    higher_is_better = False
    recomputes = True
    random = True

    def __init__(self, n_samples: int = 10, radius: float = 0.02) -> None:
        self.n_samples, self.radius = n_samples, radius

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return draws, radius and norm."""
        return (
            f"max over {self.n_samples} draws of ‖map(x + δ) − map(x)‖₂/‖map(x)‖₂, δ uniform in "
            f"±{self.radius:g} of the pixel range, clipped to it; seed {evaluated.seed}."
        )

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the largest relative change."""
        rng = np.random.default_rng(evaluated.seed)
        shape = (self.n_samples, *evaluated.input.shape)
        delta = (rng.random(shape, dtype=np.float32) * 2 - 1) * np.float32(self.radius)
        maps = _recomputed(
            evaluated, np.clip(evaluated.input + delta, 0.0, 1.0), evaluated.map_seed
        )
        change = np.sqrt(np.square(maps - evaluated.map).sum(axis=inner(maps)))
        return self.defined(evaluated, float(change.max() / np.linalg.norm(evaluated.map)))
