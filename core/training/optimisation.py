"""Optimizers and learning-rate schedules from a recipe's parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from core.models.tensorflow import keras
from core.parameters import Value

__all__ = ["Schedule", "optimizer", "schedule"]

Schedule = Callable[[float], float]
"""Learning rate at a time in epochs, 0 to the stage's number of epochs."""
_NOT_DECAYED = ["gamma", "beta", "bias"]


def schedule(values: Mapping[str, Value], epochs: int) -> Schedule:
    """Return the learning rate over a stage: linear warm-up, then cosine, steps or constant.

    Cosine: Loshchilov & Hutter 2016, arXiv:1608.03983, without restarts. Steps: a tenth from
    half of the stage on, a hundredth from three quarters on (He et al. 2015).
    """
    peak, kind = float(values["learning_rate"]), str(values["schedule"])
    warmup = min(float(values["warmup"]), epochs / 2)

    def rate(time: float) -> float:
        if time < warmup:
            return peak * (time + 1e-2) / (warmup + 1e-2)
        share = min(time / epochs, 1.0)
        if kind == "cosine":
            left = (time - warmup) / max(epochs - warmup, 1e-9)
            return peak * 0.5 * (1.0 + math.cos(math.pi * min(left, 1.0)))
        if kind == "step":
            return peak * (0.01 if share >= 0.75 else 0.1 if share >= 0.5 else 1.0)
        return peak

    return rate


def optimizer(values: Mapping[str, Value]) -> keras.optimizers.Optimizer:
    """Return a fresh optimizer; norms and biases are not decayed."""
    rate, decay = float(values["learning_rate"]), float(values["weight_decay"])
    name = str(values["optimizer"])
    made: keras.optimizers.Optimizer
    if name == "sgd":
        made = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay or None)
    elif name == "adam":
        made = keras.optimizers.Adam(rate)
    else:
        made = keras.optimizers.AdamW(rate, weight_decay=decay)
    if made.weight_decay:
        made.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    return made
