"""Magnitude pruning: the smallest weights become 0, and what is left learns to answer as before.

Three steps, each measured on EfficientNet-Lite0 (E, 100 calibration pictures of the ImageNet
sample) and on a ResNet-8 of 600 portraits (R); share of predictions as the twin's::

    sparsity                       0.5          0.7
                                E     R      E     R
    weights to 0              0.06  0.81   0.02  0.41
    statistics taken anew     0.74  0.91   0.31  0.85
    learnt from the twin      0.73  0.96   0.32  0.95

Batch statistics are taken over the calibration pictures. Learning needs many: on 100 pictures it
gave nothing, so it is left out below 500.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from core.compression.task import Compressed, Task
from core.control import PartControl
from core.data.base import Part
from core.data.feed import PartFeed
from core.data.subset import Subset
from core.models.assembly import build
from core.models.batch_norm import batch_norm_layers, recalibrate_batch_norm
from core.models.forward import export, read_export
from core.models.network import Network
from core.models.tensorflow import keras, tf
from core.models.weights import save_safetensors
from core.runs import WEIGHTS
from core.workspace import open_store

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["ENOUGH", "STEPS", "Mask", "learn_from", "make_pruned", "prune"]

ENOUGH = 500
"""Training pictures from which on the pruned network learns from its twin."""
STEPS = 200
_BATCH, _RATE, _TEMPERATURE = 32, 1e-3, 2.0

Mask = tuple[Any, Any]
"""A kernel, and a tensor of its shape that is 0 where it was pruned and 1 elsewhere."""


def make_pruned(task: Task) -> Compressed:
    """Prune a copy of the twin, let it find its feet, and write its weights."""
    twin, train = task.twin, task.calibration_data.train
    model = build(twin.spec, twin.ref, twin.n_classes, seed=task.seed, store=open_store())
    masks = prune(model, float(task.parameters["sparsity"]))
    task.control.progress(0.15, "taking batch statistics anew")
    recalibrate_batch_norm(
        model, batch_norm_layers(model), task.calibration_data.calibration.chunks()
    )
    learns = train is not None and len(train) >= ENOUGH
    if train is not None and learns:
        control = PartControl(task.control, 0.2, 0.7, "learning from the twin")
        learn_from(
            twin.network().model, model, masks, train,
            size=twin.spec.side, seed=task.seed, control=control,
        )  # fmt: skip
    zeros = sum(int((kernel.numpy() == 0).sum()) for kernel, _ in masks)
    n = sum(int(np.prod(kernel.shape)) for kernel, _ in masks)
    save_safetensors(model, task.folder / WEIGHTS)
    facts: dict[str, float | int | str | bool] = {
        "sparsity": zeros / n,
        "zeros": zeros,
        "kernel_weights": n,
        "learning_steps": STEPS if learns else 0,
    }
    note = f"Fewer than {ENOUGH} training pictures: the pruned network learnt nothing afterwards."
    forward = read_export(export(Network(model), ()))
    return Compressed(WEIGHTS, forward, facts, () if learns else (note,))


def prune(model: keras.Model, sparsity: float) -> list[Mask]:
    """Set the smallest ``sparsity`` of all kernels' weights to 0, whichever layer they are in.

    Kernels are the weights with two axes or more; offsets and normalisation stay. Exactly
    ``round(sparsity · n)`` of their n weights become 0 (Han et al. 2015, arXiv:1506.02626).
    """
    kernels = [variable for variable in model.weights if len(variable.shape) >= 2]
    sizes = np.concatenate([np.abs(kernel.numpy()).ravel() for kernel in kernels])
    kept = np.ones(sizes.size, np.float32)
    kept[np.argsort(sizes, kind="stable")[: round(sparsity * sizes.size)]] = 0
    masks = []
    ends = np.cumsum([int(np.prod(kernel.shape)) for kernel in kernels])[:-1]
    for kernel, mask in zip(kernels, np.split(kept, ends), strict=True):
        shaped = tf.constant(mask.reshape(tuple(kernel.shape)))
        kernel.assign(kernel * shaped)
        masks.append((kernel, shaped))
    return masks


def learn_from(
    twin: keras.Model,
    model: keras.Model,
    masks: Sequence[Mask],
    part: Part,
    *,
    size: int,
    seed: int,
    control: Control,
) -> None:
    """Let the pruned model match the twin's softened answers on training pictures; no labels.

    Adam, 200 steps of 32 pictures, cosine to 0; divergence at temperature 2 (Hinton et al. 2015,
    arXiv:1503.02531); batch normalisation as it is in inference. Pruned weights stay 0.

    Raises
    ------
    Cancelled
        Between two steps.
    """
    rows = np.random.default_rng((seed, 0x9D)).permutation(len(part))[: STEPS * _BATCH]
    feed = PartFeed(Subset(part, np.sort(rows)), size, 1, batch_size=_BATCH, seed=seed)
    variables = _learnt(model)
    optimizer = keras.optimizers.Adam(_RATE)
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step(x: Any, rate: Any) -> None:
        optimizer.learning_rate.assign(rate)
        wanted = tf.nn.softmax(twin(x, training=False) / _TEMPERATURE)
        with tf.GradientTape() as tape:
            logits = model(x, training=False) / _TEMPERATURE
            losses = tf.nn.softmax_cross_entropy_with_logits(wanted, logits)
            loss = _TEMPERATURE**2 * tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(loss, variables), variables)
        for kernel, mask in masks:
            kernel.assign(kernel * mask)

    batches = (x for epoch in count() for x, _, _ in feed.epoch(epoch))
    for number, x in zip(range(STEPS), batches, strict=False):
        control.check()
        rate = _RATE * (1 + math.cos(math.pi * number / STEPS)) / 2
        step(x, tf.constant(rate, tf.float32))
        control.progress(number / STEPS)
    model.trainable = False


def _learnt(model: keras.Model) -> list[Any]:
    model.trainable = True
    for norm in batch_norm_layers(model):
        norm.trainable = False
    return list(model.trainable_variables)
