"""Infidelity (Yeh et al. 2019): whether the map predicts how the answer moves."""

from __future__ import annotations

import numpy as np

from core.contracts import Score
from core.evidence.base import EvaluatedMap, Metric
from core.modalities.picture.resample import upsample

__all__ = ["Infidelity"]

_CHUNK = 32


class Infidelity(Metric):
    """Squared error of Iᵀ·map as a prediction of f(x) − f(x − I), relative.

    Parameters
    ----------
    n_samples : int
        Perturbations I.
    grid : int
        I is smooth grey noise, drawn on ``grid`` × ``grid`` points.
    sigma : float
        Its standard deviation in pixel values.
    """

    id = "infidelity"
    name = "Infidelity"
    summary = "How badly the map predicts the change of the answer under small smooth noise."
    limits = (
        "Asks for sensitivity: a map of contributions (value times weight) answers another "
        "question and scores worse without being wrong."
    )
    paper = "Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, arXiv:1901.09392"
    higher_is_better = False
    random = True
    needs = frozenset({"plane"})

    def __init__(self, n_samples: int = 96, grid: int = 14, sigma: float = 0.1) -> None:
        self.n_samples, self.grid, self.sigma = n_samples, grid, sigma

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return perturbations and scale."""
        return (
            f"min over β of Σ(β·Iᵀmap − Δf)²/ΣΔf², Δf = f(x) − f(x − I), over {self.n_samples} "
            f"draws of grey Gaussian noise I, σ = {self.sigma:g} on {self.grid}×{self.grid} "
            f"points, interpolated; β because methods differ in scale; f: the explained logit; "
            f"seed {evaluated.seed}."
        )

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the share of Δf's square that the map does not predict, in [0, 1]."""
        rng = np.random.default_rng(evaluated.seed)
        evaluated.passes.prepare(self.n_samples)
        predicted, actual = [], []
        for start in range(0, self.n_samples, _CHUNK):
            n = min(_CHUNK, self.n_samples - start)
            points = rng.standard_normal((n, self.grid, self.grid), dtype=np.float32)
            noise = upsample(points * np.float32(self.sigma), evaluated.map.shape)  # type: ignore[arg-type]
            predicted.append(np.einsum("nhw,hw->n", noise, evaluated.map, dtype=np.float64))
            actual.append(evaluated.f - evaluated.values(evaluated.input - noise[..., None]))
            evaluated.control.progress(start / self.n_samples, "infidelity")
        return self._scaled(evaluated, np.concatenate(predicted), np.concatenate(actual))

    def _scaled(self, evaluated: EvaluatedMap, predicted: np.ndarray, actual: np.ndarray) -> Score:
        power, total = float(predicted @ predicted), float(actual @ actual)
        if total == 0:
            return self.undefined(evaluated, "the model's answer does not move under the noise")
        beta = float(predicted @ actual) / power if power > 0 else 0.0
        return self.defined(evaluated, float(np.square(beta * predicted - actual).sum()) / total)
