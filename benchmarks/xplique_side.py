"""The other side of :mod:`benchmarks.versus_xplique`, run by Xplique's own environment.

It rebuilds our architecture with our builder on that environment's Keras, takes our weights, and
answers each name on standard input with the seconds that the call took.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from core.models.tensorflow import keras, tf

__all__: list[str] = []


def build(folder: Path) -> tuple[keras.Model, str]:
    """Return the model with our weights, and its feature layer's name."""
    given = json.loads((folder / "model.json").read_text())
    module, _, name = given["builder"].partition(":")
    pixels = keras.Input((given["size"], given["size"], 3), name="pixels")
    rescaled = keras.layers.Rescaling(given["scale"], given["offset"])(pixels)
    built = getattr(import_module(module), name)(rescaled, given["n_classes"])
    model = keras.Model(pixels, built.outputs[0])
    with np.load(folder / "weights.npz") as weights:
        for variable in model.weights:
            variable.assign(weights[variable.path])
    model.trainable = False
    return model, given["layer"]


def calls(folder: Path) -> dict[str, Callable[[], Any]]:
    """Return what can be asked for, by name."""
    from xplique.attributions import GradCAM, Occlusion, Rise, Saliency, SmoothGrad

    model, layer = build(folder)
    with np.load(folder / "task.npz") as task:
        inputs, directions = task["inputs"], task["directions"]
    explainers = {
        "saliency": Saliency(model),
        "gradcam": GradCAM(model, conv_layer=layer),
        "smoothgrad": SmoothGrad(model, nb_samples=20, noise=0.2),
        "rise": Rise(model, nb_samples=500, grid_size=7, preservation_probability=0.5),
        "occlusion": Occlusion(model, patch_size=32, patch_stride=16, occlusion_value=0.0),
    }

    @tf.function(autograph=False)
    def gradient(x: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = model(x, training=False)
            score = tf.reduce_sum(logits * weights)
        return logits, tape.gradient(score, x)

    def bare(n: int) -> Callable[[], Any]:
        batch, many = np.repeat(inputs, n, axis=0), np.repeat(directions, n, axis=0)
        return lambda: gradient(tf.constant(batch), tf.constant(many))[1].numpy()

    def explain(name: str) -> Callable[[], Any]:
        return lambda: np.asarray(explainers[name].explain(inputs, directions))

    return {"bare1": bare(1), "bare16": bare(16), **{name: explain(name) for name in explainers}}


def serve(folder: Path) -> None:
    """Answer until standard input ends."""
    # Keras and TensorFlow print; the answers need a channel of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    known = calls(folder)
    for line in sys.stdin:
        name = line.strip()
        began = time.perf_counter()
        result = known[name]()
        seconds = time.perf_counter() - began
        if not (folder / f"{name}.npy").exists():
            np.save(folder / f"{name}.npy", np.squeeze(np.asarray(result)))
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
