"""The attacks of a request without options against the best of APGD-CE, APGD-T, FAB and Square.

The set and its steps were chosen on the first half of a permutation of the test portraits
(``_CHOSEN_ON`` of them); the rates here are of the second half. The four run in turn on what the
default leaves standing, so what they add together is the most by which it falls short. FAB and
Square, which cost most, run on some of those pictures, and their share stands for all.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from benchmarks.base import Options, Row, at_most, info, main
from core import api
from core.contracts import ModelRef
from core.control import LocalControl
from core.data.base import Part
from core.data.registry import open_dataset
from core.models.runtime import runtime
from core.models.zoo import specs
from core.parameters import Value
from core.robustness.attacks.base import Hits, Labels, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.passes import AttackPasses
from core.robustness.sweep import TOLERANCE, attacked

__all__ = ["measure"]

_MODELS = ("portraits_fair", "portraits_biased", "portraits_robust")
_CHOSEN_ON = 750
_LEVELS = (1, 2, 3, 4, 6, 8, 12, 16)
_FOUR: dict[str, tuple[dict[str, Value], int]] = {
    "apgd_ce": ({"steps": 100}, 1000), "apgd_dlr": ({"steps": 100}, 1000),
    "fab": ({"steps": 50}, 32), "square": ({"queries": 2000}, 32),
}  # fmt: skip
"""Parameters, and on how many pictures at most."""
_MOST = 1.0
"""Points that the default may leave standing beyond the best of the four."""


def measure(options: Options) -> list[Row]:
    """Return a row for each portraits model."""
    n = options.some(250, 60)
    return [
        _row(model, n) if model in specs() else info(model, None, note="not shipped")
        for model in _MODELS
    ]


def _row(model: str, n: int) -> Row:
    asked = api.robustness_request("portraits", model=model)
    passes = AttackPasses(runtime(ModelRef(model)))
    part = open_dataset(asked.dataset).part("test")
    order = np.random.default_rng(42).permutation(len(part))
    task = _right(_problem(passes, part, order[_CHOSEN_ON : _CHOSEN_ON + n]))
    task = replace(task, eps=_half(_right(_problem(passes, part, order[:48]))))
    began = time.perf_counter()
    default = np.any([_hits(task, name, given) for name, given in asked.attacks.items()
                      if not ATTACKS.find(name).control], axis=0)  # fmt: skip
    seconds = time.perf_counter() - began
    standing, more, notes = ~default, 0.0, []
    for name, (given, most) in _FOUR.items():
        tried = np.flatnonzero(standing)[:most]
        hits = _hits(task.only(tried), name, given)
        more += hits.mean() * standing.sum() if len(tried) else 0.0
        standing[tried[hits]] = False
        notes.append(f"{name} breaks {int(hits.sum())} of {len(tried)} that were left")
    return at_most(
        f"{model}: left standing beyond all four together (points)", 100 * more / len(task),
        _MOST, unit="",
        note=f"ε {task.eps * 255:.0f}/255, {len(task)} held-out pictures; default leaves "
        f"{1 - default.mean():.1%} in {seconds:.0f} s; " + ", ".join(notes),
    )  # fmt: skip


def _problem(passes: AttackPasses, part: Part, rows: Labels) -> Problem:
    size = passes.model.spec.input_size
    inputs = part.pixels(rows.tolist(), size).astype(np.float32) / np.float32(255)
    labels = np.asarray(part.labels[rows], np.int64)
    return Problem(passes, inputs, labels, "linf", 0.0, rows, 0, LocalControl())


def _right(task: Problem) -> Problem:
    return task.only(np.flatnonzero(~task.broken(task.passes.logits(task.inputs))))


def _half(task: Problem) -> float:
    """Return the ε at which PGD-10 leaves about half."""
    quick: dict[str, Value] = {"steps": 10, "relative_step": 0.25}
    left = {
        level / 255: float(np.mean(~_hits(replace(task, eps=level / 255), "pgd", quick)))
        for level in _LEVELS
    }
    return min(left, key=lambda eps: abs(left[eps] - 0.5))


def _hits(task: Problem, name: str, given: dict[str, Value]) -> Hits:
    if not len(task):
        return np.zeros(0, bool)
    attack = ATTACKS.find(name)
    values = {p.name: p.default for p in attack.parameters} | given
    return np.asarray(attacked(attack, task, values).distances <= task.eps + TOLERANCE)


if __name__ == "__main__":
    main(measure, __doc__)
