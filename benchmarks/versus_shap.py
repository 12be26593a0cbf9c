"""Partition SHAP against shap through ``model.predict``: the same model, masker and evaluations.

Both explain the three likeliest classes with a 128 px box blur. shap runs as it comes (10
evaluations a round) and with 50 a round, which suits ``predict`` better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from benchmarks.base import Options, Row, alternate, faster, info, main, milliseconds
from benchmarks.workload import model_inputs, same, stack, warm_runtime
from core.contracts import Array
from core.control import LocalControl
from core.modalities.picture.modality import PICTURE
from core.models.runtime import Runtime
from core.models.tensorflow import keras
from core.shapley.base import ShapProblem, Shares
from core.shapley.partition import PartitionExplainer

__all__ = ["measure"]

_EVALUATIONS = 300
_CLASSES = 3
_BATCHES = (10, 50)
_AT_LEAST = 2.5


def measure(options: Options) -> list[Row]:
    """Time both on the same pictures and correlate their values."""
    keras.config.disable_interactive_logging()
    model = warm_runtime()
    pictures = list(stack(model_inputs(options.some(3, 1))))
    targets = [_targets(model, picture) for picture in pictures]
    rows = [_row(model, pictures, targets, batch, options) for batch in _BATCHES]
    return [*rows, _bare(model, pictures, targets, options)]


def _targets(model: Runtime, picture: Array) -> list[int]:
    return [int(i) for i in np.argsort(-model.logits(picture[None])[0])[:_CLASSES]]


def _row(
    model: Runtime,
    pictures: Sequence[Array],
    targets: Sequence[list[int]],
    batch: int,
    options: Options,
) -> Row:
    theirs = _theirs(model, batch)
    mine, other = _turns(pictures, targets), _turns(pictures, targets)
    ours, peer = alternate(
        lambda: _ours(model, *next(mine)),
        lambda: theirs(*next(other)),
        repeats=options.some(min(options.repeats, 5), 1),
    )
    alike = same(_ours(model, pictures[0], targets[0]).values, theirs(pictures[0], targets[0]))
    return faster(
        f"Partition SHAP({_EVALUATIONS}) against shap through model.predict, {batch} a round",
        milliseconds(ours),
        milliseconds(peer),
        at_least=_AT_LEAST,
        note=f"Pearson of the values {alike:.4f}",
    )


def _bare(
    model: Runtime, pictures: Sequence[Array], targets: Sequence[list[int]], options: Options
) -> Row:
    batch = np.repeat(pictures[0][None], 10, axis=0)

    def passes() -> None:
        for _ in range(_EVALUATIONS // len(batch)):
            model.logits(batch)

    ours, bare = alternate(
        lambda: _ours(model, pictures[0], targets[0]), passes, repeats=min(options.repeats, 5)
    )
    return info(
        f"Partition SHAP({_EVALUATIONS}) and its bare passes",
        milliseconds(ours),
        milliseconds(bare),
        note="masking and bookkeeping are the difference",
    )


def _turns(pictures: Sequence[Array], targets: Sequence[list[int]]) -> Any:
    return cycle(list(zip(pictures, targets, strict=True)))


def _ours(model: Runtime, picture: Array, targets: Sequence[int]) -> Shares:
    # Without a name nothing is remembered from one call to the next.
    problem = ShapProblem(
        model, picture, targets, model.n_classes, None, 0, LocalControl(), PICTURE
    )
    parameters = {
        spec.name: spec.default for spec in PICTURE.parameters(PartitionExplainer.parameters)
    }
    return PartitionExplainer().explain(problem, parameters | {"max_evals": _EVALUATIONS})


def _theirs(model: Runtime, batch: int) -> Callable[[Array, Sequence[int]], Any]:
    import shap

    network = model.network().model
    size = model.spec.input_size
    masker = shap.maskers.Image("blur(128,128)", (size, size, 3))
    explainer = shap.PartitionExplainer(lambda pixels: network.predict(pixels, verbose=0), masker)

    def call(picture: Array, targets: Sequence[int]) -> Any:
        told = explainer(
            picture[None],
            max_evals=_EVALUATIONS,
            batch_size=batch,
            outputs=np.array(targets),
            silent=True,
        )
        return np.moveaxis(told.values[0].sum(axis=2), -1, 0)

    return call


if __name__ == "__main__":
    main(measure, __doc__)
