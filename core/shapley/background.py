"""Which of many pictures stand for "anything": medoids of k-means over what the model says.

Pictures are told apart by their logits, scaled to unit variance. Each cluster is represented by
the picture nearest to its centre, which counts by the cluster's share, as in ``shap.kmeans``. The
choice and its logits are kept in the store: they depend on the model and the pictures, not on
what is explained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.contracts import Array, Artefact, Input, content_key
from core.models.fingerprint import versions
from core.models.runtime import Runtime
from core.shapley.base import Background, Floats
from core.workspace import open_store

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["choose", "medoids"]

_CHUNK = 32
_STARTS = 4


def choose(
    model: Runtime, given: Sequence[Input], n: int, *, seed: int, control: Control
) -> Background:
    """Return ``n`` of the pictures ``given``, or all of them, with their weights.

    Parameters
    ----------
    model : Runtime
    given : sequence of Input
        Different pictures.
    n : int
    seed : int
        Of k-means' starts.
    control : Control
    """
    key = content_key(
        {
            "kind": "shap-background",
            "weights": model.weights_sha256,
            "model": model.spec.id,
            "pictures": [seen.sha256 for seen in given],
            "n": n,
            "seed": seed,
            "versions": versions(),
        }
    )
    kept, _ = open_store().get_or_compute(
        key, lambda: Artefact({"of": len(given)}, _chosen(model, given, n, seed, control))
    )
    chosen = kept.arrays["chosen"]
    inputs = np.stack([given[i].tensor() for i in chosen])
    words = f"{len(chosen)} background pictures"
    if len(chosen) < len(given):
        words += f", medoids of {len(given)}"
    return Background(inputs, kept.arrays["weights"], kept.arrays["logits"], words)


def _chosen(
    model: Runtime, given: Sequence[Input], n: int, seed: int, control: Control
) -> dict[str, Any]:
    logits = _logits(model, given, control)
    chosen = np.arange(len(given))
    weights: Floats = np.full(len(given), 1 / len(given))
    if len(given) > n:
        chosen, weights = medoids(logits, n, seed=seed)
    return {"chosen": chosen, "weights": weights, "logits": logits[chosen]}


def _logits(model: Runtime, given: Sequence[Input], control: Control) -> Array:
    model.prepare(len(given))
    rows = []
    for start in range(0, len(given), _CHUNK):
        control.check()
        control.progress(0.0, f"looking at {len(given)} background pictures")
        rows.append(model.logits(np.stack([g.tensor() for g in given[start : start + _CHUNK]])))
    return np.concatenate(rows)


def medoids(points: Array, n: int, *, seed: int) -> tuple[Any, Floats]:
    """Return the indices of at most ``n`` typical rows, rising, and the shares they stand for."""
    from sklearn.cluster import KMeans

    scaled = (points - points.mean(axis=0)) / np.maximum(points.std(axis=0), 1e-6)
    fitted = KMeans(n, n_init=_STARTS, random_state=seed).fit(scaled)
    distances = fitted.transform(scaled)
    # Fewer clusters than n where pictures are alike.
    clusters, sizes = np.unique(fitted.labels_, return_counts=True)
    nearest = np.array([_nearest(distances[:, c], fitted.labels_ == c) for c in clusters])
    shares = sizes / len(points)
    order = np.argsort(nearest)
    return nearest[order], shares[order]


def _nearest(distances: Floats, members: Any) -> int:
    return int(np.where(members, distances, np.inf).argmin())
