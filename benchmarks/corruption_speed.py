"""How many pictures of 224 pixels a second each corruption makes."""

from __future__ import annotations

import time
from statistics import median

from benchmarks.base import Options, Row, at_least, info, main
from benchmarks.workload import model_inputs
from core.robustness.corruptions.base import SEVERITIES
from core.robustness.corruptions.registry import CORRUPTIONS, corrupted

__all__ = ["measure"]

_LEAST = 100


def measure(options: Options) -> list[Row]:
    """Time every corruption over its severities; the claim is about the median one."""
    pictures = [seen.pixels for seen in model_inputs(options.some(8, 2))]
    rates = {}
    for name in CORRUPTIONS:
        seconds = []
        for number, pixels in enumerate(pictures):
            for severity in SEVERITIES:
                began = time.perf_counter()
                corrupted(pixels, name, severity, seed=0, id=number)
                seconds.append(time.perf_counter() - began)
        rates[name] = 1 / (sum(seconds[1:]) / len(seconds[1:]))  # the first imports OpenCV
    slowest = min(rates, key=lambda name: rates[name])
    return [
        at_least(
            "Pictures a second of the median corruption, 224 px", median(rates.values()), _LEAST
        ),
        info("Pictures a second of the slowest", rates[slowest], unit="", note=slowest),
    ]


if __name__ == "__main__":
    main(measure, __doc__)
