"""Checks of the gradients themselves: there, the loss's own, neither drawn nor cut off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.contracts import count_text
from core.robustness.attacks.base import Hits
from core.robustness.checks.adaptive_gradients import Averaged
from core.robustness.checks.context import Answer, CheckContext, pgd_values, rate
from core.robustness.passes import AttackPasses

__all__ = ["averaged", "deterministic", "foretold", "logits", "slope", "straight", "there"]

_ZERO_MAY_BE = 0.01
_MUST_RISE = 0.75
_SAME = 1e-4
"""Of the spread of the logits: what two runs of one model may differ by."""
_WRONG_MAY_BE = 0.15
"""Of the pictures at any one point."""
_MUST_FORETELL = 0.7
_SATURATED_MAY_BE = 0.5
_UNDERFLOW = 103.0
"""Lead of a logit beyond which float32 has exp(−lead) = 0."""
_DRAWS = 8
_MAY_WIN = 0.1
"""Of the pictures that gradients left standing; more, and of more than one, is no luck."""


def logits(context: CheckContext) -> Answer:
    """Ask whether outputs are logits, in a range in which losses can be taken."""
    found = context.problem.passes.logits(context.problem.inputs).astype(np.float64)
    flat = bool((found >= 0).all() and np.allclose(found.sum(axis=1), 1, atol=1e-3))
    ranked = np.sort(found, axis=1)
    lead = ranked[:, -1] - ranked[:, -2]
    sure = float(np.mean(lead > -np.log(2.0**-24)))
    dead = float(np.mean(lead > _UNDERFLOW))
    detail = (
        "Losses are taken on logits"
        + (", but these outputs are probabilities" if flat else "")
        + f"; on {sure:.1%} of pictures a softmax would have rounded to exactly 1, on {dead:.1%} "
        "all others to exactly 0, where cross-entropy has no gradient at all: more than half "
        "means that the logits are scaled out of range."
    )
    passed = not flat and dead <= _SATURATED_MAY_BE
    return passed, detail, {"saturated": sure, "underflow": dead}


def deterministic(context: CheckContext) -> Answer:
    """Ask whether the model answers alike twice, gradients included."""
    task = context.problem
    if context.sample.passes.gradients:
        runs = [task.passes.ascent(task.inputs, "ce", task.labels) for _ in range(2)]
        pairs = [(runs[0][0], runs[1][0]), (runs[0][2], runs[1][2])]
    else:
        pairs = [(task.passes.logits(task.inputs), task.passes.logits(task.inputs))]
    moved = [float(np.abs(a - b).max() / max(float(np.std(a)), 1e-12)) for a, b in pairs]
    what = "logits" + (" and gradients" if len(moved) > 1 else "")
    detail = (
        f"The same pictures twice: {what} differ by {max(moved):.2g} of their spread at most. A "
        "model that draws needs its gradients averaged over draws."
    )
    return max(moved) <= _SAME, detail, {"difference": max(moved)}


def there(context: CheckContext) -> Answer:
    """Ask whether gradients are there and lead uphill."""
    task = context.problem
    _, before, gradient = task.passes.ascent(task.inputs, "ce", task.labels)
    flat = np.abs(gradient.reshape(len(task), -1)).max(axis=1)
    dead = float(np.mean(~(np.isfinite(flat) & (flat > 1e-12))))
    small = replace(task, eps=task.eps / 20)
    step = np.float32(small.eps) * task.ball.steepest(np.nan_to_num(gradient))
    _, after, _ = task.passes.ascent(small.project(task.inputs + step), "ce", task.labels)
    rising = float(np.mean(after > before))
    detail = (
        f"The gradient is zero or undefined on {dead:.1%} of pictures, and a small step along it "
        f"raises the loss on {rising:.1%}; expected ≤ 1 % and ≥ 75 %."
    )
    return dead <= _ZERO_MAY_BE and rising >= _MUST_RISE, detail, {"zero": dead, "rising": rising}


def slope(context: CheckContext) -> Answer:
    """Ask whether the loss changes as gradients say: finite differences in forward passes."""
    found = context.gradient_check
    worst = float(found.wrong.mean(axis=1).max())
    detail = (
        f"Forward passes alone, on {found.wrong.shape[1]} pictures, at random points of the ball "
        "and after 10 steps of PGD, along random directions and the attack's own: the loss does "
        f"not change as the gradient says on {worst:.1%} of pictures at the worst of these places; "
        f"more than {_WRONG_MAY_BE:.0%} means that it is not this loss's gradient."
    )
    return worst <= _WRONG_MAY_BE, detail, {"wrong": worst, "error": found.error}


def foretold(context: CheckContext) -> Answer:
    """Ask whether gradients foretell the loss over a good part of the ball: shattered ones do not.

    A true derivative of a loss with fine ripples agrees with tiny differences, and leads nowhere.
    """
    found = context.gradient_check
    detail = (
        f"Over a quarter of ε the loss changes as the gradient foretells with a correlation of "
        f"{found.foretold:.2f} along random directions; below {_MUST_FORETELL} gradients are "
        "shattered, and following them leads nowhere."
    )
    return found.foretold >= _MUST_FORETELL, detail, {"correlation": found.foretold}


def straight(context: CheckContext) -> Answer:
    """Ask whether PGD does more where rounding and the like are passed straight through (BPDA)."""
    flat = context.sample.passes.flat_operations
    if not flat:
        return True, "The network holds no rounding, sign or stopped gradient to see through.", {}
    passes = AttackPasses(context.sample.model, straight=True)
    seen = context.broken(replace(context.problem, passes=passes), "pgd", pgd_values(20))
    return _beaten(context, seen, f"passed straight through {', '.join(flat)} (BPDA)")


def averaged(context: CheckContext) -> Answer:
    """Ask whether PGD does more along gradients averaged over draws (EOT)."""
    if deterministic(context)[0]:
        return True, "The model does not draw, so one gradient is the mean of all (EOT).", {}
    passes = Averaged(context.problem.passes, draws=_DRAWS)
    seen = context.broken(replace(context.problem, passes=passes), "pgd", pgd_values(20))
    return _beaten(context, seen, f"averaged over {_DRAWS} draws (EOT)")


def _beaten(context: CheckContext, seen: Hits, how: str) -> Answer:
    own = context.gradients
    more, left = int((seen & ~own).sum()), int((~own).sum())
    detail = (
        f"Gradients {how} break {rate(seen):.1%}, the model's own {rate(own):.1%}: {more} of "
        f"{count_text(left, 'picture')} that its own left standing; more than {_MAY_WIN:.0%} means "
        "that its own are masked."
    )
    figures = {"repaired": rate(seen), "own": rate(own)}
    return not (more > 1 and more > _MAY_WIN * left), detail, figures
