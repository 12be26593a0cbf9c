"""What is said of how cells were read, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.contracts import UNKNOWN, TableColumns
from core.fairness.reading.keys import Codes, Key
from core.fairness.reading.marks import read_with
from core.fairness.reading.rows import Rows

__all__ = ["marks_notes", "merged_notes", "without_labels_note"]

_UNSAID = ("", "nan", UNKNOWN.lower())


def marks_notes(rows: Rows, columns: TableColumns) -> Iterator[str]:
    """Say how the numbers of the used columns were read."""
    used = (
        columns.label, columns.prediction, columns.score, columns.weight, *columns.groups,
        columns.condition,
    )  # fmt: skip
    return read_with(rows.marks, used)


def without_labels_note(columns: TableColumns) -> str:
    """Say what can be audited without true classes."""
    if columns.label:
        return ""
    rates = "who is selected, and who scores high" if columns.score else "who is selected"
    return (
        f"Without true classes, this is about {rates}: errors (TPR, FPR, accuracy, calibration) "
        "need a column of what is really so."
    )


def merged_notes(key: Key, names: Sequence[str], codes: Codes) -> Iterator[str]:
    """Say which spellings were taken for one group, and which for no value."""
    by_code: dict[int, list[str]] = {}
    for raw, code in codes.items():
        if raw is not None:
            by_code.setdefault(code, []).append(raw)
    missing = by_code.pop(names.index(UNKNOWN), []) if UNKNOWN in names else []
    several = [spelt for spelt in by_code.values() if len(spelt) > 1]
    if several:
        shown = "; ".join(", ".join(map(repr, sorted(spelt)[:4])) for spelt in several[:3])
        yield f"In {key.column!r}, spellings taken for one group: {shown}."
    words = sorted({raw.strip() for raw in missing if raw.strip().lower() not in _UNSAID})
    if words:
        shown = ", ".join(map(repr, words[:8])) + (", …" if len(words) > 8 else "")
        yield f"In {key.column!r}, read as no value: {shown}."
