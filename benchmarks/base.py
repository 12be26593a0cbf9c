"""What every benchmark shares: the row it reports, the timer, the table, the command line.

A benchmark is a module with ``measure(options) -> list[Row]``. Rival timings alternate, so that a
machine that is slow for a while is slow for both; what counts is the median.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

__all__ = [
    "HEADER",
    "Options",
    "Row",
    "alternate",
    "at_least",
    "at_most",
    "compared",
    "faster",
    "info",
    "main",
    "milliseconds",
    "rows_from",
    "table",
]

Unit = Literal["ms", "s", "MiB", "passes", "×", "%", ""]
HEADER = ("Claim", "Ours", "Peer", "Ratio", "Target", "", "Note")
MILLI = 1e3


@dataclass(frozen=True, slots=True)
class Options:
    """How thorough to be.

    Parameters
    ----------
    repeats : int
        Timed runs of each side of a comparison.
    quick : bool
        Fewer repeats, pictures and clients: to see that it works, not to quote.
    """

    repeats: int = 15
    quick: bool = False

    def some(self, full: int, quick: int) -> int:
        """Return ``quick`` in a quick run, ``full`` otherwise."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    claim : str
        What is compared.
    ours, peer : float or None
        Medians in ``unit``.
    ratio : float or None
        What the target speaks of.
    target : str
        For people; empty where nothing is claimed.
    passed : bool or None
        ``None`` where nothing is claimed.
    """

    claim: str
    ours: float | None
    peer: float | None
    unit: Unit
    ratio: float | None
    target: str
    passed: bool | None
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, one cell for each column of :data:`HEADER`."""
        mark = "" if self.passed is None else "✓" if self.passed else "✗"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        ours, peer = self._value(self.ours), self._value(self.peer)
        return (self.claim, ours, peer, ratio, self.target, mark, self.note)

    def _value(self, value: float | None) -> str:
        if value is None:
            return ""
        return f"{value:.{0 if abs(value) >= 100 else 1}f} {self.unit}".rstrip()


def faster(
    claim: str, ours: float, peer: float, *, at_least: float, unit: Unit = "ms", note: str = ""
) -> Row:
    """Return a row that claims ``peer / ours >= at_least``."""
    ratio = peer / ours
    return Row(claim, ours, peer, unit, ratio, f"≥ {at_least:g}×", ratio >= at_least, note)


def compared(
    claim: str, ours: float, peer: float, *, at_most: float, unit: Unit = "ms", note: str = ""
) -> Row:
    """Return a row that claims ``ours / peer <= at_most``."""
    ratio = ours / peer
    return Row(claim, ours, peer, unit, ratio, f"≤ {at_most:g}×", ratio <= at_most, note)


def at_most(claim: str, ours: float, limit: float, *, unit: Unit = "ms", note: str = "") -> Row:
    """Return a row that claims ``ours <= limit``."""
    return Row(
        claim, ours, None, unit, None, f"≤ {limit:g} {unit}".rstrip(), bool(ours <= limit), note
    )


def at_least(claim: str, ours: float, limit: float, *, unit: Unit = "", note: str = "") -> Row:
    """Return a row that claims ``ours >= limit``."""
    return Row(
        claim, ours, None, unit, None, f"≥ {limit:g} {unit}".rstrip(), bool(ours >= limit), note
    )


def info(
    claim: str, ours: float | None, peer: float | None = None, *, unit: Unit = "ms", note: str = ""
) -> Row:
    """Return a row that claims nothing; its ratio is peer to ours."""
    ratio = peer / ours if ours and peer is not None else None
    return Row(claim, ours, peer, unit, ratio, "", None, note)


def alternate(
    *sides: Callable[[], object], repeats: int, warm_up: int = 1, pause: float = 0.0
) -> list[list[float]]:
    """Call the sides in turn and return the seconds of each, warm-up left out.

    ``pause`` seconds pass before each call: threads that spin after one side's work, in another
    process, would slow the next side.

    >>> fast, slow = alternate(lambda: None, lambda: time.sleep(0.01), repeats=3)
    >>> median(fast) < median(slow)
    True
    """
    for side in sides * warm_up:
        side()
    seconds: list[list[float]] = [[] for _ in sides]
    for _ in range(repeats):
        for side, taken in zip(sides, seconds, strict=True):
            time.sleep(pause)
            began = time.perf_counter()
            side()
            taken.append(time.perf_counter() - began)
    return seconds


def milliseconds(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return MILLI * median(seconds)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADER, tuple("---" for _ in HEADER), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main(measure: Callable[[Options], list[Row]], description: str | None) -> None:
    """Run one benchmark from the command line and print its table."""
    from benchmarks.machine import machine

    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=Options().repeats)
    parser.add_argument("--quick", action="store_true", help="few repeats: does it work at all?")
    parser.add_argument("--rows", type=Path, help="also write the rows there, as JSON")
    given = parser.parse_args()
    repeats = min(given.repeats, 3) if given.quick else given.repeats
    rows = measure(Options(repeats, given.quick))
    print(f"{machine()}\n\n{table(rows)}", flush=True)
    if given.rows is not None:
        given.rows.write_text(json.dumps([asdict(row) for row in rows]))


def rows_from(document: Sequence[dict[str, Any]]) -> list[Row]:
    """Rebuild the rows that :func:`main` wrote."""
    return [Row(**row) for row in document]
