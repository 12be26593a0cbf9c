"""A result as a document and as a table, for files that people take along."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from core.contracts import RobustCurve, Robustness

__all__ = ["curves_csv", "document"]

_COLUMNS = (
    "attack", "norm", "group", "eps", "accuracy", "low", "high", "n", "rounded",
    "median_distance", "mean_distance", "area",
)  # fmt: skip


def _curve(curve: RobustCurve) -> dict[str, Any]:
    return {
        "attack": curve.attack,
        "norm": curve.norm,
        "group": curve.group or None,
        "points": [asdict(point) for point in curve.points],
        "median_distance": curve.median_distance,
        "mean_distance": curve.mean_distance,
        "area": curve.area,
    }


def document(found: Robustness) -> dict[str, Any]:
    """Return the curves, gaps and checks with everything that led to them, ready for JSON."""
    return {
        "model": found.model,
        "weights_sha256": found.weights_sha256,
        "dataset": found.dataset,
        "split": found.split,
        "n": found.n,
        "clean_accuracy": found.clean_accuracy,
        "by": found.by or None,
        **({"target": found.target} if found.target else {}),
        "curves": [_curve(curve) for curve in found.curves],
        "worst_case": [_curve(curve) for curve in found.worst_case],
        "gaps": [asdict(gap) | {"beyond_chance": gap.beyond_chance} for gap in found.gaps],
        "checks": [
            {"id": c.id, "passed": c.passed, "detail": c.detail, "figures": c.figures}
            for c in found.checks
        ],
        "trust": found.trust,
        "trustworthy": found.trustworthy,
        "verdict": found.verdict,
        "seed": found.seed,
        "command": found.command,
        "device": found.device,
        "cached": found.cached,
        "seconds": found.seconds,
    }


def curves_csv(found: Robustness) -> bytes:
    """Return a row for each point of each curve, the worst case first."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for curve in (*found.worst_case, *found.curves):
        of_curve = (curve.median_distance, curve.mean_distance, curve.area)
        for p in curve.points:
            writer.writerow(
                [curve.attack, curve.norm, _cell(curve.group), p.eps, p.accuracy, p.low, p.high,
                 p.n, p.rounded, *of_curve]
            )  # fmt: skip
    return text.getvalue().encode()


def _cell(text: str) -> str:
    """Keep a stranger's text (a group's name) from becoming a formula in a spreadsheet."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
