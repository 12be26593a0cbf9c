"""Ten million rows: the whole audit with all intersections, against the bare counting query.

The bare query groups the Parquet file by label, prediction and all three attributes at once, and
reads the rows' counts: nothing can be audited with less. Peak memory is that of a fresh process.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.base import MILLI, Options, Row, alternate, at_most, compared, info, main
from benchmarks.workload import ROOT

__all__ = ["measure"]

_ROWS, _QUICK_ROWS = 10_000_000, 1_000_000
_GROUPS = ("sex", "race", "age")
_LIMIT_MIB = 2048


def measure(options: Options) -> list[Row]:
    """Write the table once, then measure in processes of their own."""
    rows = options.some(_ROWS, _QUICK_ROWS)
    with tempfile.TemporaryDirectory(prefix="pellucid-fairness-") as folder:
        path = Path(folder) / "predictions.parquet"
        _alone(f"write({str(path)!r}, {rows})", folder)
        timed = _alone(f"time_both({str(path)!r}, {min(options.repeats, 5)})", folder)
        labels = _alone(f"audit_once({str(path)!r}, scores=False)", folder)
        scores = _alone(f"audit_once({str(path)!r}, scores=True)", folder)
    what = f"{rows / 1e6:g} million rows × 3 attributes, all intersections, intervals, gaps"
    return [
        compared(
            what,
            MILLI * timed["ours"],
            MILLI * timed["bare"],
            at_most=15,
            note=f"{timed['gaps']} calibrated gaps of {timed['groups']} groups",
        ),
        at_most(f"Peak memory: {what}", labels["peak_mib"], _LIMIT_MIB, unit="MiB"),
        at_most(
            f"Peak memory: the same with a score of its own in each row "
            f"({scores['seconds']:.0f} s)",
            scores["peak_mib"],
            _LIMIT_MIB,
            unit="MiB",
        ),
        info("Before the table is opened", labels["base_mib"], unit="MiB"),
    ]


def _alone(call: str, home: str) -> dict[str, float]:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from {__spec__.name} import audit_once, time_both, write; {call}",
        ],
        cwd=ROOT,
        env={**os.environ, "PELLUCID_HOME": home},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def write(path: str, rows: int) -> None:
    """Write a table in which one intersection is treated worse, a million rows at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    writer = None
    for start in range(0, rows, 1_000_000):
        n = min(1_000_000, rows - start)
        sex, race, age = rng.integers(0, 2, n), rng.integers(0, 5, n), rng.integers(0, 4, n)
        y = rng.integers(0, 2, n)
        score = np.clip(0.3 + 0.4 * y - 0.1 * (sex * (race == 2)) + rng.normal(0, 0.2, n), 0, 1)
        part = pa.table(
            {
                "sex": np.array(["f", "m"])[sex],
                "race": np.array(["a", "b", "c", "d", "e"])[race],
                "age": age,
                "y": y,
                "p": (score >= 0.5).astype(np.int64),
                "score": score,
            }
        )
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part)
    assert writer is not None, "there are rows"
    writer.close()
    print(json.dumps({"rows": rows}), flush=True)


def time_both(path: str, repeats: int) -> None:
    """Print the medians of the audit and of the bare query, alternating."""
    import duckdb

    report = _audit(path, seed=0)

    def bare() -> None:
        columns = ", ".join((*_GROUPS, "y", "p"))
        with duckdb.connect(":memory:") as connection:
            connection.execute(
                f"SELECT {columns}, count(*) FROM read_parquet(?) GROUP BY ALL", [path]
            ).fetchall()

    seeds = iter(range(1, 100))  # another seed is another audit: nothing comes from the store
    ours, peer = alternate(lambda: _audit(path, seed=next(seeds)), bare, repeats=repeats)
    figures = {
        "ours": median(ours),
        "bare": median(peer),
        "gaps": len(report.gaps),  # type: ignore[attr-defined]
        "groups": sum(len(t.groups) for t in report.tables),  # type: ignore[attr-defined]
    }
    print(json.dumps(figures), flush=True)


def audit_once(path: str, *, scores: bool) -> None:
    """Print time and peak memory of one audit in this process."""
    import time

    import core.api  # noqa: F401  (what was imported before is no part of the audit)

    base, began = _peak(), time.perf_counter()
    _audit(path, seed=0, scores=scores)
    figures = {
        "base_mib": base,
        "peak_mib": _peak(),
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(figures), flush=True)


def _audit(path: str, *, seed: int, scores: bool = False) -> object:
    from core import api

    columns = {"score": "score"} if scores else {}
    return api.fairness(
        path, label="y", prediction="p", groups=_GROUPS, intersections=True, seed=seed, **columns
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(measure, __doc__)
