"""What an attack is after: any wrong class, a chosen one, the least likely, or none of the first k.

An aim is a value: its text is the request's ``target``, part of the key, and what ``--target``
takes. Pictures that truly are of a chosen class are left out: there is nothing to turn them into.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.contracts import Array
from core.errors import InputError
from core.modalities.capabilities import Offer
from core.robustness.attacks.base import Labels, LossName, Passes, Problem

__all__ = ["AttackGoal", "TopPasses", "read_goal"]

_TOP = re.compile(r"top-(\d{1,5})")
_UNTARGETED = ("", "any", "untargeted")
LEAST_LIKELY = "least-likely"
EXPECTED = f"untargeted, {LEAST_LIKELY}, top-5, or a class by index or name"


@dataclass(frozen=True)
class AttackGoal:
    """When a picture counts as broken.

    Parameters
    ----------
    index : int, optional
        Taken for this class.
    least_likely : bool
        Taken for the class that is least likely in the unharmed picture.
    k : int
        The true class is no longer among the k likeliest; 1: any other class wins.
    """

    index: int | None = None
    least_likely: bool = False
    k: int = 1

    @property
    def text(self) -> str:
        """What a request holds; ``""`` for any wrong class."""
        if self.index is not None:
            return f"class:{self.index}"
        return LEAST_LIKELY if self.least_likely else f"top-{self.k}" if self.k > 1 else ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the aim of :attr:`text`."""
        if text.startswith("class:"):
            return cls(index=int(text.removeprefix("class:")))
        found = _TOP.fullmatch(text)
        return cls(least_likely=text == LEAST_LIKELY, k=int(found[1]) if found else 1)

    def offer(self, model: Offer) -> Offer:
        """Return what a model offers to attacks with this aim."""
        if self.k == 1:
            return model
        why = f"to leave the first {self.k}, the true class must fall behind {self.k} others"
        return replace(model, has=model.has - {"one_class"}, why={**model.why, "one_class": why})

    def posed(self, problem: Problem) -> Problem:
        """Return the problem with this aim."""
        if self.k > 1:
            passes = TopPasses(problem.passes, self.k)
            return replace(problem, passes=passes, k=self.k)
        if self.least_likely:
            logits = problem.passes.logits(problem.inputs)
            return replace(problem, targets=logits.argmin(axis=1).astype(np.int64))
        if self.index is not None:
            return replace(problem, targets=np.full(len(problem), self.index, np.int64))
        return problem


def read_goal(text: str | None, find: Callable[[str], int], n_classes: int) -> AttackGoal:
    """Return the aim that somebody names.

    Parameters
    ----------
    text : str or None
        ``"untargeted"``, ``"least-likely"``, ``"top-5"``, or a class.
    find : callable
        From a class's index or name to its index.
    n_classes : int

    Raises
    ------
    InputError
        If it names no class of the model, or all classes are among the first k.
    """
    named = (text or "").strip()
    if named in _UNTARGETED:
        return AttackGoal()
    if named == LEAST_LIKELY:
        return AttackGoal(least_likely=True)
    if found := _TOP.fullmatch(named):
        k = int(found[1])
        if not 1 <= k < n_classes:
            raise InputError(
                f"The true class can fall behind 1 to {n_classes - 1} of {n_classes} classes. "
                f"Received: {named}."
            )
        return AttackGoal(k=k)
    try:
        return AttackGoal(index=_found(named, find))
    except InputError as error:
        raise InputError(f"{error} An attack's target is {EXPECTED}.") from error


def _found(named: str, find: Callable[[str], int]) -> int:
    """Return the class of a name, or of ``class:`` and a name."""
    try:
        return find(named)
    except InputError:
        if not named.startswith("class:"):
            raise
        return find(named.removeprefix("class:"))


class TopPasses:
    """Passes whose losses push the true class behind the k likeliest others.

    The loss is the k-th highest other logit minus the true class's. Which class that is, is seen in
    a forward pass; its gradient is that of the model along the difference of the two.

    Parameters
    ----------
    passes : Passes
    k : int
    """

    def __init__(self, passes: Passes, k: int) -> None:
        self._passes = passes
        self._k = k
        self.n_classes = passes.n_classes

    def logits(self, batch: Array) -> Array:
        """Return the model's logits."""
        return self._passes.logits(batch)

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and the gradient of ``directions · logits``."""
        return self._passes.gradient(batch, directions)

    def ascent(
        self, batch: Array, loss: LossName, labels: Labels, targets: Labels | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, each picture's loss, and the gradient to climb it."""
        del loss, targets  # of one class against another
        rows = np.arange(len(batch))
        others = self.logits(batch).astype(np.float64)
        others[rows, labels] = -np.inf
        rival = np.argsort(-others, axis=1, kind="stable")[:, self._k - 1]
        directions = np.zeros((len(batch), self.n_classes), np.float32)
        directions[rows, rival] = 1.0
        directions[rows, labels] -= 1.0
        logits, gradient = self.gradient(np.ascontiguousarray(batch, np.float32), directions)
        return logits, np.einsum("nc,nc->n", logits, directions), gradient
