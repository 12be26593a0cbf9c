"""Was the attack honest: the pitfalls of Carlini et al. 2019 (arXiv:1902.06705), asked one by one.

Each answer comes with its figures. A check that fails does not say what the true robustness is; it
says that the curve cannot be believed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import AttackCheck, count_text
from core.control import Control
from core.parameters import Value
from core.robustness.attacked_sample import AttackedSample
from core.robustness.attacks.registry import ATTACKS
from core.robustness.checks.context import (
    USUAL,
    Answer,
    CheckContext,
    CheckSpec,
    beyond_chance,
    more_than,
    not_asked,
    rate,
)
from core.robustness.checks.gradients import (
    averaged,
    deterministic,
    foretold,
    logits,
    slope,
    straight,
    there,
)
from core.robustness.checks.queries import black_box, transfer
from core.robustness.sweep import TOLERANCE

if TYPE_CHECKING:
    from core.robustness.assemble import Chunks

__all__ = ["CHECKS", "examine"]

_MORE_MAY_BE = 0.02
"""Of all pictures, that stronger attacks may break in addition."""
_MAY_DISAGREE = 0.1
"""Of all pictures, about which two runs may disagree."""


def _zero(context: CheckContext) -> Answer:
    broken = {
        attack: rate(context.run(attack, _few(attack), eps=0.0))
        for attack in context.sample.request.attacks
        if not ATTACKS.find(attack).minimal
    }
    if not broken:
        return None, "Not measured: every attack asked for looks for its own distance.", {}
    worst = max(broken, key=lambda name: broken[name])
    detail = f"At ε = 0 no attack may change an answer; {worst} changed {broken[worst]:.1%}."
    return broken[worst] == 0, detail, broken


def _few(attack: str) -> dict[str, Value]:
    short: dict[str, Value] = {
        "steps": 2,
        "queries": 10,
        "restarts": 1,
        "classes": 1,
        "iterations": 1,
    }
    return {p.name: short[p.name] for p in ATTACKS.find(attack).parameters if p.name in short}


def _monotone(context: CheckContext) -> Answer:
    steps = [context.problem.eps * factor for factor in (0.5, 1.0, 2.0, 4.0)]
    runs = [context.pgd(steps=10, eps=eps) for eps in steps]
    regained = [int((a & ~b).sum()) for a, b in pairwise(runs)]
    lost = [int((b & ~a).sum()) for a, b in pairwise(runs)]
    bad = [beyond_chance(r, n) for r, n in zip(regained, lost, strict=True)]
    shown = " → ".join(f"{1 - rate(run):.1%}" for run in runs)
    detail = (
        f"Independent PGD-10 runs at ½, 1, 2 and 4 times ε = {context.problem.eps:.4g}: accuracy "
        f"{shown}. A larger ball holds the smaller one, so accuracy may rise by chance alone."
    )
    return not any(bad), detail, {f"accuracy_{i}": 1 - rate(r) for i, r in enumerate(runs)}


def _unbounded(context: CheckContext) -> Answer:
    top = context.problem.ball.furthest(context.problem.inputs[0].size)
    left = 1 - rate(context.pgd(steps=40, eps=top))
    detail = f"With every picture allowed (ε = {top:.4g}) PGD-40 leaves {left:.1%}; expected 0 %."
    return left == 0, detail, {"accuracy": left}


def _iterative(context: CheckContext) -> Answer:
    one, many = context.single_step(), context.pgd() | context.run("bim")
    only_one, only_many = int((one & ~many).sum()), int((many & ~one).sum())
    detail = (
        f"One step breaks {rate(one):.1%}, many steps {rate(many):.1%}; "
        f"{count_text(only_one, 'picture')} {'falls' if only_one == 1 else 'fall'} "
        f"to the single step alone, {only_many} to many steps alone."
    )
    return not beyond_chance(only_one, only_many), detail, {
        "single_step": rate(one), "iterative": rate(many),
    }  # fmt: skip


def _restarts(context: CheckContext) -> Answer:
    first, second = context.pgd(seed=1), context.pgd(seed=2)
    a, b = int((first & ~second).sum()), int((second & ~first).sum())
    apart = (a + b) / len(context)
    uneven = beyond_chance(max(a, b), min(a, b))
    detail = (
        f"Two PGD-20 runs from other random points break {rate(first):.1%} and "
        f"{rate(second):.1%} and disagree about {a + b} of {count_text(len(context), 'picture')}; "
        f"more than {_MAY_DISAGREE:.0%}, beyond chance, means that one run sees only part."
    )
    scattered = more_than(a + b, len(context), _MAY_DISAGREE)
    return not (scattered or uneven), detail, {"disagreement": apart}


def _stronger(context: CheckContext) -> Answer:
    asked = max(
        (int(p.get("steps", 1)) for p in context.sample.request.attacks.values()), default=1
    )
    steps = max(40, 2 * asked)
    gained = (context.pgd(steps=steps) | context.gradients) & ~context.requested
    share = rate(gained)
    targeted = (
        " and targeted APGD" if context.problem.norm in ATTACKS.find("apgd_dlr").norms else ""
    )
    detail = (
        f"PGD with {count_text(steps, 'step')}{targeted} break "
        f"{count_text(int(gained.sum()), 'picture')} ({share:.1%}) that "
        f"the attacks asked for leave standing; more than {_MORE_MAY_BE:.0%}, and more than two, "
        "means that these were too weak."
    )
    helped = share > _MORE_MAY_BE and gained.sum() > 2
    return not helped, detail, {"gained": share, "steps": float(steps)}


def _noise(context: CheckContext) -> Answer:
    if context.problem.norm == "area":
        return None, "Not measured: there is no noise of a given area.", {}
    noise, attack = context.run("uniform_noise"), context.requested
    only_noise, only_attack = int((noise & ~attack).sum()), int((attack & ~noise).sum())
    detail = f"Noise of the same norm breaks {rate(noise):.1%}, the attacks {rate(attack):.1%}."
    figures = {"noise": rate(noise), "attack": rate(attack)}
    return not beyond_chance(only_noise, only_attack), detail, figures


CHECKS: tuple[CheckSpec, ...] = (
    CheckSpec("eps_zero", "ε = 0 is the clean accuracy", _zero, gradients=False),
    CheckSpec("logits", "The loss is taken on logits", logits, gradients=False),
    CheckSpec("deterministic", "The model answers alike twice", deterministic, gradients=False),
    CheckSpec("noise", "Attacks beat noise", _noise, gradients=False),
    CheckSpec("gradient", "Gradients are there and lead uphill", there),
    CheckSpec("slopes", "The loss changes as gradients say", slope),
    CheckSpec("foretold", "Gradients foretell the way ahead", foretold),
    CheckSpec("averaged", "Averaging over draws does no more", averaged),
    CheckSpec("straight", "Seeing through rounding does no more", straight),
    CheckSpec("iterative", "Many steps beat one", _iterative),
    CheckSpec("monotone", "A larger ε never helps the model", _monotone),
    CheckSpec("unbounded", "Without a bound nothing is left", _unbounded),
    CheckSpec("restarts", "Random restarts agree", _restarts),
    CheckSpec("more_steps", "Stronger attacks do no more", _stronger),
    CheckSpec("black_box", "Gradients beat queries", black_box),
    CheckSpec("transfer", "A surrogate's pictures do no more", transfer, gradients=False),
)


def examine(sample: AttackedSample, chunks: Chunks, control: Control) -> tuple[AttackCheck, ...]:
    """Ask every question about the pictures of the first chunk that the model has right."""
    context = _context(sample, chunks, control)
    found = []
    for number, spec in enumerate(CHECKS, start=1):
        found.append(_ask(spec, context))
        control.progress(number / len(CHECKS))
    return tuple(found)


def _ask(spec: CheckSpec, context: CheckContext) -> AttackCheck:
    if not len(context):
        return not_asked(spec, "the model has none of the first pictures right.")
    if spec.gradients and not context.sample.passes.gradients:
        return not_asked(spec, "the model gives no gradients.")
    if spec.gradients and context.problem.norm == "area":
        return not_asked(spec, "patches are judged without it.")
    passed, detail, figures = spec.ask(context)
    return AttackCheck(spec.id, spec.name, passed, detail, figures)


def _context(sample: AttackedSample, chunks: Chunks, control: Control) -> CheckContext:
    firsts = {attack: own[0].distances for attack, own in chunks.items()}
    right = np.flatnonzero(next(iter(firsts.values())) > 0)
    ours = [d[right] for a, d in firsts.items() if not ATTACKS.find(a).control]
    nearest = np.min(ours, axis=0) if ours else np.full(len(right), np.inf)
    # One of the ε that the attacks were run at: between two they were not asked to break anything.
    left = {eps: float(np.mean(nearest > eps + TOLERANCE)) for eps in sample.eps_grid}
    eps = min(left, key=lambda eps: abs(left[eps] - 0.5))
    if not np.isfinite(nearest).any():
        eps = USUAL[sample.request.norm]
    gradient = [d[right] for a, d in firsts.items() if ATTACKS.find(a).needs_gradients]
    white = np.min(gradient, axis=0) if gradient else np.full(len(right), np.inf)
    problem = sample.problem(sample.batch(0), control).only(right)
    return CheckContext(
        sample,
        replace(problem, eps=eps),
        np.asarray(nearest <= eps + TOLERANCE),
        np.asarray(white <= eps + TOLERANCE),
        control,
    )
