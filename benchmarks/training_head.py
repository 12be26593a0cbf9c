"""A new head on a frozen base: features computed once, against ``keras.Model.fit`` of the whole."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.base import Options, Row, at_most, faster, info, main
from benchmarks.workload import use_home, warm_runtime
from core import api
from core.contracts import DEFAULT_MODEL, Array, ModelRef
from core.data.base import Dataset

__all__ = ["measure"]

_EPOCHS, _BATCH, _RATE, _DECAY = 10, 128, 1e-2, 1e-2
_PERCENT = 100.0


def measure(options: Options) -> list[Row]:
    """Train one head each way on pictures that nobody has seen before."""
    use_home()
    warm_runtime()  # the export of the base is made once a machine
    n_train, n_test = options.some(1000, 200), options.some(1000, 100)
    data = f"portraits?size=96&n_train={n_train}&n_validation=100&n_test={n_test}&seed={_fresh()}"
    opened = api.open_dataset(data)
    peer_seconds, peer_accuracy = _keras(opened)
    began = time.perf_counter()
    run = api.train(
        dataset=data, recipe="head", base=DEFAULT_MODEL, epochs=_EPOCHS,
        parameters={
            "batch_size": _BATCH, "learning_rate": _RATE, "weight_decay": _DECAY,
            "schedule": "constant", "warmup": 0.0,  # as keras fit keeps it
        },
    )  # fmt: skip
    seconds = time.perf_counter() - began
    assert run.test is not None
    note = (
        f"{n_train} pictures at 224 px, {_EPOCHS} epochs; ours with drawing, resizing, features "
        f"and test; test accuracy {run.test.accuracy:.1%} and {peer_accuracy:.1%}"
    )
    apart = _PERCENT * abs(run.test.accuracy - peer_accuracy)
    return [
        faster("Head on EfficientNet-Lite0 against keras.Model.fit", seconds, peer_seconds,
               at_least=5, unit="s", note=note),
        at_most("Test accuracies apart, points", apart, 0.5, unit="", note=f"of {n_test} pictures"),
        info("Of which the head's own epochs", sum(e.seconds for e in run.history), unit="s"),
    ]  # fmt: skip


def _fresh() -> int:
    """Return a seed of pictures whose features are in no store."""
    return int(time.time())


def _keras(data: Dataset) -> tuple[float, float]:
    """Fit the same frozen network; its pictures lie ready in memory, drawn and resized."""
    from core.models import zoo
    from core.models.tensorflow import keras
    from core.training.build import with_head
    from core.training.placement import choose

    size = zoo.get(DEFAULT_MODEL).input_size
    model = with_head(
        ModelRef(DEFAULT_MODEL), n_classes=len(data.classes), seed=0, placement=choose()
    )
    for layer in model.layers[:-1]:
        layer.trainable = False
    model.compile(
        optimizer=keras.optimizers.AdamW(_RATE, weight_decay=_DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    train, validation, test = (
        _arrays(data, name, size) for name in ("train", "validation", "test")
    )
    start = model.layers[-1].get_weights()
    model.fit(train[0][:_BATCH], train[1][:_BATCH], verbose=0)  # traced, and not timed
    model.layers[-1].set_weights(start)
    began = time.perf_counter()
    model.fit(*train, batch_size=_BATCH, epochs=_EPOCHS, validation_data=validation, verbose=0)
    accuracy = model.evaluate(*test, batch_size=_BATCH, verbose=0)[1]
    return time.perf_counter() - began, float(accuracy)


def _arrays(data: Dataset, split: str, size: int) -> tuple[Array, Array]:
    part = data.part(split)  # type: ignore[arg-type]
    return part.pixels(range(len(part)), size).astype(np.float32) / np.float32(255), part.labels


if __name__ == "__main__":
    main(measure, __doc__)
