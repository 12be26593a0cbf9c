"""Deletion and insertion of one map against the bare forward passes they need.

What is above 1 goes into ranking the pixels, blurring, and making the perturbed pictures.
"""

from __future__ import annotations

import numpy as np

from benchmarks.base import Options, Row, alternate, at_most, compared, main, milliseconds
from benchmarks.workload import model_inputs, problem, stack, warm_runtime
from core.contracts import Array
from core.control import LocalControl
from core.evidence.base import EvaluatedMap
from core.evidence.curves import measure_curves
from core.evidence.passes import CountedPasses
from core.evidence.thresholds import QUICK_PASSES
from core.models.runtime import Runtime
from core.saliency.registry import METHODS

__all__ = ["measure", "evaluated"]

_CHUNK = 32


def measure(options: Options) -> list[Row]:
    """Time both curves and as many bare passes in turn, for both step sizes of RISE's protocol."""
    model = warm_runtime()
    picture = stack(model_inputs(1))[0]
    task = problem(model, picture[None])
    chosen = METHODS.find("gradcam")
    parameters = {p.name: p.default for p in model.modality.parameters(chosen.parameters)}
    values = chosen().explain(task, parameters)[0].map
    few = max(3, options.repeats // 3)
    repeats = {"rise": options.repeats, "rise-full": few}
    rows = [
        _row(model, picture, task.directions[0], values, preset, repeats[preset])
        for preset in repeats
    ]
    return [*rows, _card()]


def _row(
    model: Runtime, picture: Array, direction: Array, values: Array, preset: str, repeats: int
) -> Row:
    def both() -> float:
        examined = evaluated(model, picture, direction, values, preset)
        measure_curves(examined, {"map": values})
        return examined.passes.spent

    n = int(both())
    batch = np.repeat(picture[None], _CHUNK, axis=0)

    def bare() -> None:
        for start in range(0, n, _CHUNK):
            model.logits(batch[: min(_CHUNK, n - start)])

    ours, passes = alternate(both, bare, repeats=repeats)
    return compared(
        f"Deletion and insertion of one map, preset {preset}, against {n} bare forward passes",
        milliseconds(ours),
        milliseconds(passes),
        at_most=1.3,
    )


def _card() -> Row:
    """Return the cost of a whole evidence card, in forward-equivalents: a count, not a time."""
    from benchmarks.workload import changed, picture_files
    from core import api

    picture = changed(api.open_picture(picture_files(1)[0]))
    card = api.evidence(api.evidence_request(api.explanation_request(picture)))
    return at_most(
        "The evidence card's quick set on one picture, controls included",
        card.passes,
        QUICK_PASSES,
        unit="passes",
        note=f"Grad-CAM; {card.seconds:.1f} s once everything is loaded",
    )


def evaluated(
    model: Runtime, picture: Array, direction: Array, values: Array, preset: str
) -> EvaluatedMap:
    """Return a map as the metrics see it."""
    return EvaluatedMap(
        passes=CountedPasses(model),
        input=picture,
        direction=direction,
        map=values,
        zero=model.spec.preprocessing.zero,
        modality=model.modality,
        seed=0,
        control=LocalControl(),
        preset_id=preset,
    )


if __name__ == "__main__":
    main(measure, __doc__)
