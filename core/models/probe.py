"""Answers of a network on fixed random pictures: what tells functions apart that no text can.

Two runs of one function differ by rounding (threads, processors), and a hash of rounded numbers
flips at their edges. So the answers that were seen first are kept in the store, and later ones
that are equal within a tolerance are taken for the same function, under the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import numpy as np

from core.contracts import Array, Artefact, content_key
from core.models.network import Network
from core.models.spec import ModelSpec
from core.models.tensorflow import tf
from core.store import Store

__all__ = ["probe"]

_PICTURES, _PROJECTIONS = 2, 16
_SPREAD, _SIZE = 1e-3, 1e-5
"""Tolerance: of the spread of the kept values, and of their size (rounding in float32)."""
Answers = dict[str, Array]


def probe(network: Network, spec: ModelSpec, *, exact: str, store: Store) -> str:
    """Return a name for what ``network`` answers.

    Parameters
    ----------
    exact : str
        Key of everything about the model that is known exactly; answers are compared with those
        of equal keys alone.
    store : Store
        Keeps the answers that were seen first.

    Returns
    -------
    str
        The SHA-256 of the kept answers that these are equal to; ``"varies"`` of a network whose
        answers differ from one pass to the next, of which ``exact`` has to say enough.
    """
    with _full_precision():
        mine = _answers(network, spec)
        if not all(_equal(mine, _answers(network, spec)) for _ in range(2)):
            return "varies"
    for number in count():
        key = content_key({"kind": "probe", "exact": exact, "number": number})
        found, _ = store.get_or_compute(key, lambda: Artefact({"kind": "probe"}, dict(mine)))
        kept: Answers = found.arrays
        if _equal(kept, mine):
            return _digest(kept)
    raise AssertionError("counting does not end")


def _answers(network: Network, spec: ModelSpec) -> Answers:
    """Return logits, and gradients and feature maps projected on random directions."""
    rng = np.random.default_rng(0)
    shape = tuple(network.model.input.shape[1:])
    pictures = rng.random((_PICTURES, *shape), dtype=np.float32)
    directions = rng.normal(size=(_PICTURES, network.model.output.shape[-1])).astype(np.float32)
    answers = {"logits": network.logits(pictures)}
    if spec.gradients:
        answers["gradient"] = _projected(network.gradient(pictures, directions)[1], rng)
    if spec.features and spec.feature_layer:
        answers["features"] = _projected(network.features(pictures, spec.feature_layer)[1], rng)
    return answers


def _projected(values: Array, rng: np.random.Generator) -> Array:
    flat = values.reshape(len(values), -1)
    return flat @ rng.normal(size=(flat.shape[1], _PROJECTIONS)).astype(np.float32)


def _equal(kept: Answers, mine: Answers) -> bool:
    return kept.keys() == mine.keys() and all(_close(kept[name], mine[name]) for name in kept)


def _close(kept: Array, mine: Array) -> bool:
    if kept.shape != mine.shape:
        return False
    finite = kept[np.isfinite(kept)]
    spread, size = (float(finite.std()), float(np.abs(finite).max())) if finite.size else (0.0, 0.0)
    allowed = max(_SPREAD * spread, _SIZE * size)
    return bool(np.allclose(mine, kept, rtol=0.0, atol=allowed, equal_nan=True))


def _digest(kept: Answers) -> str:
    total = hashlib.sha256()
    for name in sorted(kept):
        total.update(name.encode() + np.ascontiguousarray(kept[name], np.float32).tobytes())
    return total.hexdigest()


@contextmanager
def _full_precision() -> Iterator[None]:
    """Leave out TensorFloat-32, by which a GPU and a processor differ more than the tolerance."""
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
