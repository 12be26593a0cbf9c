"""Was the attack honest: the pitfalls of Carlini et al. 2019 (arXiv:1902.06705), asked one by one.

Each answer comes with its figures. A check that fails does not say what the true robustness is; it
says that the curve cannot be believed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import HonestyCheck
from core.control import Control
from core.parameters import Value
from core.robustness.attacks.registry import ATTACKS
from core.robustness.checks_gradients import (
    averaged,
    deterministic,
    foretold,
    logits,
    slope,
    straight,
    there,
)
from core.robustness.checks_queries import black_box, transfer
from core.robustness.exam import (
    USUAL,
    Answer,
    Exam,
    Question,
    beyond_chance,
    more_than,
    not_asked,
    rate,
)
from core.robustness.subject import Subject
from core.robustness.sweep import TOLERANCE

if TYPE_CHECKING:
    from core.robustness.assemble import Chunks

__all__ = ["CHECKS", "examine"]

_MORE_MAY_BE = 0.02
"""Of all pictures, that stronger attacks may break in addition."""
_MAY_DISAGREE = 0.1
"""Of all pictures, about which two runs may disagree."""


def _zero(exam: Exam) -> Answer:
    broken = {
        attack: rate(exam.run(attack, _few(attack), eps=0.0))
        for attack in exam.subject.request.attacks
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


def _monotone(exam: Exam) -> Answer:
    steps = [exam.problem.eps * factor for factor in (0.5, 1.0, 2.0, 4.0)]
    runs = [exam.pgd(steps=10, eps=eps) for eps in steps]
    regained = [int((a & ~b).sum()) for a, b in pairwise(runs)]
    lost = [int((b & ~a).sum()) for a, b in pairwise(runs)]
    bad = [beyond_chance(r, n) for r, n in zip(regained, lost, strict=True)]
    shown = " → ".join(f"{1 - rate(run):.1%}" for run in runs)
    detail = (
        f"Independent PGD-10 runs at ½, 1, 2 and 4 times ε = {exam.problem.eps:.4g}: accuracy "
        f"{shown}. A larger ball holds the smaller one, so accuracy may rise by chance alone."
    )
    return not any(bad), detail, {f"accuracy_{i}": 1 - rate(r) for i, r in enumerate(runs)}


def _unbounded(exam: Exam) -> Answer:
    top = exam.problem.ball.furthest(exam.problem.inputs[0].size)
    left = 1 - rate(exam.pgd(steps=40, eps=top))
    detail = f"With every picture allowed (ε = {top:.4g}) PGD-40 leaves {left:.1%}; expected 0 %."
    return left == 0, detail, {"accuracy": left}


def _iterative(exam: Exam) -> Answer:
    one, many = exam.single_step(), exam.pgd() | exam.run("bim")
    only_one, only_many = int((one & ~many).sum()), int((many & ~one).sum())
    detail = (
        f"One step breaks {rate(one):.1%}, many steps {rate(many):.1%}; {only_one} pictures fall "
        f"to the single step alone, {only_many} to many steps alone."
    )
    return not beyond_chance(only_one, only_many), detail, {
        "single_step": rate(one), "iterative": rate(many),
    }  # fmt: skip


def _restarts(exam: Exam) -> Answer:
    first, second = exam.pgd(seed=1), exam.pgd(seed=2)
    a, b = int((first & ~second).sum()), int((second & ~first).sum())
    apart = (a + b) / len(exam)
    uneven = beyond_chance(max(a, b), min(a, b))
    detail = (
        f"Two PGD-20 runs from other random points break {rate(first):.1%} and "
        f"{rate(second):.1%} and disagree about {a + b} of {len(exam)} pictures; more than "
        f"{_MAY_DISAGREE:.0%}, beyond chance, means that one run sees only part."
    )
    scattered = more_than(a + b, len(exam), _MAY_DISAGREE)
    return not (scattered or uneven), detail, {"disagreement": apart}


def _stronger(exam: Exam) -> Answer:
    asked = max((int(p.get("steps", 1)) for p in exam.subject.request.attacks.values()), default=1)
    steps = max(40, 2 * asked)
    gained = (exam.pgd(steps=steps) | exam.gradients) & ~exam.requested
    share = rate(gained)
    targeted = " and targeted APGD" if exam.problem.norm in ATTACKS.find("apgd_dlr").norms else ""
    detail = (
        f"PGD with {steps} steps{targeted} break {int(gained.sum())} pictures ({share:.1%}) that "
        f"the attacks asked for leave standing; more than {_MORE_MAY_BE:.0%}, and more than two, "
        "means that these were too weak."
    )
    helped = share > _MORE_MAY_BE and gained.sum() > 2
    return not helped, detail, {"gained": share, "steps": float(steps)}


def _noise(exam: Exam) -> Answer:
    if exam.problem.norm == "area":
        return None, "Not measured: there is no noise of a given area.", {}
    noise, attack = exam.run("uniform_noise"), exam.requested
    only_noise, only_attack = int((noise & ~attack).sum()), int((attack & ~noise).sum())
    detail = f"Noise of the same norm breaks {rate(noise):.1%}, the attacks {rate(attack):.1%}."
    figures = {"noise": rate(noise), "attack": rate(attack)}
    return not beyond_chance(only_noise, only_attack), detail, figures


CHECKS: tuple[Question, ...] = (
    Question("eps_zero", "ε = 0 is the clean accuracy", _zero, gradients=False),
    Question("logits", "The loss is taken on logits", logits, gradients=False),
    Question("deterministic", "The model answers alike twice", deterministic, gradients=False),
    Question("noise", "Attacks beat noise", _noise, gradients=False),
    Question("gradient", "Gradients are there and lead uphill", there),
    Question("slopes", "The loss changes as gradients say", slope),
    Question("foretold", "Gradients foretell the way ahead", foretold),
    Question("averaged", "Averaging over draws does no more", averaged),
    Question("straight", "Seeing through rounding does no more", straight),
    Question("iterative", "Many steps beat one", _iterative),
    Question("monotone", "A larger ε never helps the model", _monotone),
    Question("unbounded", "Without a bound nothing is left", _unbounded),
    Question("restarts", "Random restarts agree", _restarts),
    Question("more_steps", "Stronger attacks do no more", _stronger),
    Question("black_box", "Gradients beat queries", black_box),
    Question("transfer", "A surrogate's pictures do no more", transfer, gradients=False),
)


def examine(subject: Subject, chunks: Chunks, control: Control) -> tuple[HonestyCheck, ...]:
    """Ask every question about the pictures of the first chunk that the model has right."""
    exam = _exam(subject, chunks, control)
    found = []
    for number, question in enumerate(CHECKS, start=1):
        found.append(_ask(question, exam))
        control.progress(number / len(CHECKS))
    return tuple(found)


def _ask(question: Question, exam: Exam) -> HonestyCheck:
    if not len(exam):
        return not_asked(question, "the model has none of the first pictures right.")
    if question.gradients and not exam.subject.passes.gradients:
        return not_asked(question, "the model gives no gradients.")
    if question.gradients and exam.problem.norm == "area":
        return not_asked(question, "patches are judged without it.")
    passed, detail, figures = question.ask(exam)
    return HonestyCheck(question.id, question.name, passed, detail, figures)


def _exam(subject: Subject, chunks: Chunks, control: Control) -> Exam:
    firsts = {attack: own[0].distances for attack, own in chunks.items()}
    right = np.flatnonzero(next(iter(firsts.values())) > 0)
    ours = [d[right] for a, d in firsts.items() if not ATTACKS.find(a).control]
    nearest = np.min(ours, axis=0) if ours else np.full(len(right), np.inf)
    # One of the ε that the attacks were run at: between two they were not asked to break anything.
    left = {rung: float(np.mean(nearest > rung + TOLERANCE)) for rung in subject.rungs}
    eps = min(left, key=lambda rung: abs(left[rung] - 0.5))
    if not np.isfinite(nearest).any():
        eps = USUAL[subject.request.norm]
    gradient = [d[right] for a, d in firsts.items() if ATTACKS.find(a).needs_gradients]
    white = np.min(gradient, axis=0) if gradient else np.full(len(right), np.inf)
    problem = subject.problem(subject.batch(0), control).only(right)
    return Exam(
        subject,
        replace(problem, eps=eps),
        np.asarray(nearest <= eps + TOLERANCE),
        np.asarray(white <= eps + TOLERANCE),
        control,
    )
