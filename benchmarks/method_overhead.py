"""Each method against the bare cost of the passes that it needs.

The passes of one run are recorded, then repeated on arrays that lie ready: same kinds, same batch
sizes, nothing in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.base import Options, Row, alternate, compared, main, milliseconds
from benchmarks.workload import defaults, model_inputs, problem, stack, warm_runtime
from core.contracts import Array
from core.models.runtime import Runtime
from core.saliency.base import Problem
from core.saliency.registry import METHODS

__all__ = ["measure"]

_LIMIT = 1.25
_MASKED = {"occlusion": 1.1, "rise": 1.1, "sobol": 1.1, "lime": 1.1}
"""Methods that do nothing but make masks: these must cost next to nothing."""


class Recorder:
    """Passes on to a runtime and keeps what is needed to repeat each call.

    Calls of one kind and batch size share the first one's arrays: Score-CAM would fill memory.
    """

    def __init__(self, model: Runtime) -> None:
        self._model = model
        self._arrays: dict[tuple[str, int], tuple[Any, ...]] = {}
        self.calls: list[tuple[str, int]] = []

    def logits(self, batch: Array) -> Array:
        return self._model.logits(*self._keep("logits", batch))

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        return self._model.gradient(*self._keep("gradient", batch, directions))

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        return self._model.features(*self._keep("features", batch, layer))

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        given = self._keep("features_and_gradients", batch, directions, layer)
        return self._model.features_and_gradients(*given)

    def prepare(self, n_passes: int) -> None:
        self._model.prepare(n_passes)

    def _keep(self, kind: str, batch: Array, *more: Any) -> tuple[Any, ...]:
        call = (kind, len(batch))
        if call not in self._arrays:
            self._arrays[call] = (batch.copy(), *more)
        self.calls.append(call)
        return (batch, *more)

    def bare(self) -> Callable[[], None]:
        """Return the recorded passes and nothing else."""
        steps = [(getattr(self._model, call[0]), self._arrays[call]) for call in self.calls]

        def run() -> None:
            for step, arrays in steps:
                step(*arrays)

        return run


def measure(options: Options) -> list[Row]:
    """Time each registered method and its bare passes in turn."""
    model = warm_runtime()
    task = problem(model, stack(model_inputs(1)))
    return [_row(model, method, task, options) for method in METHODS]


def _row(model: Runtime, method_id: str, task: Problem, options: Options) -> Row:
    method, parameters = defaults(method_id)
    recorder = Recorder(model)
    recorded = Problem(
        recorder, task.inputs, task.directions, task.layer, task.seed, task.control, task.modality
    )
    method.explain(recorded, parameters)
    repeats = options.some(5, 1) if len(recorder.calls) > 10 else 3 * options.repeats
    whole, bare = alternate(
        lambda: method.explain(task, parameters), recorder.bare(), repeats=repeats
    )
    pictures = sum(size for _, size in recorder.calls)
    return compared(
        f"{method.name} against its bare passes",
        milliseconds(whole),
        milliseconds(bare),
        at_most=_MASKED.get(method_id, _LIMIT),
        note=f"{len(recorder.calls)} calls, {pictures} passes",
    )


if __name__ == "__main__":
    main(measure, __doc__)
