"""Peak memory of every method on one 224 px picture with ResNet50, each in a fresh process.

The store is empty, so that where a method exports the model first, that counts too.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.base import Options, Row, at_most, main
from benchmarks.workload import ROOT, picture_files
from core.saliency.registry import METHODS

__all__ = ["measure"]

_MODEL = "resnet50"
_LIMIT = 2.5 * 1024


def measure(options: Options) -> list[Row]:
    """Run every method in a process of its own; in a quick run, two of them."""
    methods = list(METHODS)
    return [_row(method) for method in ([*methods[:1], "scorecam"] if options.quick else methods)]


def _row(method: str) -> Row:
    with tempfile.TemporaryDirectory(prefix="pellucid-peak-") as home:
        done = subprocess.run(
            [sys.executable, "-c", f"from {__spec__.name} import run; run({method!r})"],
            cwd=ROOT,
            env={**os.environ, "PELLUCID_HOME": home, "TF_CPP_MIN_LOG_LEVEL": "2"},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    figures = json.loads(done.stdout.splitlines()[-1])
    return at_most(
        f"Peak memory of {METHODS[method].name}, {_MODEL}, one picture",
        figures["peak_mib"],
        _LIMIT,
        unit="MiB",
        note=f"{figures['base_mib']:.0f} MiB with the model loaded; {figures['seconds']:.1f} s; "
        f"{figures['device']}",
    )


def run(method: str) -> None:
    """Explain one picture in this process and print what it took."""
    from core import api
    from core.contracts import ModelRef
    from core.models.runtime import runtime

    file: Path = picture_files(1)[0]
    runtime(ModelRef(_MODEL, "random")).network()
    base = _peak()
    explanation = api.explain(file, model=_MODEL, weights="random", method=method)
    figures = {
        "base_mib": base,
        "peak_mib": _peak(),
        "seconds": explanation.seconds,
        "device": explanation.device,
    }
    print(json.dumps(figures), flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(measure, __doc__)
