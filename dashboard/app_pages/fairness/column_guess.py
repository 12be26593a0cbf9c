"""Which column of a prediction table holds what: a proposal from names and first rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.contracts import TablePreview

__all__ = ["Mapped", "guessed"]

_MOST_GROUPS = 2
_LABEL = re.compile(r"y|y_?true|(true_?)?labels?|(true|actual)_?class|target|truth|actual|outcome")
_PREDICTION = re.compile(r"(y_?)?pred(icted|iction|ictions|s)?(_?(label|class))?|y_?hat|decision")
_SCORE = re.compile(r"(y_?)?(pred_?)?(scores?|prob(a|ability|abilities)?|risk|confidence)(_?1)?")
_WEIGHT = re.compile(r"w|(sample_?)?weights?")
_IDENTITY = re.compile(r"id|.*_id|index|row|name|file(_?name)?|path|date|unnamed.*|")
_GROUP = re.compile(
    r".*(sex|gender|race|ethnic|age|skin|tone|region|country|language|group|religion|disab|band)"
    r".*"
)


@dataclass(frozen=True)
class Mapped:
    """Columns by what they hold; ``""`` where no column seems to."""

    label: str = ""
    prediction: str = ""
    score: str = ""
    weight: str = ""
    groups: tuple[str, ...] = ()


def guessed(preview: TablePreview) -> Mapped:
    """Return which columns seem to hold what.

    Examples
    --------
    >>> rows = (("1", "0.7", "f", "x1"), ("0", "0.2", "m", "x2"))
    >>> guessed(TablePreview(("y_true", "score", "sex", "id"), rows))
    Mapped(label='y_true', prediction='', score='score', weight='', groups=('sex',))
    """
    cells = {name: [row[i] for row in preview.rows] for i, name in enumerate(preview.names)}
    left = dict(cells)

    def take(pattern: re.Pattern[str], fits: Callable[[list[str]], bool] = lambda _: True) -> str:
        found = [n for n, c in left.items() if pattern.fullmatch(n.strip().lower()) and fits(c)]
        if found:
            left.pop(found[0])
        return found[0] if found else ""

    label, prediction = take(_LABEL), take(_PREDICTION)
    score, weight = take(_SCORE, _are_shares), take(_WEIGHT, _are_numbers)
    named = [name for name in left if _GROUP.fullmatch(name.strip().lower())]
    words = [
        name
        for name, values in left.items()
        if not _IDENTITY.fullmatch(name.strip().lower()) and not _are_numbers(values)
    ]
    groups = tuple(dict.fromkeys([*named, *words]))[:_MOST_GROUPS]
    return Mapped(label, prediction, score, weight, groups)


def _numbers(cells: list[str]) -> list[float] | None:
    try:
        return [float(cell) for cell in cells if cell]
    except ValueError:
        return None


def _are_numbers(cells: list[str]) -> bool:
    return bool(_numbers(cells))


def _are_shares(cells: list[str]) -> bool:
    found = _numbers(cells)
    return bool(found) and all(0 <= value <= 1 for value in found or [])
