"""Claims about slices: none is found by looking often enough, and a planted one is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.calibration.base import Claim, Measure, Outcome, Trials, claim
from core.contracts import SliceReport
from core.fairness.request.audits import slices_request
from core.fairness.slices.discovery import discover

__all__ = ["CLAIMS"]

_TOPIC = "Fairness: slices"
_ATTRIBUTES = {"sex": 2, "age": 4, "region": 5, "job": 3, "school": 3}
_PLANTED = {"sex": 1, "age": 2}
Groups = Mapping[str, npt.NDArray[np.int64]]


def _rows(rng: np.random.Generator, n: int) -> Groups:
    return {name: rng.integers(0, size, n) for name, size in _ATTRIBUTES.items()}


def _inside(groups: Groups) -> npt.NDArray[np.bool_]:
    return np.all([groups[name] == value for name, value in _PLANTED.items()], axis=0)


def _report(
    rng: np.random.Generator, folder: Path, trials: Trials, *, worse: float, n: int = 3000
) -> SliceReport:
    """Search a table of accuracy .85, lower by ``worse`` in the planted slice."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    groups = _rows(rng, n)
    label = rng.integers(0, 2, n)
    right = rng.random(n) < 0.85 - worse * _inside(groups)
    columns = {"y": label, "p": np.where(right, label, 1 - label)}
    names = {name: np.char.add("g", codes.astype(str)) for name, codes in groups.items()}
    path = folder / f"{rng.integers(2**62)}.parquet"
    pq.write_table(pa.table(columns | names), path)
    request = slices_request(path, label="y", prediction="p", groups=list(_ATTRIBUTES))
    return discover([request], trials.control)[0]


def _over(trial: Callable[[np.random.Generator, Path, Trials], Outcome]) -> Measure:
    def measure(trials: Trials) -> Iterator[Outcome]:
        with tempfile.TemporaryDirectory() as folder:
            for rng in trials.generators():
                yield trial(rng, Path(folder), trials)

    return measure


def _chance(rng: np.random.Generator, folder: Path, trials: Trials) -> bool:
    report = _report(rng, folder, trials, worse=0.0)
    return any(found.verdict == "flag" for found in report.findings)


def _at_tolerance(rng: np.random.Generator, folder: Path, trials: Trials) -> bool:
    """Whether the planted slice, exactly as much worse as is tolerated, is flagged."""
    # Held against all other rows, which are all alike.
    return _planted_is_flagged(_report(rng, folder, trials, worse=0.1, n=10_000))


def _planted_is_flagged(report: SliceReport) -> bool:
    planted = {name: f"g{value}" for name, value in _PLANTED.items()}
    return any(
        found.verdict == "flag" and not found.within and dict(found.slice.conditions) == planted
        for found in report.findings
    )


def _found(rng: np.random.Generator, folder: Path, trials: Trials) -> bool:
    """Whether the planted slice is flagged, and explained by no wider one."""
    return _planted_is_flagged(_report(rng, folder, trials, worse=0.35))


CLAIMS: tuple[Claim, ...] = (
    claim(
        "slices.chance", _TOPIC,
        "Where no rows differ, at most 5 % of tables get a flagged slice.",
        "3 000 rows, five attributes, all slices of up to three conditions (some hundreds).",
        _over(_chance), unit="tables", n=200, quick=4, at_most=0.05, beside="slices.found",
    ),
    claim(
        "slices.tolerance", _TOPIC,
        "A slice exactly as much worse as is tolerated is flagged in at most 5 % of tables.",
        "10 000 rows; one slice of two conditions is 10 points worse than all others.",
        _over(_at_tolerance), unit="tables", n=120, quick=2, at_most=0.05, beside="slices.found",
    ),
    claim(
        "slices.found", _TOPIC,
        "A slice that is 35 points worse is flagged, and by itself, in at least 90 % of tables.",
        "3 000 rows; the slice has two conditions, about 375 rows, and no wider one explains it.",
        _over(_found), unit="tables", n=200, quick=5, at_least=0.9,
    ),
)  # fmt: skip
