"""A leaderboard over 200 pictures × 8 methods: its peak memory, and who beats the controls.

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
from typing import Any

from benchmarks.base import Options, Row, at_most, info, main
from benchmarks.workload import ROOT, picture_files

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
        *(
            _separation(rest["scores"], metric, method, sign)
            for metric, sign in (("insertion", 1), ("deletion", -1))
            for method in _METHODS[:5]
        ),
    ]


def _separation(scores: list[list[Any]], metric: str, method: str, sign: int) -> Row:
    """Return how far a method's 95 % interval is from those of both controls; below 0: overlap."""
    told = {name: (low, mean, high) for at, name, low, mean, high in scores if at == metric}
    means = {name: sorted((sign * low, sign * high)) for name, (low, _, high) in told.items()}
    gap = means[method][0] - max(means[control][1] for control in ("edges", "random"))
    words = "; ".join(
        f"{name} {mean:.3f} [{low:.3f}, {high:.3f}]"
        for name, (low, mean, high) in told.items()
        if name in (method, "edges", "random")
    )
    claim = f"{metric.capitalize()}: gap of {method} to both controls, in hundredths"
    return info(claim, 100 * gap, unit="", note=words)


def _run(home: str, n: int, *, stop_at: float) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", f"from {__spec__.name} import run; run({n}, {stop_at})"],
        cwd=ROOT,
        env={**os.environ, "PELLUCID_HOME": home, "TF_CPP_MIN_LOG_LEVEL": "2"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def run(n: int, stop_at: float) -> None:
    """Fill the table in this process, up to a share of it, and print what it took."""
    import time

    from core import api
    from core.contracts import ModelRef
    from core.control import LocalControl
    from core.errors import Cancelled
    from core.evidence.leaderboard import measure as leaderboard
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
    scores = []
    with contextlib.suppress(Cancelled):
        table = api.evaluate(
            picture_files(n),
            control=LocalControl(on_progress=stop),
            methods=_METHODS,
            metrics=_METRICS,
        )
        scores = [[x.metric, x.method, x.low, x.mean, x.high] for x in table.scores]
    figures = {
        "scores": scores,
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
