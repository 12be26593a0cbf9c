"""Was the attack honest: the pitfalls of Carlini et al. 2019 (arXiv:1902.06705), asked one by one.

Each answer comes with its figures. A check that fails does not say what the true robustness is; it
says that the curve cannot be believed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import HonestyCheck, ModelRef, Norm
from core.engine.control import Control
from core.models.runtime import runtime
from core.parameters import Value
from core.robustness.attacks.base import Hits
from core.robustness.attacks.registry import get
from core.robustness.exam import Exam, Question, beyond_chance, not_asked
from core.robustness.passes import AttackPasses
from core.robustness.subject import Subject
from core.robustness.sweep import TOLERANCE

if TYPE_CHECKING:
    from core.robustness.assemble import Chunks

__all__ = ["CHECKS", "examine"]

Answer = tuple[bool | None, str, dict[str, float]]
_USUAL: dict[Norm, float] = {"linf": 8 / 255, "l2": 0.5, "l1": 12.0, "area": 0.1}
_BLACK_BOX_MAY_WIN = 0.002
_MORE_STEPS_MAY_WIN = 0.05
_ZERO_MAY_BE = 0.01
_MUST_RISE = 0.75
_SAME = 1e-4
_QUERIES = 300


def _rate(hits: Hits) -> float:
    return float(np.mean(hits))


def _zero(exam: Exam) -> Answer:
    broken = {
        attack: _rate(exam.run(attack, _few(attack), eps=0.0))
        for attack in exam.subject.request.attacks
        if not get(attack).minimal
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
    return {p.name: short[p.name] for p in get(attack).parameters if p.name in short}


def _monotone(exam: Exam) -> Answer:
    steps = [exam.problem.eps * factor for factor in (0.5, 1.0, 2.0, 4.0)]
    runs = [exam.pgd(steps=10, eps=eps) for eps in steps]
    regained = [int((a & ~b).sum()) for a, b in pairwise(runs)]
    lost = [int((b & ~a).sum()) for a, b in pairwise(runs)]
    bad = [beyond_chance(r, n) for r, n in zip(regained, lost, strict=True)]
    shown = " → ".join(f"{1 - _rate(run):.1%}" for run in runs)
    detail = (
        f"Independent PGD-10 runs at ½, 1, 2 and 4 times ε = {exam.problem.eps:.4g}: accuracy "
        f"{shown}. A larger ball holds the smaller one, so accuracy may rise by chance alone."
    )
    return not any(bad), detail, {f"accuracy_{i}": 1 - _rate(r) for i, r in enumerate(runs)}


def _unbounded(exam: Exam) -> Answer:
    top = exam.problem.ball.furthest(exam.problem.inputs[0].size)
    left = 1 - _rate(exam.pgd(steps=40, eps=top))
    detail = f"With every picture allowed (ε = {top:.4g}) PGD-40 leaves {left:.1%}; expected 0 %."
    return left == 0, detail, {"accuracy": left}


def _iterative(exam: Exam) -> Answer:
    one, many = exam.single_step(), exam.pgd() | exam.run("bim")
    only_one, only_many = int((one & ~many).sum()), int((many & ~one).sum())
    detail = (
        f"One step breaks {_rate(one):.1%}, many steps {_rate(many):.1%}; {only_one} pictures fall "
        f"to the single step alone, {only_many} to many steps alone."
    )
    return not beyond_chance(only_one, only_many), detail, {
        "single_step": _rate(one), "iterative": _rate(many),
    }  # fmt: skip


def _black_box(exam: Exam) -> Answer:
    if exam.problem.norm not in get("square").norms:
        return None, f"Not measured: Square is not defined for {exam.problem.norm}.", {}
    black = exam.run("square", {"queries": _QUERIES})
    white = exam.white | exam.pgd()
    lead = _rate(black) - _rate(white)
    detail = (
        f"Square with {_QUERIES} queries and no gradient breaks {_rate(black):.1%}, gradients "
        f"{_rate(white):.1%}. If queries win by more than 0.2 points, gradients are masked."
    )
    figures = {"black_box": _rate(black), "white_box": _rate(white)}
    return lead <= _BLACK_BOX_MAY_WIN, detail, figures


def _restarts(exam: Exam) -> Answer:
    first, second = exam.pgd(seed=1), exam.pgd(seed=2)
    a, b = int((first & ~second).sum()), int((second & ~first).sum())
    apart = (a + b) / len(exam)
    uneven = beyond_chance(max(a, b), min(a, b))
    detail = (
        f"Two PGD-20 runs from other random points break {_rate(first):.1%} and "
        f"{_rate(second):.1%} and disagree about {apart:.1%} of pictures; more than 10 % means "
        "that one run sees only part."
    )
    return apart <= 0.1 and not uneven, detail, {"disagreement": apart}


def _gradient(exam: Exam) -> Answer:
    task = exam.problem
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


def _more_steps(exam: Exam) -> Answer:
    asked = max((int(p.get("steps", 1)) for p in exam.subject.request.attacks.values()), default=1)
    steps = max(40, 2 * asked)
    gained = exam.pgd(steps=steps) & ~exam.requested
    share = _rate(gained)
    detail = (
        f"PGD with {steps} steps breaks {int(gained.sum())} pictures ({share:.1%}) that the "
        "attacks asked for leave standing; more than 5 % means that they were too weak."
    )
    helped = share > _MORE_STEPS_MAY_WIN and gained.sum() > 1
    return not helped, detail, {"gained": share, "steps": float(steps)}


def _logits(exam: Exam) -> Answer:
    logits = exam.problem.passes.logits(exam.problem.inputs)
    flat = bool((logits >= 0).all() and np.allclose(logits.sum(axis=1), 1, atol=1e-3))
    shifted = logits - logits.max(axis=1, keepdims=True)
    sure = float(np.mean(np.exp(shifted.astype(np.float32)).sum(axis=1) == 1))
    detail = (
        "Losses are taken on logits"
        + (", but these outputs are probabilities" if flat else "")
        + f"; on {sure:.1%} of pictures a softmax would have rounded to exactly 1, where "
        "cross-entropy has no gradient."
    )
    return not flat, detail, {"saturated": sure}


def _deterministic(exam: Exam) -> Answer:
    task = exam.problem
    if exam.subject.passes.gradients:
        once, twice = (task.passes.ascent(task.inputs, "ce", task.labels)[0] for _ in range(2))
    else:
        once, twice = (task.passes.logits(task.inputs) for _ in range(2))
    moved = float(np.abs(once - twice).max())
    detail = (
        f"The same pictures twice: logits differ by {moved:.2g} at most. A model that draws needs "
        "its gradients averaged over draws."
    )
    return moved <= _SAME, detail, {"difference": moved}


def _noise(exam: Exam) -> Answer:
    if exam.problem.norm == "area":
        return None, "Not measured: there is no noise of a given area.", {}
    noise, attack = exam.run("uniform_noise"), exam.requested
    only_noise, only_attack = int((noise & ~attack).sum()), int((attack & ~noise).sum())
    detail = f"Noise of the same norm breaks {_rate(noise):.1%}, the attacks {_rate(attack):.1%}."
    figures = {"noise": _rate(noise), "attack": _rate(attack)}
    return not beyond_chance(only_noise, only_attack), detail, figures


def _transfer(exam: Exam) -> Answer:
    name = exam.subject.request.surrogate
    if not name:
        why = "no other model of these classes and this input size is at hand (--surrogate)."
        return None, f"Not measured: {why}", {}
    task = exam.problem
    if task.norm == "area":
        return None, "Not measured: patches are judged without it.", {}
    other = AttackPasses(runtime(ModelRef(name)))
    there = replace(task, passes=other)
    values = {"steps": 20, "relative_step": 0.125, "restarts": 1, "momentum": 0.9}
    moved = get("pgd")().perturb(there, values)
    carried = _rate(task.broken(task.passes.logits(moved)))
    if not exam.subject.passes.gradients:
        own = _rate(exam.requested)
        detail = (
            f"The model gives no gradients. Pictures made on {name} break {carried:.1%} here, the "
            f"attacks asked for {own:.1%}. If borrowed gradients win, these had too few queries."
        )
        return carried - own <= _BLACK_BOX_MAY_WIN, detail, {"transfer": carried, "asked": own}
    white = _rate(exam.white | exam.pgd())
    detail = (
        f"Pictures made on {name} break {carried:.1%} here, the model's own gradients {white:.1%}. "
        "If borrowed ones win, its own are masked."
    )
    return carried - white <= _BLACK_BOX_MAY_WIN, detail, {"transfer": carried, "white_box": white}


CHECKS: tuple[Question, ...] = (
    Question("eps_zero", "ε = 0 is the clean accuracy", _zero, gradients=False),
    Question("logits", "The loss is taken on logits", _logits, gradients=False),
    Question("deterministic", "The model answers alike twice", _deterministic, gradients=False),
    Question("noise", "Attacks beat noise", _noise, gradients=False),
    Question("gradient", "Gradients are there and lead uphill", _gradient),
    Question("iterative", "Many steps beat one", _iterative),
    Question("monotone", "A larger ε never helps the model", _monotone),
    Question("unbounded", "Without a bound nothing is left", _unbounded),
    Question("restarts", "Random restarts agree", _restarts),
    Question("more_steps", "More steps do not help", _more_steps),
    Question("black_box", "Gradients beat queries", _black_box),
    Question("transfer", "A surrogate's pictures do no more", _transfer, gradients=False),
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
    ours = [d[right] for a, d in firsts.items() if not get(a).control]
    nearest = np.min(ours, axis=0) if ours else np.full(len(right), np.inf)
    # One of the ε that the attacks were run at: between two they were not asked to break anything.
    left = {rung: float(np.mean(nearest > rung + TOLERANCE)) for rung in subject.rungs}
    eps = min(left, key=lambda rung: abs(left[rung] - 0.5))
    if not np.isfinite(nearest).any():
        eps = _USUAL[subject.request.norm]
    gradient = [d[right] for a, d in firsts.items() if get(a).needs_gradients]
    white = np.min(gradient, axis=0) if gradient else np.full(len(right), np.inf)
    problem = subject.problem(subject.batch(0), control).only(right)
    return Exam(
        subject,
        replace(problem, eps=eps),
        np.asarray(nearest <= eps + TOLERANCE),
        np.asarray(white <= eps + TOLERANCE),
        control,
    )
