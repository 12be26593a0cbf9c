"""The training loop: how long it waits for data, against keras fit, and portraits to 97 %."""

from __future__ import annotations

import os
import time
from statistics import median

import numpy as np

from benchmarks.base import Options, Row, at_least, at_most, info, main
from benchmarks.workload import use_home
from core import api
from core.contracts import Run
from core.settings import settings

__all__ = ["measure"]

_DATA = "portraits?n_train=2560&n_validation=30&n_test=30"
_PLAIN = {"flip": False, "crop": 0, "batch_size": 64}
_PERCENT = 100.0
_MINUTES = 2.0


def measure(options: Options) -> list[Row]:
    """Time epochs with pictures held and streamed, beside keras; then train on all portraits."""
    use_home()
    epochs = options.some(5, 2)
    held, streamed = _run(epochs, **_PLAIN), _streamed(epochs)
    keras_rates = _keras(epochs)
    own_rates = [_rate(e.seconds) for e in held.history[1:]]
    ratio = median(own_rates) / median(keras_rates)
    return [
        _wait("held in memory", held),
        _wait("beyond the memory cap, from the disk", streamed),
        _wait("augmented (flip, crop), held", _run(epochs, batch_size=64)),
        at_least("Pictures a second, by those of keras fit", ratio, 0.95, unit="×",
                 note=_rates(own_rates, keras_rates)),
        *_portraits(options),
    ]  # fmt: skip


def _rates(own: list[float], keras: list[float]) -> str:
    both = f"{median(own):.0f} and {median(keras):.0f} pictures/s"
    return f"{both}; ResNet-8, 64 px, batch 64; keras reads float arrays in memory"


def _run(epochs: int, **parameters: object) -> Run:
    return api.train(
        dataset=_DATA, epochs=epochs, parameters=parameters, seed=int(time.time_ns() % 2**31)
    )


def _streamed(epochs: int) -> Run:
    os.environ["PELLUCID_DATASET_MEMORY_GB"] = "1e-6"
    settings.cache_clear()
    try:
        return _run(epochs, **_PLAIN)
    finally:
        del os.environ["PELLUCID_DATASET_MEMORY_GB"]
        settings.cache_clear()


def _rate(seconds: float) -> float:
    return 2560 / seconds


def _wait(what: str, run: Run) -> Row:
    share = _PERCENT * median(epoch.data_wait for epoch in run.history[1:])
    return at_most(f"Waiting for pictures {what}, share of an epoch", share, 10, unit="%")


def _keras(epochs: int) -> list[float]:
    """Return pictures a second of each epoch but the first."""
    from core.models import zoo
    from core.models.tensorflow import keras
    from core.training.build import fresh
    from core.training.placement import choose

    model = fresh(zoo.architectures()["resnet8"], size=64, n_classes=3, seed=0, placement=choose())
    model.compile(
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=5e-4),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    part = api.open_dataset(_DATA).part("train")
    x = part.pixels(range(len(part)), 64).astype(np.float32) / np.float32(255)
    began: list[float] = []
    rates: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: began.append(time.perf_counter()),
        on_epoch_end=lambda *_: rates.append(_rate(time.perf_counter() - began[-1])),
    )
    model.fit(x, part.labels, batch_size=64, epochs=epochs, callbacks=[clock], verbose=0)
    return rates[1:]


def _portraits(options: Options) -> list[Row]:
    """Train on 5 000 portraits without bias, once by the clock."""
    began = time.perf_counter()
    run = api.train(
        dataset="portraits", epochs=options.some(10, 1), parameters={"learning_rate": 0.2},
        seed=int(time.time()),
    )  # fmt: skip
    minutes = (time.perf_counter() - began) / 60
    assert run.test is not None
    return [
        at_least("5000 portraits, 64 px, from scratch: balanced test accuracy",
                 _PERCENT * run.test.balanced_accuracy, 97, unit="%",
                 note=f"{len(run.history)} epochs, {run.test.n} test pictures"),
        at_most("The same, in minutes", minutes, _MINUTES, unit="",
                note="drawing, validation, test and checkpoints included"),
        info("Pictures a second of it", 5000 / median(e.seconds for e in run.history), unit=""),
    ]  # fmt: skip


if __name__ == "__main__":
    main(measure, __doc__)
