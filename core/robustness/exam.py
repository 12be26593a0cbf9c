"""What the checks of an attack share: a sample of pictures, an ε that matters, runs kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import binomtest

from core.contracts import HonestyCheck
from core.engine.control import Control
from core.parameters import Value
from core.robustness.attacks.base import Hits, Problem
from core.robustness.attacks.registry import get
from core.robustness.subject import Subject
from core.robustness.sweep import TOLERANCE, attacked

__all__ = ["Exam", "Question", "beyond_chance", "not_asked"]

_LEVEL = 0.01


@dataclass
class Exam:
    """The pictures that checks are made on: those of the first chunk that the model has right.

    Parameters
    ----------
    problem : Problem
        At the ε of the curve that about half of the pictures withstand, where attacks differ.
    requested : ndarray of bool
        Which of them the attacks of the request had broken at that ε, controls left out.
    white : ndarray of bool
        The same of its attacks that use gradients.
    """

    subject: Subject
    problem: Problem
    requested: Hits
    white: Hits
    control: Control
    _kept: dict[tuple[object, ...], Hits] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.problem)

    def run(
        self, attack: str, given: Mapping[str, Value] | None = None, *,
        eps: float | None = None, seed: int = 0,
    ) -> Hits:  # fmt: skip
        """Return which pictures an independent run of ``attack`` breaks; the same run once."""
        key = (attack, eps, seed, *sorted((given or {}).items()))
        if key not in self._kept:
            self.control.check()
            chosen = get(attack)
            values = {p.name: p.default for p in chosen.parameters} | dict(given or {})
            at = replace(
                self.problem,
                eps=self.problem.eps if eps is None else eps,
                seed=self.problem.seed + seed,
            )
            found = attacked(chosen, at, values)
            self._kept[key] = np.asarray(found.distances <= at.eps + TOLERANCE)
        return self._kept[key]

    def single_step(self) -> Hits:
        """Return what one step of size ε breaks."""
        return self.run("bim", {"steps": 1, "relative_step": 1.0})

    def pgd(self, *, steps: int = 20, eps: float | None = None, seed: int = 0) -> Hits:
        """Return what PGD breaks, its steps adding up to 2.5 ε."""
        values: dict[str, Value] = {"steps": steps, "relative_step": max(2.5 / steps, 0.02)}
        return self.run("pgd", values, eps=eps, seed=seed)


@dataclass(frozen=True, slots=True)
class Question:
    """One check.

    Parameters
    ----------
    ask : callable
        Returns whether it passed (``None``: could not be asked), why, and the figures.
    gradients : bool
        Whether it makes sense only of a model that gives gradients.
    """

    id: str
    name: str
    ask: Callable[[Exam], tuple[bool | None, str, dict[str, float]]]
    gradients: bool = True


def not_asked(question: Question, why: str) -> HonestyCheck:
    """Return the check as one that could not be made."""
    return HonestyCheck(question.id, question.name, None, f"Not measured: {why}")


def beyond_chance(against: int, for_: int) -> bool:
    """Whether ``against`` exceeds ``for_`` by more than chance makes in 1 % of cases.

    The one-sided sign test on pictures that two runs disagree about.

    >>> beyond_chance(3, 1), beyond_chance(9, 0)
    (False, True)
    """
    total = against + for_
    if total == 0:
        return False
    return float(binomtest(against, total, alternative="greater").pvalue) < _LEVEL
