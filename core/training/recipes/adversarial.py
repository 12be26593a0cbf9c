"""Adversarial training: PGD-AT and TRADES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.parameters import Parameter
from core.training.base import Recipe
from core.training.options import AUGMENTATION, BALANCE, DATA, OPTIMISATION
from core.training.recipes.scratch import ARCHITECTURE

if TYPE_CHECKING:
    from core.training.job import Job, Trained
    from core.training.objective import Objective

__all__ = ["Adversarial"]

_STEP = 2.5
"""Steps of 2.5 ε / n reach any corner of the ball and have room to turn (Madry et al. 2017)."""


class Adversarial(Recipe):
    """Training at the worst picture within a small distance."""

    id = "adversarial"
    name = "Adversarially"
    summary = "Learns at the worst picture nearby, so that small changes matter less."
    limits = (
        "It costs several times the passes and usually some accuracy; robustness beyond the "
        "trained distance, or in another norm, is not learnt."
    )
    paper = "Madry et al. 2017, arXiv:1706.06083; Zhang et al. 2019 (TRADES), arXiv:1901.08573"
    parameters = (
        *ARCHITECTURE,
        Parameter("method", "choice", "pgd", "Objective", choices=("pgd", "trades")),
        Parameter("epsilon", "epsilon", "8/255", "L∞ distance",
                  low=0.25 / 255, high=64 / 255, step=0.25 / 255),
        Parameter("steps", "int", 5, "Steps of the attack in training", low=1, high=20),
        Parameter("beta", "float", 6.0, "Weight of the divergence nearby (TRADES)",
                  low=0.0, high=20.0, step=0.5),
        Parameter("clean_epochs", "int", 4,
                  "Epochs on the pictures as they are, before: under attack, fresh weights may "
                  "learn nothing at all", low=0, high=100),
        *DATA,
        *OPTIMISATION,
        *AUGMENTATION,
        *BALANCE,
    )  # fmt: skip

    def train(self, job: Job) -> Trained:
        """Train all weights, clean pictures first; measure the accuracy under PGD-20 at the end."""
        from core.training.adversarial import Pgd, Trades
        from core.training.robust_accuracy import robust_accuracy
        from core.training.simple import train_whole

        epsilon, steps = job.distance("epsilon"), job.whole("steps")
        step, smoothing = _STEP * epsilon / steps, job.number("label_smoothing")
        attack = {"epsilon": epsilon, "step": step}
        objective: Objective
        if job.text("method") == "pgd":
            objective = Pgd(**attack, steps=steps, label_smoothing=smoothing)
        else:
            objective = Trades(
                **attack, steps=steps, beta=job.number("beta"), label_smoothing=smoothing
            )
        trained = train_whole(job, objective, clean_epochs=job.whole("clean_epochs"))
        accuracy, n = robust_accuracy(trained, job, epsilon=epsilon)
        trained.facts["epsilon"] = epsilon
        trained.facts["robust_accuracy_pgd20"] = accuracy
        trained.facts["robust_accuracy_n"] = n
        return trained
