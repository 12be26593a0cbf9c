"""Answers of a network on fixed pictures: what tells functions apart that no text can.

The pictures differ in what code may look at: brightness, contrast, colour, smoothness. Noise alone
has a mean of 0.5 always, and shows nothing of code that waits for a dark picture.

Two runs of one function differ by rounding (threads, processors), and a hash of rounded numbers
flips at their edges. So the answers that were seen first are kept in the store, and later ones
that are equal within a tolerance are taken for the same function, under the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Artefact, content_key
from core.models.network import Network
from core.models.spec import ModelSpec
from core.models.tensorflow import tf
from core.store import Store

__all__ = ["probe"]

_PROJECTIONS = 16
_GRAIN = 0.01
"""Noise on smooth pictures: equal pixels would leave maxima, and divisions by 0, to rounding."""
_SPREAD, _SIZE = 1e-3, 1e-5
"""Tolerance: of the spread of the kept values, and of their size (rounding in float32)."""
_VERSION = 2
"""Raised when the pictures change, so that answers are held against those to the same ones."""
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
        key = content_key({"kind": "probe", "exact": exact, "number": number, "version": _VERSION})
        found, _ = store.get_or_compute(key, lambda: Artefact({"kind": "probe"}, dict(mine)))
        kept: Answers = found.arrays
        if _equal(kept, mine):
            return _digest(kept)
    raise AssertionError("counting does not end")


def _answers(network: Network, spec: ModelSpec) -> Answers:
    """Return logits, and gradients and feature maps projected on random directions."""
    rng = np.random.default_rng(0)
    shape = tuple(network.model.input.shape[1:])
    pictures = _pictures(shape, rng)
    directions = rng.normal(size=(len(pictures), network.model.output.shape[-1])).astype(np.float32)
    answers = {"logits": network.logits(pictures)}
    if spec.gradients:
        answers["gradient"] = _projected(network.gradient(pictures, directions)[1], rng)
    if spec.features and spec.feature_layer:
        answers["features"] = _projected(network.features(pictures, spec.feature_layer)[1], rng)
    return answers


def _pictures(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return inputs, (8, *sites, channels) in [0, 1], of means from 0.07 to 0.93."""
    *sites, channels = shape
    noise = rng.random((8, *shape), dtype=np.float32)
    # Rising along the first axis of sites, and along the last.
    down = _along(np.linspace(0, 1, sites[0]), 0, len(shape))
    right = _along(np.linspace(0, 1, sites[-1]), len(sites) - 1, len(shape))
    colour = np.arange(channels) == 0
    thirds = (_along(np.arange(n) * 3 // n, axis, len(sites)) for axis, n in enumerate(sites))
    blocks = sum(thirds, np.zeros(sites, int)) % channels
    smooth = [
        0.03 + 0.34 * right * (1 - 0.5 * colour) + 0 * down,  # dark to grey, and its colour changes
        0.5 + 0.45 * down - 0.2 * right * colour,
        np.full(shape, 0.437),
        0.06 + 0.88 * (blocks[..., None] == np.arange(channels)),  # saturated colours
    ]
    grainy = [(1 - _GRAIN) * s + _GRAIN * n for s, n in zip(smooth, noise[4:], strict=True)]
    tones = [noise[0], 0.14 * noise[1], 0.86 + 0.14 * noise[2], 0.52 + 0.1 * noise[3]]
    return np.stack([*tones, *grainy]).astype(np.float32)


def _along(values: npt.NDArray[np.generic], axis: int, ndim: int) -> npt.NDArray[Any]:
    """Return values ``(n,)`` laid along an axis of ``ndim``."""
    shape = [1] * ndim
    shape[axis] = len(values)
    return values.reshape(shape)


def _projected(values: Array, rng: np.random.Generator) -> Array:
    flat = values.reshape(len(values), -1)
    with np.errstate(over="ignore", invalid="ignore"):  # what is infinite is compared as that
        return flat @ rng.normal(size=(flat.shape[1], _PROJECTIONS)).astype(np.float32)


def _equal(kept: Answers, mine: Answers) -> bool:
    return kept.keys() == mine.keys() and all(_close(kept[name], mine[name]) for name in kept)


def _close(kept: Array, mine: Array) -> bool:
    if kept.shape != mine.shape:
        return False
    # By picture: large answers to one must not cover a change in those to the others.
    flat = kept.reshape(len(kept), -1)
    finite = np.isfinite(flat)
    values = np.where(finite, flat, 0.0).astype(np.float64)
    mean = values.sum() / max(1, finite.sum())
    spreads = np.sqrt(np.mean(np.where(finite, values - mean, 0.0) ** 2, axis=1))
    spread = np.maximum(spreads, np.median(spreads))
    allowed = np.maximum(_SPREAD * spread, _SIZE * np.abs(values).max(axis=1))[:, None]
    mine = mine.reshape(flat.shape)
    return bool(np.isclose(mine, flat, rtol=0.0, atol=allowed, equal_nan=True).all())


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
