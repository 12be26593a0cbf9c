"""Grad-CAM through the interactive lane while a training runs as the batch lane would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

from benchmarks.base import Options, Row, alternate, compared, main, milliseconds
from benchmarks.engine_overhead import finished, open_table
from benchmarks.workload import ROOT, changed, picture_files
from core import api
from core.server.jobs import JobTable

__all__ = ["measure"]

_LIMIT = 2.5
_READY = "training"


def measure(options: Options) -> list[Row]:
    """Time the same requests without and with the training."""
    with open_table() as (jobs, _):
        idle = _latencies(jobs, options.repeats)
        with _training():
            busy = _latencies(jobs, options.repeats)
        after = _latencies(jobs, options.repeats)
    idle_ms = milliseconds(idle + after)
    return [
        compared(
            "Grad-CAM in the interactive lane during a training, against its idle time",
            milliseconds(busy),
            idle_ms,
            at_most=_LIMIT,
            note=f"keras fit of a small ResNet in a process of niceness 10; idle before "
            f"{milliseconds(idle):.0f} ms, after {milliseconds(after):.0f} ms; slowest of "
            f"{len(busy)} meanwhile {1e3 * max(busy):.0f} ms",
        )
    ]


def _latencies(jobs: JobTable, repeats: int) -> list[float]:
    pictures = cycle([api.open_picture(path) for path in picture_files(5)])
    requests = iter(
        [api.explanation_request(changed(next(pictures))) for _ in range(2 * repeats + 3)]
    )
    (seconds,) = alternate(lambda: finished(jobs, next(requests)), repeats=2 * repeats, warm_up=3)
    return seconds


@contextmanager
def _training() -> Iterator[None]:
    """Run the training of this module's ``train`` until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"from {__spec__.name} import train; train()"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.strip() == _READY:
                break
        else:
            raise RuntimeError("The training did not start; its errors are above.")
        yield
        if process.poll() is not None:
            raise RuntimeError("The training ended before the measurement did.")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def train() -> None:
    """Fit a small ResNet on random 32 px pictures until this process is killed."""
    from core.engine.host import NICENESS

    os.nice(NICENESS["batch"])
    import numpy as np

    from core.models.tensorflow import keras

    layers = keras.layers
    pixels = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(pixels)
    for channels in (16, 16, 32, 32, 64, 64):
        stride = 1 if x.shape[-1] == channels else 2
        y = layers.ReLU()(layers.BatchNormalization()(x))
        short = x if stride == 1 else layers.Conv2D(channels, 1, strides=stride)(y)
        y = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False)(y)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(channels, 3, padding="same", use_bias=False)(y)
        x = layers.Add()([short, y])
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
    model = keras.Model(pixels, layers.Dense(10)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss)
    rng = np.random.default_rng(0)
    pictures = rng.random((4096, 32, 32, 3), dtype=np.float32)
    labels = rng.integers(0, 10, len(pictures))
    ready = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: print(_READY, flush=True) if batch == 3 else None
    )
    model.fit(pictures[:1024], labels[:1024], batch_size=64, verbose=0, callbacks=[ready])
    model.fit(pictures, labels, batch_size=64, epochs=10_000, verbose=0)


if __name__ == "__main__":
    main(measure, __doc__)
