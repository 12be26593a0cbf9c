"""Checks that need none of the model's gradients: queries, and pictures made on another model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.contracts import ModelRef, count_text
from core.models.runtime import runtime
from core.robustness.attacks.base import Hits, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.checks.adaptive_gradients import Estimated
from core.robustness.checks.context import Answer, CheckContext, pgd_values, rate
from core.robustness.passes import AttackPasses

__all__ = ["black_box", "transfer"]

_QUERIES = 3000
_MAY_WIN = 0.1
"""Of the pictures that gradients left standing; more, and of more than one, is no luck."""
_QUERIES_MAY_WIN = 0.25
"""The same of queries, of more than two: an honest network with maximum pooling lost 2 of 10."""
_KNOWS = 0.5
"""Share of the pictures that a surrogate must have right."""
_PAIRS = 12


def _standing(context: CheckContext) -> Problem:
    """Return the first pictures that gradients left standing: queries cost thousands of passes."""
    return context.problem.only(np.flatnonzero(~context.gradients)[: context.few])


def _verdict(found: Hits) -> bool:
    return not (found.sum() > 2 and rate(found) > _QUERIES_MAY_WIN)


def black_box(context: CheckContext) -> Answer:
    """Ask whether random search breaks what gradients could not."""
    left = _standing(context)
    if not len(left):
        return True, "Gradients break every picture, so queries cannot break more.", {}
    if left.norm not in ATTACKS.find("square").norms:
        return _estimated(context, left)
    broken = context.broken(left, "square", {"queries": _QUERIES})
    detail = (
        f"Square, with up to {_QUERIES} queries a picture and no gradient, breaks "
        f"{int(broken.sum())} of {count_text(len(left), 'picture')} that gradients left standing; "
        f"more than {_QUERIES_MAY_WIN:.0%} means that gradients are masked."
    )
    return _verdict(broken), detail, {"black_box": rate(broken), "tried": float(len(left))}


def _estimated(context: CheckContext, left: Problem, why: str = "") -> Answer:
    """Follow gradients that are estimated from forward passes."""
    step = left.eps / float(left.ball.size(np.ones_like(left.inputs[:1]))[0])
    passes = Estimated(left.passes, step=step / 2, pairs=_PAIRS, seed=left.seed)
    broken = context.broken(replace(left, passes=passes), "pgd", pgd_values(20) | {"momentum": 0.9})
    detail = (
        f"{why}PGD along gradients estimated from {2 * _PAIRS} passes a step breaks "
        f"{int(broken.sum())} of {count_text(len(left), 'picture')} that "
        f"{'gradients' if context.sample.passes.gradients else 'the attacks asked for'} left "
        f"standing; more than {_QUERIES_MAY_WIN:.0%} means that "
        + ("gradients are masked." if context.sample.passes.gradients else "these were too weak.")
    )
    return _verdict(broken), detail, {"estimated": rate(broken), "tried": float(len(left))}


def transfer(context: CheckContext) -> Answer:
    """Ask whether pictures made on another model do more; without one, estimated gradients."""
    task, name = context.problem, context.sample.request.surrogate
    if task.norm == "area":
        return None, "Not measured: patches are judged without it.", {}
    if not name:
        return _instead(context, "No other model of these classes and this input size is at hand.")
    other = AttackPasses(runtime(ModelRef(name)))
    known = float(np.mean(other.logits(task.inputs).argmax(axis=1) == task.labels))
    if known < _KNOWS:
        return _instead(context, f"{name} has {known:.0%} of these pictures right: no surrogate.")
    values = pgd_values(20) | {"momentum": 0.9}
    moved = ATTACKS.find("pgd")().perturb(replace(task, passes=other), {"restarts": 1} | values)
    hits = np.asarray(task.broken(task.passes.logits(moved)))
    own = context.gradients if context.sample.passes.gradients else context.requested
    more, left = int((hits & ~own).sum()), int((~own).sum())
    figures = {"transfer": rate(hits), "white_box": rate(own)}
    detail = (
        f"Pictures made on {name} break {rate(hits):.1%} here, "
        + ("the model's own gradients" if context.sample.passes.gradients
           else "the model gives no gradients, the attacks asked for")
        + f" {rate(own):.1%}; {more} of the {left} that these left standing. More than "
        f"{_MAY_WIN:.0%} means that "
        + (
            "its own are masked."
            if context.sample.passes.gradients
            else "these had too few queries."
        )
    )  # fmt: skip
    return not (more > 1 and more > _MAY_WIN * left), detail, figures


def _instead(context: CheckContext, why: str) -> Answer:
    own = context.gradients if context.sample.passes.gradients else context.requested
    left = context.problem.only(np.flatnonzero(~own)[: context.few])
    if not len(left):
        return True, f"{why} The attacks break every picture, so none is left to try.", {}
    return _estimated(context, left, f"{why} In its place, ")
