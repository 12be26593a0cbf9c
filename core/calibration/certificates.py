"""Claims about certificates: what is called certain is never larger than what is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from core.calibration.base import Claim, Outcome, Trials, claim
from core.contracts import Array
from core.robustness.certificates.certificate import Certificate
from core.robustness.certificates.votes import certify

__all__ = ["CLAIMS"]

Classes = npt.NDArray[np.int64]
Radii = npt.NDArray[np.float64]
_SMOOTHING, _IBP = "Certificates: smoothing", "Certificates: interval bounds"
_SIGMA, _ALPHA, _SIDE = 0.1, 0.05, 8
_PICTURES = 25
_STEPS = 30


def _half_space(
    rng: np.random.Generator, distance: float
) -> tuple[Callable[[Array], Array], Array]:
    """Return a linear model of two classes and a picture so far (L2) from its border.

    What the smoothed model says of it is known: class 0, and up to exactly that distance.
    """
    weights = rng.standard_normal((_SIDE, _SIDE, 3)).astype(np.float32)
    weights /= np.linalg.norm(weights)
    picture = rng.uniform(0, 1, weights.shape).astype(np.float32)
    offset = float((weights * picture).sum()) - distance

    def logits(batch: Array) -> Array:
        first = np.einsum("nhwc,hwc->n", batch, weights) - offset
        return np.stack([first, np.zeros_like(first)], axis=1)

    return logits, picture


def _certified(rng: np.random.Generator, trials: Trials, distance: float) -> Certificate:
    logits, picture = _half_space(rng, distance)
    return certify(
        logits, picture, sigma=_SIGMA, alpha=_ALPHA, seed=int(rng.integers(2**31)),
        control=trials.control,
    )  # fmt: skip


def _too_far(trials: Trials) -> Iterator[Outcome]:
    """Yield whether a certificate is wrong: another class, or a radius beyond the true one."""
    for rng in trials.generators():
        distance = _SIGMA * rng.choice([0.0, 0.25, 0.5, 1.0, 2.0])
        found = _certified(rng, trials, distance)
        yield found.answer == 1 or (found.answer == 0 and found.radius > distance)


def _reaches(trials: Trials) -> Iterator[Outcome]:
    """Yield whether at least nine tenths of the true radius are certified."""
    for rng in trials.generators():
        found = _certified(rng, trials, _SIGMA)
        yield found.answer == 0 and found.radius > 0.85 * _SIGMA


# ---- interval bounds


def _network(rng: np.random.Generator, *, deep: bool) -> Any:
    """Return a small network with random weights, from pixels to five logits."""
    from core.models.tensorflow import keras

    layers = keras.layers
    x = inputs = keras.Input((_SIDE, _SIDE, 3))
    if deep:
        x = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(16, activation="relu")(x) if deep else x
    model = keras.Model(inputs, layers.Dense(5)(x))
    for variable in model.trainable_weights:
        variable.assign(rng.normal(0, 0.4, variable.shape))
    return model


def _proven(model: Any, pictures: Array) -> tuple[Classes, Radii]:
    """Return the answers and the largest ε, of a fine grid, at which each is proven."""
    from core.models.tensorflow import tf
    from core.robustness.certificates.bounds import certain

    answers = np.asarray(model(pictures)).argmax(axis=1)
    radii = np.zeros(len(pictures))
    for eps in np.geomspace(1e-4, 0.5, _STEPS):
        held = certain(model, tf.constant(pictures), tf.constant(eps), tf.constant(answers))
        radii = np.where(held.numpy(), eps, radii)
    return answers, radii


def _attacked(
    model: Any, pictures: Array, answers: Classes, radii: Radii, seed: int
) -> npt.NDArray[np.bool_]:
    """Return which answers change within their radius: PGD towards each class, and corners."""
    from core.models.tensorflow import tf

    rng, broken = np.random.default_rng(seed), np.zeros(len(pictures), bool)
    low, high = (np.clip(pictures + s * radii[:, None, None, None], 0, 1) for s in (-1, 1))
    low, high = low.astype(np.float32), high.astype(np.float32)
    for towards in range(5):
        x = np.where(rng.random(pictures.shape) < 0.5, low, high)
        for step in (1.0, 0.5, 0.25, 0.25):
            with tf.GradientTape() as tape:
                at = tf.constant(x)
                tape.watch(at)
                logits = model(at)
                lead = logits[:, towards] - tf.gather(logits, answers, axis=1, batch_dims=1)
            broken |= logits.numpy().argmax(axis=1) != answers
            slope = np.sign(tape.gradient(lead, at).numpy())
            x = np.clip(x + 2 * step * slope * (high - low), low, high)
        broken |= np.asarray(model(x)).argmax(axis=1) != answers
    return broken


def _violated(trials: Trials) -> Iterator[Outcome]:
    """Yield for each picture whether an attack breaks what was proven."""
    for rng in _every(trials):
        model = _network(rng, deep=True)
        pictures = rng.uniform(0, 1, (_PICTURES, _SIDE, _SIDE, 3)).astype(np.float32)
        answers, radii = _proven(model, pictures)
        broken = _attacked(model, pictures, answers, radii, int(rng.integers(2**31)))
        yield from (None if r == 0 else bool(b) for r, b in zip(radii, broken, strict=True))


def _exact(trials: Trials) -> Iterator[Outcome]:
    """Yield for each picture of a linear network whether nearly all of the truth is proven."""
    for rng in _every(trials):
        model = _network(rng, deep=False)
        pictures = rng.uniform(0.3, 0.7, (_PICTURES, _SIDE, _SIDE, 3)).astype(np.float32)
        answers, radii = _proven(model, pictures)
        kernel = model.layers[-1].kernel.numpy()
        logits = np.asarray(model(pictures))
        own = np.take_along_axis(logits, answers[:, None], axis=1)
        reach = np.abs(kernel[:, answers].T[:, :, None] - kernel[None]).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            true = np.nanmin(np.where(reach > 0, (own - logits) / reach, np.nan), axis=1)
        coarse = (0.5 / 1e-4) ** (1 / (_STEPS - 1))
        # Leads below the smallest that is told apart, and radii off the grid, say nothing.
        told = (true > 5e-4) & (true < 0.25)
        held = (radii <= true * 1.001) & (radii * coarse > true * 0.9)
        yield from (bool(h) if t else None for h, t in zip(held, told, strict=True))


def _every(trials: Trials) -> Iterator[np.random.Generator]:
    """Yield a generator for each network: one for so many pictures."""
    for number, rng in enumerate(trials.generators()):
        if number % _PICTURES == 0:
            yield rng


CLAIMS: tuple[Claim, ...] = (
    claim(
        "certificates.smoothing", _SMOOTHING,
        "At α = 5 %, at most 5 % of certificates are wrong.",
        "Linear models, of which the smoothed model's radius is known, from 0 to 2 σ.",
        _too_far, unit="pictures", n=1000, quick=40, at_most=0.05,
        beside="certificates.smoothing.reach",
    ),
    claim(
        "certificates.smoothing.reach", _SMOOTHING,
        "Of a true radius of σ, 85 % are certified in at least 90 % of pictures.",
        "The same models, 1 000 noisy copies.",
        _reaches, unit="pictures", n=300, quick=20, at_least=0.9,
    ),
    claim(
        "certificates.ibp", _IBP, "No attack breaks what interval bounds have proven.",
        "Small networks with random weights; PGD towards every class, from the ball's corners.",
        _violated, unit="pictures", n=1000, quick=50, at_most=0.0, beside="certificates.ibp.exact",
    ),
    claim(
        "certificates.ibp.exact", _IBP,
        "Of a linear network all that is true is proven, and no more, in at least 99 %.",
        "Its true radius is known: the lead over the L1 norm of the difference of two rows.",
        _exact, unit="pictures", n=500, quick=50, at_least=0.99,
    ),
)  # fmt: skip
