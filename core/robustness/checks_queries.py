"""Checks that need none of the model's gradients: queries, and pictures made on another model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.contracts import ModelRef
from core.models.runtime import runtime
from core.robustness.attacks.base import Hits, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.exam import Answer, Exam, pgd_values, rate
from core.robustness.passes import AttackPasses
from core.robustness.repaired import Estimated

__all__ = ["black_box", "transfer"]

_QUERIES = 3000
_MAY_WIN = 0.1
"""Of the pictures that gradients left standing; more, and of more than one, is no luck."""
_QUERIES_MAY_WIN = 0.25
"""The same of queries, of more than two: an honest network with maximum pooling lost 2 of 10."""
_KNOWS = 0.5
"""Share of the pictures that a surrogate must have right."""
_PAIRS = 12


def _standing(exam: Exam) -> Problem:
    """Return the first pictures that gradients left standing: queries cost thousands of passes."""
    return exam.problem.only(np.flatnonzero(~exam.gradients)[: exam.few])


def _verdict(found: Hits) -> bool:
    return not (found.sum() > 2 and rate(found) > _QUERIES_MAY_WIN)


def black_box(exam: Exam) -> Answer:
    """Ask whether random search breaks what gradients could not."""
    left = _standing(exam)
    if not len(left):
        return True, "Gradients break every picture, so queries cannot break more.", {}
    if left.norm not in ATTACKS.find("square").norms:
        return _estimated(exam, left)
    broken = exam.broken(left, "square", {"queries": _QUERIES})
    detail = (
        f"Square, with up to {_QUERIES} queries a picture and no gradient, breaks "
        f"{int(broken.sum())} of {len(left)} pictures that gradients left standing; more than "
        f"{_QUERIES_MAY_WIN:.0%} means that gradients are masked."
    )
    return _verdict(broken), detail, {"black_box": rate(broken), "tried": float(len(left))}


def _estimated(exam: Exam, left: Problem, why: str = "") -> Answer:
    """Follow gradients that are estimated from forward passes."""
    step = left.eps / float(left.ball.size(np.ones_like(left.inputs[:1]))[0])
    passes = Estimated(left.passes, step=step / 2, pairs=_PAIRS, seed=left.seed)
    broken = exam.broken(replace(left, passes=passes), "pgd", pgd_values(20) | {"momentum": 0.9})
    detail = (
        f"{why}PGD along gradients estimated from {2 * _PAIRS} passes a step breaks "
        f"{int(broken.sum())} of {len(left)} pictures that "
        f"{'gradients' if exam.subject.passes.gradients else 'the attacks asked for'} left "
        f"standing; more than {_QUERIES_MAY_WIN:.0%} means that "
        + ("gradients are masked." if exam.subject.passes.gradients else "these were too weak.")
    )
    return _verdict(broken), detail, {"estimated": rate(broken), "tried": float(len(left))}


def transfer(exam: Exam) -> Answer:
    """Ask whether pictures made on another model do more; without one, estimated gradients."""
    task, name = exam.problem, exam.subject.request.surrogate
    if task.norm == "area":
        return None, "Not measured: patches are judged without it.", {}
    if not name:
        return _instead(exam, "No other model of these classes and this input size is at hand.")
    other = AttackPasses(runtime(ModelRef(name)))
    known = float(np.mean(other.logits(task.inputs).argmax(axis=1) == task.labels))
    if known < _KNOWS:
        return _instead(exam, f"{name} has {known:.0%} of these pictures right: no surrogate.")
    values = pgd_values(20) | {"momentum": 0.9}
    moved = ATTACKS.find("pgd")().perturb(replace(task, passes=other), {"restarts": 1} | values)
    hits = np.asarray(task.broken(task.passes.logits(moved)))
    own = exam.gradients if exam.subject.passes.gradients else exam.requested
    more, left = int((hits & ~own).sum()), int((~own).sum())
    figures = {"transfer": rate(hits), "white_box": rate(own)}
    detail = (
        f"Pictures made on {name} break {rate(hits):.1%} here, "
        + ("the model's own gradients" if exam.subject.passes.gradients
           else "the model gives no gradients, the attacks asked for")
        + f" {rate(own):.1%}; {more} of the {left} that these left standing. More than "
        f"{_MAY_WIN:.0%} means that "
        + ("its own are masked." if exam.subject.passes.gradients else "these had too few queries.")
    )  # fmt: skip
    return not (more > 1 and more > _MAY_WIN * left), detail, figures


def _instead(exam: Exam, why: str) -> Answer:
    own = exam.gradients if exam.subject.passes.gradients else exam.requested
    left = exam.problem.only(np.flatnonzero(~own)[: exam.few])
    if not len(left):
        return True, f"{why} The attacks break every picture, so none is left to try.", {}
    return _estimated(exam, left, f"{why} In its place, ")
