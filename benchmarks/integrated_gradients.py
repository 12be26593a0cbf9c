"""Passes that integrated gradients need for a completeness error of 1 %.

The rival is the trapezoid on uniform steps: the smallest number of steps of a grid from which on
the error stays under 1 %. All the step numbers divide one, so its points serve them all.
"""

from __future__ import annotations

from statistics import median

import numpy as np

from benchmarks.base import Options, Row, compared, info, main
from benchmarks.workload import defaults, model_inputs, problem, stack, warm_runtime
from core.contracts import Array
from core.saliency.base import Problem

__all__ = ["measure"]

_TOLERANCE = 0.01
_FINEST = 720
_STEPS = tuple(n for n in range(8, _FINEST + 1) if _FINEST % n == 0)
_CHUNK = 16
_GENEROUS = 3000


def measure(options: Options) -> list[Row]:
    """Count the passes of both for each picture."""
    model = warm_runtime()
    pictures = stack(model_inputs(options.some(20, 4)))
    tasks = [problem(model, picture[None]) for picture in pictures]
    ours, capped, stopped, unconverged = [], 0, [], 0
    first, steady, beyond = [], [], 0
    method, parameters = defaults(
        "integrated_gradients", tolerance=_TOLERANCE, max_passes=_GENEROUS
    )
    for task in tasks:
        figures = method.explain(task, parameters)[0].diagnostics
        ours.append(int(figures["gradient_passes"]))
        unconverged += not figures["converged"]
        capped += ours[-1] > _default_cap()
        stopped.append(min(ours[-1], _default_cap()))
        errors = _uniform_errors(task)
        first.append(1 + next((n for n in _STEPS if errors[n] <= _TOLERANCE), _FINEST))
        above = [n for n in _STEPS if errors[n] > _TOLERANCE]
        beyond += _FINEST in above
        steady.append(1 + min((n for n in _STEPS if n > max(above, default=0)), default=_FINEST))
    n = len(tasks)
    return [
        compared(
            f"Integrated gradients to 1 % completeness error, median of {n} pictures, against "
            "the uniform trapezoid",
            median(ours),
            median(steady),
            at_most=0.5,
            unit="passes",
            note=f"ours {min(ours)} to {max(ours)}, {capped} of {n} beyond the default cap of "
            f"{_default_cap()}, {unconverged} not converged; trapezoid {min(steady)} to "
            f"{max(steady)}, {beyond} of {n} not there at {_FINEST} (counted as {_FINEST + 1})",
        ),
        info(
            "… against the first uniform step number that happens to be under 1 %",
            median(ours),
            median(first),
            unit="passes",
            note="by luck: more steps may leave a larger error again",
        ),
    ]


def _default_cap() -> int:
    return int(defaults("integrated_gradients")[1]["max_passes"])


def _uniform_errors(task: Problem) -> dict[int, float]:
    """Return the relative completeness error for each number of steps, black baseline."""
    picture, direction = task.inputs[0], task.directions[0]
    at = np.linspace(0, 1, _FINEST + 1, dtype=np.float32)
    f, rates = np.empty(len(at)), np.empty(len(at))
    for start in range(0, len(at), _CHUNK):
        chosen = slice(start, start + _CHUNK)
        points: Array = at[chosen, None, None, None] * picture
        directions = np.repeat(direction[None], len(points), axis=0)
        logits, gradients = task.passes.gradient(points, directions)
        f[chosen] = logits @ direction
        rates[chosen] = (gradients.astype(np.float64) * picture).sum(axis=(1, 2, 3))
    change = f[-1] - f[0]
    return {
        n: abs(float(np.trapezoid(rates[:: _FINEST // n], dx=1 / n)) - change) / abs(change)
        for n in _STEPS
    }


if __name__ == "__main__":
    main(measure, __doc__)
