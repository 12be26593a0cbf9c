"""Certificates as a document and as a table, for files that people take along."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from core.contracts import Certified
from core.robustness.certificates.class_bias import class_bias

__all__ = ["certified_csv", "certified_document"]

_COLUMNS = ("index", "id", "group", "label", "answer", "right", "radius")
_FORMULA = tuple("=+-@\t\r")


def certified_document(found: Certified) -> dict[str, Any]:
    """Return the curves and gaps with everything that led to them, ready for JSON."""
    return {
        "model": found.model,
        "weights_sha256": found.weights_sha256,
        "dataset": found.dataset,
        "split": found.split,
        "slice": found.slice or None,
        "n": found.n,
        "method": found.method,
        "norm": found.norm,
        "parameters": found.parameters,
        "clean_accuracy": found.clean_accuracy,
        "abstained": found.abstained,
        "average_radius": found.average_radius,
        "leaning": None if (leans := class_bias(found)) is None else asdict(leans),
        "by": found.by or None,
        "curves": [
            {
                "group": curve.group or None,
                "points": [
                    {"radius": p.eps, "accuracy": p.accuracy, "low": p.low, "high": p.high,
                     "n": p.n}
                    for p in curve.points
                ],
                "median_radius": curve.median_distance,
                "area": curve.area,
            }
            for curve in found.curves
        ],
        "gaps": [asdict(gap) | {"beyond_chance": gap.beyond_chance} for gap in found.gaps],
        "seed": found.seed,
        "command": found.command,
        "device": found.device,
        "cached": found.cached,
        "seconds": found.seconds,
    }  # fmt: skip


def certified_csv(found: Certified) -> bytes:
    """Return a row for each picture: what it truly is, what is certain of it, and how far.

    An abstention leaves ``answer`` empty, and its radius is 0.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    groups = found.groups or ("",) * found.n
    for index, id, group, label, answer, radius in zip(
        found.indices, found.ids, groups, found.labels, found.answers, found.radii, strict=True
    ):
        named = "" if answer < 0 else found.classes[answer]
        words = [_cell(each) for each in (id, group, found.classes[label], named)]
        table.writerow([int(index), *words, bool(answer == label), float(radius)])
    return text.getvalue().encode()


def _cell(text: str) -> str:
    """Keep a stranger's name from becoming a formula in a spreadsheet."""
    return f"'{text}" if text[:1] in _FORMULA else text
