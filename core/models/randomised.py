"""A model whose weights are drawn anew from the logits down: cascading randomisation.

The passes stay traced: new weights are written into the variables that the traces read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.contracts import Array, ModelRef
from core.models.batch_norm import recalibrate_batch_norm
from core.models.runtime import Runtime
from core.models.tensorflow import keras
from core.store import Store

__all__ = ["Randomised", "stages"]

_OFFSETS = {"bias", "beta", "moving_mean"}
_SCALES = {"gamma", "moving_variance"}
_UNDECLARED_STAGES = 5


class Randomised(Runtime):
    """The passes of a model in TensorFlow, intact until :meth:`randomise` is called.

    Parameters
    ----------
    ref : ModelRef
    store : Store
    seed : int
        Seed of the draws, and of the weights if ``ref`` asks for random ones.
    recalibrate_batch_norm : ndarray of float32, shape (N, H, W, 3)
        Pictures over which the statistics of batch normalisation are taken anew, so that
        activations neither die out nor explode.
    """

    def __init__(
        self, ref: ModelRef, *, store: Store, seed: int, recalibrate_batch_norm: Array
    ) -> None:
        # These weights live for one check.
        super().__init__(ref, store=store, seed=seed, exported=False)
        self._rng = np.random.default_rng(seed)
        self._settle = recalibrate_batch_norm
        self._norms: list[Any] = []

    def stages(self) -> list[tuple[str, list[str]]]:
        """Return the name and the layers of each stage, those nearest the logits first."""
        return stages(self.network().model, self.spec.layers)

    def randomise(self, names: Sequence[str]) -> None:
        """Draw the weights of these layers anew, for all passes from now on.

        Kernels come from He's normal distribution (He et al. 2015, arXiv:1502.01852), offsets
        become 0, scales 1.
        """
        network = self.network()
        for name in names:
            layer = network.model.get_layer(name)
            for variable in layer.weights:
                variable.assign(_drawn(variable, self._rng))
            if isinstance(layer, keras.layers.BatchNormalization):
                self._norms.append(layer)
        recalibrate_batch_norm(network.model, self._norms, [self._settle])
        network.refresh()


def _drawn(variable: Any, rng: np.random.Generator) -> Array:
    shape = tuple(variable.shape)
    if len(shape) >= 2:
        depthwise = "depthwise" in variable.path.lower() and len(shape) == 4
        fan_in = int(np.prod(shape[:2] if depthwise else shape[:-1]))
        return rng.normal(0.0, np.sqrt(2.0 / fan_in), shape).astype(np.float32)
    if variable.name in _OFFSETS:
        return np.zeros(shape, np.float32)
    if variable.name in _SCALES:
        return np.ones(shape, np.float32)
    return rng.permutation(variable.numpy().ravel()).reshape(shape)


def stages(model: keras.Model, declared: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Group the layers with weights by the declared feature layers, from the logits down.

    A layer belongs to the first declared layer that depends on it; what none depends on is the
    head. Without declared layers, up to five groups of equal length.

    Returns
    -------
    list of (str, list of str)
        Name of the stage (its layer nearest the logits that has weights, or the declared
        layer), and the layers whose weights are drawn anew.
    """
    weighted = [layer.name for layer in model.layers if layer.weights]
    if not declared:
        parts = np.array_split(weighted[::-1], min(_UNDECLARED_STAGES, len(weighted)))
        return [(str(part[0]), [str(name) for name in part]) for part in parts]
    left = list(weighted)
    groups = []
    for name in declared:
        below = _ancestors(model, name)
        groups.append((name, [x for x in left if x in below]))
        left = [x for x in left if x not in below]
    groups.append((left[-1] if left else "", left))
    return [(name, names) for name, names in reversed(groups) if names]


def _ancestors(model: keras.Model, name: str) -> set[str]:
    """Return the names of the layers that the output (or input) of ``name`` depends on."""
    layer_name, _, side = name.partition(":")
    layer = model.get_layer(layer_name)
    tensor = layer.input if side == "input" else layer.output
    return {x.name for x in keras.Model(model.input, tensor).layers}
