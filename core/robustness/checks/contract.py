"""Whether a robustness curve can be believed: checks of the attacks, and their verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.values.codec import Stored

__all__ = ["AttackCheck", "Trust"]

Trust = Literal["believed", "not trusted", "not shown", "unchecked"]
"""All checks passed; one failed; none failed, but some could not be made; none was asked for."""
CHECKS_VERSION = "3"
"""Raise it when the checks change: results with checks of an older version are not reused."""


@dataclass(frozen=True)
class AttackCheck(Stored):
    """One question to the attack itself.

    ``passed`` is ``None`` where it could not be asked; ``detail`` says why, or with what figures.
    """

    id: str
    name: str
    passed: bool | None
    detail: str
    figures: dict[str, float] = field(default_factory=dict)


def trust_of(checks: Sequence[AttackCheck]) -> Trust:
    """Return whether a curve can be believed.

    A check that could not be made counts against it, whatever the reason: an attack that nobody
    could examine may have been too weak. A question that is answered by what the model is (no draw
    to average over, no rounding to see through) is made, and passed.
    """
    marks = [check.passed for check in checks]
    if not marks:
        return "unchecked"
    if False in marks:
        return "not trusted"
    return "not shown" if None in marks else "believed"


def verdict_on(checks: Sequence[AttackCheck]) -> str:
    """Return the sentence, with its symbol, that page, command line and files all show."""
    n = len(checks)
    failed, unmade = ([c.name for c in checks if c.passed is mark] for mark in (False, None))
    missing = f"{len(unmade)} of {n} checks could not be made ({', '.join(unmade)})"
    lost = f"✗ Do not trust this curve: {len(failed)} of {n} checks failed ({', '.join(failed)})"
    sentences: dict[Trust, str] = {
        "unchecked": "○ The attacks were not checked: the curve may be too good.",
        "not trusted": f"{lost}; {missing}." if unmade else f"{lost}.",
        "not shown": f"△ Not shown to be trustworthy: {missing}; the others passed.",
        "believed": f"✓ The curve can be believed: all {n} checks of the attacks passed.",
    }
    return sentences[trust_of(checks)]
