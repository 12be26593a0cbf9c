"""Non-negative parts: A ≈ U W with U, W ≥ 0 (Lee & Seung 1999)."""

from __future__ import annotations

import warnings

import numpy as np

from core.contracts import Array

__all__ = ["coefficients", "factorise", "reconstruction_error"]

_ITERATIONS = 500


def factorise(activations: Array, n_parts: int, *, seed: int) -> tuple[Array, Array]:
    """Factor non-negative ``activations`` into coefficients and directions.

    Parameters
    ----------
    activations : ndarray, shape (n, K)
        Negative values count as 0.
    n_parts : int
        At most min(n, K).
    seed : int

    Returns
    -------
    coefficients : ndarray of float32, shape (n, n_parts)
    bank : ndarray of float32, shape (n_parts, K)
        Rows of length 1 (or 0, for a part that is not needed).
    """
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    model = NMF(n_parts, init="nndsvda", max_iter=_ITERATIONS, random_state=seed)
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        # What is left out is reported as the reconstruction error, converged or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = model.fit_transform(np.maximum(activations, 0))
    lengths = np.linalg.norm(model.components_, axis=1)
    bank = np.divide(
        model.components_,
        lengths[:, None],
        out=np.zeros_like(model.components_),
        where=lengths[:, None] > 0,
    )
    return (found * lengths).astype(np.float32), bank.astype(np.float32)


def coefficients(activations: Array, bank: Array) -> Array:
    """Return the non-negative U (n, r) that brings U · ``bank`` nearest to ``activations``."""
    from sklearn.decomposition import non_negative_factorization
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        found, _, _ = non_negative_factorization(
            np.maximum(activations, 0).astype(np.float64),
            H=bank.astype(np.float64),
            n_components=len(bank),
            update_H=False,
            max_iter=_ITERATIONS,
        )
    return np.asarray(found, np.float32)


def reconstruction_error(activations: Array, found: Array, bank: Array) -> float:
    """Return ‖A − UW‖ / ‖A‖ (Frobenius); negative activations count as left out."""
    whole = float(np.linalg.norm(activations))
    return float(np.linalg.norm(activations - found @ bank)) / whole if whole > 0 else 0.0
