"""Maps against tf-keras-vis: the same Keras model object, the same pictures, the same maps.

It aligns the corners when it enlarges a map, we the half pixels; so CAMs are compared cell by
cell, before its enlargement and at the cell centres of ours, which enlarging leaves alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import cycle
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.base import Options, Row, alternate, faster, main, milliseconds
from benchmarks.workload import (
    changed,
    defaults,
    model_inputs,
    picture_files,
    problem,
    same,
    stack,
    warm_runtime,
)
from core import api
from core.contracts import Array
from core.models.runtime import Runtime
from core.models.tensorflow import keras
from core.parameters import Value
from core.saliency.base import Problem

__all__ = ["measure"]

_PEARSON = 0.99
_SAMPLES = 20
_NOISE = 0.2


@dataclass(frozen=True, slots=True)
class Rival:
    """A method of theirs and what it is called here."""

    method: str
    theirs: str
    at_least: float
    ours: dict[str, Value]
    options: dict[str, Any]
    cam: bool = True
    long: bool = False


_RIVALS = (
    Rival("saliency", "saliency:Saliency", 4, {}, {}, cam=False),
    Rival("gradcam", "gradcam:Gradcam", 8, {}, {}),
    Rival("gradcam++", "gradcam_plus_plus:GradcamPlusPlus", 8, {}, {}),
    Rival("layercam", "layercam:Layercam", 8, {}, {}),
    Rival(
        "smoothgrad",
        "saliency:Saliency",
        10,
        {"n_samples": _SAMPLES, "noise": _NOISE, "aggregate": "magnitude"},
        {"smooth_samples": _SAMPLES, "smooth_noise": _NOISE},
        cam=False,
    ),
    Rival("scorecam", "scorecam:Scorecam", 5, {"channels": 0}, {}, long=True),
)


def measure(options: Options) -> list[Row]:
    """Time every rival pair and correlate their maps."""
    keras.config.disable_interactive_logging()  # Score-CAM there draws a progress bar
    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    model = warm_runtime()
    tasks = [problem(model, batch[None]) for batch in stack(model_inputs(options.some(5, 2)))]
    return [_row(model, rival, tasks, options) for rival in _RIVALS]


def _row(model: Runtime, rival: Rival, tasks: list[Problem], options: Options) -> Row:
    method, parameters = defaults(rival.method, **rival.ours)
    theirs = _visualiser(model, rival)
    pictures = {side: cycle(tasks) for side in ("ours", "theirs", "api")}

    def timed_ours() -> object:
        return method.explain(next(pictures["ours"]), parameters)

    def timed_theirs() -> object:
        return theirs(next(pictures["theirs"]))

    through_api = _through_api(rival)
    repeats, warm_up = options.repeats, len(tasks)
    if rival.method == "smoothgrad":
        repeats, warm_up = options.some(min(repeats, 7), 1), 1
    if rival.long:
        tasks, repeats, warm_up = tasks[:1], options.some(3, 1), 0
        through_api()
    mine, other = alternate(timed_ours, timed_theirs, repeats=repeats, warm_up=warm_up)
    (whole,) = alternate(through_api, repeats=1 if rival.long else repeats)
    lowest = min(_pearson(model, rival, task) for task in tasks)
    name = f"{method.name}({_SAMPLES})" if rival.options else method.name
    row = faster(
        f"{name} against tf-keras-vis",
        milliseconds(mine),
        milliseconds(other),
        at_least=rival.at_least,
        note=f"lowest Pearson {lowest:.4f}; api.explain with its store "
        f"{milliseconds(whole):.0f} ms, {milliseconds(other) / milliseconds(whole):.1f}×",
    )
    return replace(row, passed=bool(row.passed) and lowest >= _PEARSON)


def _through_api(rival: Rival) -> Callable[[], object]:
    """Return a call of ``api.explain`` on a picture that the store has not seen."""
    seen = api.open_picture(picture_files(1)[0])

    def call() -> object:
        return api.explain(changed(seen), method=rival.method, parameters=rival.ours)

    return call


def _visualiser(model: Runtime, rival: Rival, **more: Any) -> Callable[[Problem], Any]:
    from tf_keras_vis.utils.scores import CategoricalScore

    module, _, name = rival.theirs.partition(":")
    visualise = getattr(import_module(f"tf_keras_vis.{module}"), name)(
        model.network().model, clone=False
    )
    options = rival.options | more
    if rival.cam:
        options |= {
            "penultimate_layer": model.spec.feature_layer,
            "seek_penultimate_conv_layer": False,
        }

    def call(task: Problem) -> Any:
        return visualise(CategoricalScore([int(task.directions.argmax())]), task.inputs, **options)

    return call


def _pearson(model: Runtime, rival: Rival, task: Problem) -> float:
    method, parameters = defaults(rival.method, **rival.ours)
    mine = method.explain(task, parameters)[0].map
    if rival.cam:
        raw = _visualiser(model, rival, expand_cam=False, normalize_cam=False)(task)[0]
        cells = np.asarray(raw)
        return same(_cells(mine, len(cells)), cells)
    with _same_noise(task):
        return same(mine, np.asarray(_visualiser(model, rival, normalize_map=False)(task))[0])


def _cells(full: Array, n: int) -> Array:
    """Read an enlarged map at the centres of its ``n`` × ``n`` cells."""
    centres = ((np.arange(n) + 0.5) * len(full) / n - 0.5).astype(int)
    rows = (full[centres] + full[centres + 1]) / 2
    cells: Array = (rows[:, centres] + rows[:, centres + 1]) / 2
    return cells


def _same_noise(task: Problem) -> AbstractContextManager[object]:
    """Let tf-keras-vis draw, instead of its unseeded noise, what our method draws."""
    from tf_keras_vis import saliency

    noise = np.random.default_rng(task.seed).standard_normal(
        (_SAMPLES, *task.inputs.shape[1:]), dtype=np.float32
    )

    def normal(_mean: float, sigma: Any, _shape: Any) -> Array:
        scaled: Array = noise[:, None] * np.asarray(sigma, np.float32)
        return scaled

    return patch.object(saliency.np.random, "normal", normal)


if __name__ == "__main__":
    main(measure, __doc__)
