"""Activation maximisation: a picture that drives one logit up (Erhan et al. 2009), by tf-keras-vis.

The picture starts as faint noise around grey and climbs the gradient of the logit. Between steps it
is shifted and turned a little (whatever survives that is no accident of single pixels), and total
variation keeps it smooth. All draws come from the request's seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.concepts.pooled import softmax
from core.contracts import Array, Visualisation, VisualiseRequest
from core.modalities.capabilities import require
from core.models.runtime import Runtime, runtime_of

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["visualise"]

_RATE = 0.02
_SCALES = (1.0, 2.0, 4.0, 8.0)
"""Blurs of the gradient, in pixels of a side of 224, that move the picture equally far."""
_START_NOISE = 0.05
_SMOOTHNESS = 1.0
"""Weight of the total variation, in units of the logits' spread over the classes."""
_SHIFT = 1 / 14
"""Largest shift between steps, as a share of the side."""
_TURN = 2.0


def visualise(requests: Sequence[VisualiseRequest], control: Control) -> list[Visualisation]:
    """Make a picture for each request.

    Raises
    ------
    CapabilityError
        If the model has no gradients.
    Cancelled
        Between steps.
    """
    return [_one(request, control) for request in requests]


def _one(request: VisualiseRequest, control: Control) -> Visualisation:
    model = runtime_of(request)
    require("Activation maximisation", frozenset({"gradient", "classes"}), model.spec.offer)
    control.progress(0.0, "loading the model")
    began = time.perf_counter()
    rng = np.random.default_rng(request.seed)
    side = model.spec.side
    noise = rng.normal(0.5, _START_NOISE, (side, side, 3)).clip(0, 1).astype(np.float32)
    trace: list[float] = []
    grown = _climb(model, request, noise, rng, _report(trace, request.steps, control))
    picture = np.rint(grown.clip(0, 1) * 255).astype(np.uint8)
    shown = np.stack([noise, picture.astype(np.float32) / np.float32(255)])
    logits = model.logits(shown)
    return Visualisation(
        **model.provenance(request),
        target=model.classes.ref(request.target),
        picture=picture,
        logit=float(logits[1, request.target]),
        probability=float(softmax(logits)[1, request.target]),
        start_logit=float(logits[0, request.target]),
        trace=np.array(trace, np.float32),
        steps=request.steps,
        seed=request.seed,
        seconds=time.perf_counter() - began,
        command=request.command,
    )


def _report(trace: list[float], steps: int, control: Control) -> Callable[[float], None]:
    def step(logit: float) -> None:
        control.check()
        trace.append(logit)
        control.progress(len(trace) / steps, f"step {len(trace)} of {steps}, logit {logit:.1f}")

    return step


def _climb(
    model: Runtime,
    request: VisualiseRequest,
    start: Array,
    rng: np.random.Generator,
    step: Callable[[float], None],
) -> Array:
    from tf_keras_vis.activation_maximization import ActivationMaximization
    from tf_keras_vis.activation_maximization.callbacks import Callback
    from tf_keras_vis.activation_maximization.input_modifiers import Rotate2D
    from tf_keras_vis.activation_maximization.regularizers import TotalVariation2D
    from tf_keras_vis.utils.scores import CategoricalScore

    from core.models.tensorflow import keras, tf

    class Report(Callback):
        def __call__(self, i: int, values: Any, grads: Any, scores: Any, *more: Any, **rest: Any):  # type: ignore[no-untyped-def]
            step(float(scores[0].numpy().ravel()[0]))

    def inside(picture: Any) -> Any:
        return tf.clip_by_value(picture, 0.0, 1.0)

    def shifted(picture: Any) -> Any:
        reach = max(1, round(start.shape[0] * _SHIFT))
        return tf.roll(picture, shift=rng.integers(-reach, reach + 1, 2), axis=(1, 2))

    # In units of the model's own logits: what smooths one model must not silence another.
    unit = float(model.logits(start[None]).std())
    turn = Rotate2D(degree=_TURN)
    turn.random_generator = rng
    climb = ActivationMaximization(_Traced(model.network().model), clone=False)
    grown = climb(
        CategoricalScore([request.target]),
        seed_input=start,
        input_range=(0.0, 1.0),
        input_modifiers=[inside, shifted, turn],
        regularizers=[TotalVariation2D(weight=_SMOOTHNESS * unit)],
        steps=request.steps,
        optimizer=keras.optimizers.SGD(_RATE),
        gradient_modifier=lambda gradient: tf.constant(_evened(gradient.numpy())),
        callbacks=[Report()],
    )
    return np.asarray(grown[0], np.float32)


def _evened(gradient: Array) -> Array:
    """Let coarse structure grow as fast as fine: raw gradients end in noise of single pixels."""
    from scipy.ndimage import gaussian_filter

    total = np.zeros_like(gradient)
    for scale in _SCALES:
        width = scale * gradient.shape[1] / 224
        blurred = gaussian_filter(gradient, (0, width, width, 0), mode="wrap")
        total += blurred / max(float(np.sqrt((blurred**2).mean())), 1e-12)
    return (total / len(_SCALES)).astype(np.float32)


class _Traced:
    """A model as tf-keras-vis sees it, traced once: called eagerly it takes three times as long."""

    def __init__(self, model: Any) -> None:
        from core.models.tensorflow import tf

        self.inputs, self.outputs, self.layers = model.inputs, model.outputs, model.layers
        self._call = tf.function(lambda pixels: model(pixels, training=False), autograph=False)

    def __call__(self, inputs: Sequence[Any], *, training: bool = False) -> Any:
        return self._call(inputs[0])
