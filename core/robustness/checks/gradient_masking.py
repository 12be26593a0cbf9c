"""Models that hide their gradients, made from any model: the answers stay, attacks go astray.

What an honesty check must find (Athalye et al. 2018, Obfuscated gradients give a false sense of
security, arXiv:1802.00420; Tramèr et al. 2020, On adaptive attacks, arXiv:2002.08347). Nothing of
the product offers them; the tests and the calibration run the checks on each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.contracts import ModelRef
from core.models import zoo
from core.models.assembly import build
from core.models.tensorflow import keras, tf
from core.workspace import open_store

__all__ = ["MASKS", "Mask", "MaskedLayer", "masked"]

Function = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Mask:
    """One way to hide gradients.

    Parameters
    ----------
    summary : str
        What it does, in a sentence.
    function : callable
        ``(network, pictures) → logits``, TensorFlow.
    exact : bool
        Whether the answers are those of the model that it was made from.
    """

    summary: str
    function: Callable[[Function, Any], Any]
    exact: bool = True


def masked(model: str, mask: str, *, seed: int = 0) -> Callable[[Any, int], Any]:
    """Return a builder of ``model`` behind a mask, for :func:`core.api.register_model`.

    Parameters
    ----------
    model : str
        Id of a model with gradients.
    mask : str
        One of :data:`MASKS`.
    seed : int
        Of random weights.
    """
    chosen = MASKS[mask]

    def builder(inputs: Any, n_classes: int) -> Any:
        spec = zoo.get(model)
        network = build(spec, ModelRef(model), n_classes, seed=seed, store=open_store())
        logits = MaskedLayer(network, chosen.function, n_classes, name="masked")(inputs)
        return keras.Model(keras.utils.get_source_inputs(inputs), logits)

    return builder


class MaskedLayer(keras.layers.Layer):
    """A whole network behind a mask, from pixels in [0, 1] to logits."""

    def __init__(
        self, network: Any, function: Callable[[Function, Any], Any], n_classes: int, *, name: str
    ) -> None:
        super().__init__(name=name)
        self.network = network
        self._function = function
        self._n_classes = n_classes

    def call(self, x: Any) -> Any:
        """Return logits ``(N, n_classes)``."""
        return self._function(lambda pixels: self.network(pixels, training=False), x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the logits."""
        return (input_shape[0], self._n_classes)


def _with_gradient_of(answers: Any, x: Any, backward: Callable[[Any, Any], Any]) -> Any:
    """Return ``answers`` whose gradient in ``x`` is ``backward(x, upstream)``."""

    @tf.custom_gradient
    def own(pixels: Any, logits: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            return backward(pixels, upstream), tf.zeros_like(logits)

        return tf.identity(logits), gradient

    return own(x, tf.stop_gradient(answers))


def _pulled(network: Function, at: Any, upstream: Any) -> Any:
    """Return the gradient of ``upstream · network`` at the pictures ``at``."""
    with tf.GradientTape() as tape:
        tape.watch(at)
        logits = network(at)
    return tape.gradient(logits, at, upstream)


def _mirrored(x: Any) -> Any:
    return tf.reverse(x, [2])


def _decoy(network: Function, x: Any) -> Any:
    return _with_gradient_of(
        network(x), x, lambda pixels, up: _pulled(network, _mirrored(pixels), up)
    )


def _decoy_off_grid(network: Function, x: Any) -> Any:
    """The true gradient at pictures of whole 8-bit levels, the mirrored one's everywhere else."""

    def backward(pixels: Any, up: Any) -> Any:
        levels = pixels * 255
        off = tf.reduce_max(tf.abs(levels - tf.round(levels)), axis=(1, 2, 3), keepdims=True)
        wrong = _pulled(network, _mirrored(pixels), up)
        return tf.where(off > 1e-3, wrong, _pulled(network, pixels, up))

    return _with_gradient_of(network(x), x, backward)


def _decoy_signs(network: Function, x: Any) -> Any:
    """Right where the gradient is large, turned round in all the small values."""

    def backward(pixels: Any, up: Any) -> Any:
        true = _pulled(network, pixels, up)
        size = tf.sqrt(tf.reduce_mean(tf.square(true), axis=(1, 2, 3), keepdims=True))
        return tf.where(tf.abs(true) > 1.5 * size, true, -true)

    return _with_gradient_of(network(x), x, backward)


def _scaled(network: Function, x: Any) -> Any:
    return 1e4 * network(x)


def _squashed(network: Function, x: Any) -> Any:
    logits = network(x)
    return tf.tanh(3 * logits) + 1e-3 * tf.stop_gradient(logits)  # outputs stay logits: unbounded


def _rounded(network: Function, x: Any) -> Any:
    return tf.round(network(x) * 4) / 4


def _levels(x: Any, number: int) -> Any:
    return tf.round(x * number) / number


def _quantised(network: Function, x: Any) -> Any:
    return network(_levels(x, 32))


def _rippled(network: Function, x: Any) -> Any:
    """The derivative is the true one, and says nothing of the way ahead."""
    turns = 2 * 3.141592653589793 * 2000
    return network(x + 5 * tf.sin(turns * x) / turns)


def _stochastic(network: Function, x: Any) -> Any:
    return network(x + tf.random.normal(tf.shape(x), stddev=0.03))


def _straight_through(network: Function, x: Any) -> Any:
    """Whole levels, passed straight through by the gradient of another picture."""
    return _with_gradient_of(
        network(_levels(x, 64)), x, lambda pixels, up: _pulled(network, _mirrored(pixels), up)
    )


def _stopped(network: Function, x: Any) -> Any:
    return network(tf.stop_gradient(x))


MASKS: dict[str, Mask] = {
    "decoy": Mask("The gradient of the mirrored picture.", _decoy),
    "decoy_off_grid": Mask("The gradient is right at whole 8-bit levels alone.", _decoy_off_grid),
    "decoy_signs": Mask("Small values of the gradient are turned round.", _decoy_signs),
    "scaled": Mask("Logits times 10 000: cross-entropy saturates.", _scaled),
    "squashed": Mask("Logits through a steep tanh.", _squashed, exact=False),
    "rounded": Mask("Logits rounded to quarters.", _rounded, exact=False),
    "quantised": Mask("Pictures rounded to 33 levels.", _quantised, exact=False),
    "rippled": Mask("Pixels with fine ripples: shattered gradients.", _rippled, exact=False),
    "stochastic": Mask("Noise drawn inside the model.", _stochastic, exact=False),
    "straight_through": Mask(
        "Pictures rounded to 65 levels, with a wrong gradient passed straight through.",
        _straight_through, exact=False,
    ),
    "stopped": Mask("No gradient at all.", _stopped),
}  # fmt: skip
