"""Evidence of adaptive RISE against RISE at twice its passes, on the same pictures.

Evidence is the area of insertion less that of deletion, by the preset of ten steps. Pictures are
40, spread over the sample. Where masks were chosen to look again was tried out on the even ones of
these; the odd ones were not looked at until then, and have a row of their own.
"""

from __future__ import annotations

import numpy as np

from benchmarks.base import Options, Row, at_least, compared, main
from benchmarks.evidence_speed import evaluated
from benchmarks.workload import defaults, model_inputs, problem, stack, warm_runtime
from core.evidence.curves import measure_curves

__all__ = ["measure"]

_RIVALS = {"rise": 500, "adaptive_rise": 250}


def measure(options: Options) -> list[Row]:
    """Explain each picture both ways and compare how well the maps do."""
    model = warm_runtime()
    pictures = stack(model_inputs(options.some(40, 4)))
    evidence: dict[str, list[float]] = {method: [] for method in _RIVALS}
    passes: dict[str, list[float]] = {method: [] for method in _RIVALS}
    for picture in pictures:
        task = problem(model, picture[None])
        maps = {}
        for name, n_masks in _RIVALS.items():
            method, values = defaults(name, n_masks=n_masks)
            result = method.explain(task, values)[0]
            maps[name] = result.map
            passes[name].append(float(result.diagnostics["forward_passes"]))
        examined = evaluated(model, picture, task.directions[0], maps["rise"], "rise")
        curves = measure_curves(examined, maps)
        for name in maps:
            areas = [curves[name, mode].auc for mode in ("insertion", "deletion")]
            evidence[name].append(areas[0] - areas[1])
    ours, theirs = (np.array(evidence[name]) for name in ("adaptive_rise", "rise"))
    return [
        compared(
            "Passes of adaptive RISE against RISE's", float(np.mean(passes["adaptive_rise"])),
            float(np.mean(passes["rise"])), at_most=0.5, unit="",
        ),
        _row("all pictures", ours, theirs),
        _row("pictures that nothing was chosen on", ours[1::2], theirs[1::2]),
    ]  # fmt: skip


def _row(which: str, ours: np.ndarray, theirs: np.ndarray) -> Row:
    """Return the gain in evidence, in hundredths, with its standard error."""
    gain = ours - theirs
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    return at_least(
        f"Evidence of adaptive RISE above that of RISE at twice the passes, {which}, in hundredths",
        100 * float(gain.mean()),
        0.0,
        note=f"{ours.mean():.3f} against {theirs.mean():.3f} on {len(gain)} pictures; standard "
        f"error {100 * error:.1f}; better on {int((gain > 0).sum())}",
    )


if __name__ == "__main__":
    main(measure, __doc__)
