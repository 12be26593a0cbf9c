"""What the checks of an attack share: a sample of pictures, an ε that matters, runs kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.stats import binomtest

from core.contracts import AttackCheck, Norm
from core.control import Control
from core.parameters import Value
from core.robustness.attacked_sample import AttackedSample
from core.robustness.attacks.base import Hits, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.checks.gradient_check import GradientCheck, gradient_check
from core.robustness.sweep import TOLERANCE, attacked

__all__ = [
    "USUAL", "Answer", "CheckContext", "CheckSpec", "beyond_chance", "more_than", "not_asked",
    "pgd_values", "rate",
]  # fmt: skip

Answer = tuple[bool | None, str, dict[str, float]]
USUAL: dict[Norm, float] = {"linf": 8 / 255, "l2": 0.5, "l1": 12.0, "area": 0.1}
_LEVEL = 0.01
_SOME = (8, 16)
_VALUES = 200_000
"""Pixel values of the pictures that are looked at with hundreds of passes each: 16 of 64 pixels."""


@dataclass
class CheckContext:
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

    sample: AttackedSample
    problem: Problem
    requested: Hits
    white: Hits
    control: Control
    _kept: dict[tuple[object, ...], Hits] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.problem)

    @property
    def few(self) -> int:
        """How many pictures are looked at with hundreds of passes each."""
        low, high = _SOME
        return max(low, min(high, _VALUES // self.problem.inputs[0].size))

    @cached_property
    def gradient_check(self) -> GradientCheck:
        """What finite differences say of the gradients, on a few of the pictures."""
        eps = min(self.problem.eps, USUAL[self.problem.norm])
        some = self.problem.only(np.arange(len(self))[: self.few])
        return gradient_check(replace(some, eps=eps))

    def run(
        self, attack: str, given: Mapping[str, Value] | None = None, *,
        eps: float | None = None, seed: int = 0,
    ) -> Hits:  # fmt: skip
        """Return which pictures an independent run of ``attack`` breaks; the same run once."""
        key = (attack, eps, seed, *sorted((given or {}).items()))
        if key not in self._kept:
            at = replace(
                self.problem,
                eps=self.problem.eps if eps is None else eps,
                seed=self.problem.seed + seed,
            )
            self._kept[key] = self.broken(at, attack, given)
        return self._kept[key]

    def broken(
        self, problem: Problem, attack: str, given: Mapping[str, Value] | None = None
    ) -> Hits:
        """Return which pictures of a problem ``attack`` breaks."""
        self.control.check()
        chosen = ATTACKS.find(attack)
        values = {p.name: p.default for p in chosen.parameters} | dict(given or {})
        found = attacked(chosen, problem, values)
        return np.asarray(found.distances <= problem.eps + TOLERANCE)

    def single_step(self) -> Hits:
        """Return what one step of size ε breaks."""
        return self.run("bim", {"steps": 1, "relative_step": 1.0})

    def pgd(self, *, steps: int = 20, eps: float | None = None, seed: int = 0) -> Hits:
        """Return what PGD breaks, its steps adding up to 2.5 ε."""
        return self.run("pgd", pgd_values(steps), eps=eps, seed=seed)

    @cached_property
    def gradients(self) -> Hits:
        """What gradients break: the request's attacks, PGD, and APGD where the norm has it."""
        found = self.white | self.pgd()
        if self.problem.norm in ATTACKS.find("apgd_dlr").norms:
            found = found | self.run("apgd_dlr", {"steps": 40, "classes": 3})
        return np.asarray(found)


def pgd_values(steps: int) -> dict[str, Value]:
    """Return parameters of PGD whose steps add up to 2.5 ε, or more where there are many."""
    return {"steps": steps, "relative_step": max(2.5 / steps, 0.02)}


@dataclass(frozen=True, slots=True)
class CheckSpec:
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
    ask: Callable[[CheckContext], Answer]
    gradients: bool = True


def not_asked(spec: CheckSpec, why: str) -> AttackCheck:
    """Return the check as one that could not be made."""
    return AttackCheck(spec.id, spec.name, None, f"Not measured: {why}")


def rate(hits: Hits) -> float:
    """Return the share of pictures."""
    return float(np.mean(hits))


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


def more_than(hits: int, n: int, allowed: float) -> bool:
    """Whether ``hits`` of ``n`` exceed the share ``allowed`` by more than chance makes in 1 %.

    The one-sided exact binomial test: three of 23 pictures are no proof of more than a tenth.

    >>> more_than(3, 23, 0.1), more_than(7, 23, 0.1)
    (False, True)
    """
    return n > 0 and float(binomtest(hits, n, allowed, alternative="greater").pvalue) < _LEVEL
