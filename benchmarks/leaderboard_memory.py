"""Peak memory of a leaderboard over 200 pictures × 8 methods, in a process of its own.

It is stopped once on the way and run again on the same store: what is left has to be the rest.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile

from benchmarks.base import Options, Row, at_most, info, main
from benchmarks.subject import ROOT, picture_files

__all__ = ["measure"]

_METHODS = (
    "gradcam", "gradcam++", "layercam", "saliency", "smoothgrad", "gradient_x_input", "edges",
    "random",
)  # fmt: skip
_METRICS = ("deletion", "insertion", "average_drop", "sparseness")
_LIMIT = 3 * 1024


def measure(options: Options) -> list[Row]:
    """Stop a run at its first quarter, then let it come to its end."""
    n = options.some(200, 20)
    with tempfile.TemporaryDirectory(prefix="pellucid-board-") as home:
        first = _run(home, n, stop_at=0.25)
        rest = _run(home, n, stop_at=2.0)
    cards = n * len(_METHODS)
    return [
        at_most(
            f"Peak memory of a leaderboard, {n} pictures × {len(_METHODS)} methods",
            max(first["peak_mib"], rest["peak_mib"]),
            _LIMIT,
            unit="MiB",
            note=f"{rest['base_mib']:.0f} MiB with the model loaded; "
            f"{first['seconds'] + rest['seconds']:.0f} s in all; {rest['device']}",
        ),
        at_most(
            "Cards measured in both runs of a leaderboard that was stopped",
            first["examined"] + rest["examined"] - cards,
            1,  # the card in hand when it was stopped
            unit="",
            note=f"{first['examined']} + {rest['examined']} for {cards} cards",
        ),
        info("A card of the leaderboard", 1e3 * rest["seconds"] / rest["examined"]),
    ]


def _run(home: str, n: int, *, stop_at: float) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", f"from {__spec__.name} import run; run({n}, {stop_at})"],
        cwd=ROOT,
        env={**os.environ, "PELLUCID_HOME": home, "TF_CPP_MIN_LOG_LEVEL": "2"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def run(n: int, stop_at: float) -> None:
    """Fill the table in this process, up to a share of it, and print what it took."""
    import time

    from core import api
    from core.contracts import ModelRef
    from core.engine.control import LocalControl
    from core.errors import Cancelled
    from core.evidence import leaderboard
    from core.models.runtime import runtime

    model = runtime(ModelRef(api.DEFAULT_MODEL))
    model.network()
    model.prepare(10_000)
    base = _peak()
    examined = 0
    original = leaderboard.examine

    def counted(requests, control):  # type: ignore[no-untyped-def]
        nonlocal examined
        examined += 1
        return original(requests, control)

    leaderboard.examine = counted

    def stop(fraction: float, message: str) -> None:
        if fraction >= stop_at:
            raise Cancelled("at its first quarter")

    began = time.perf_counter()
    with contextlib.suppress(Cancelled):
        api.evaluate(
            picture_files(n),
            control=LocalControl(on_progress=stop),
            methods=_METHODS,
            metrics=_METRICS,
        )
    figures = {
        "base_mib": base,
        "peak_mib": _peak(),
        "seconds": time.perf_counter() - began,
        "examined": examined,
        "device": model.device,
    }
    print(json.dumps(figures), flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(measure, __doc__)
