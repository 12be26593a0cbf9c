"""Interval bound propagation: training a network whose robustness can be proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.parameters import Parameter
from core.training.base import Recipe
from core.training.options import AUGMENTATION, BALANCE, DATA, OPTIMISATION, with_defaults, without
from core.training.recipes.scratch import ARCHITECTURE

if TYPE_CHECKING:
    from core.training.job import Job, Trained

__all__ = ["Ibp"]

_NETWORK = Parameter(
    "architecture", "choice", "convnet5",
    "Network whose every layer has interval rules; resnet8 normalises by batch statistics, which "
    "have none while it trains",
    choices=("convnet5",),
)  # fmt: skip


class Ibp(Recipe):
    """Training on the worst logits that interval bounds allow."""

    id = "ibp"
    name = "Certifiably (IBP)"
    summary = (
        "Learns at the worst logits that any picture nearby could have, so that many answers are "
        "proven to hold within ε."
    )
    limits = (
        "A small plain network, and some accuracy lost: bounds of a larger one are too loose to "
        "prove anything. Certain in L∞ alone, and up to about the trained distance."
    )
    paper = (
        "Gowal et al. 2018, On the Effectiveness of Interval Bound Propagation, arXiv:1810.12715"
    )
    parameters = (
        _NETWORK,
        *(p for p in ARCHITECTURE if p.name != "architecture"),
        Parameter("epsilon", "epsilon", "2/255", "L∞ distance at the end",
                  low=0.25 / 255, high=64 / 255, step=0.25 / 255),
        Parameter("kappa", "float", 0.5, "Share of the plain loss at the end; the rest is that of "
                  "the worst logits", low=0.0, high=1.0, step=0.05),
        Parameter("clean_epochs", "int", 2, "Epochs before ε leaves 0", low=0, high=100),
        Parameter("ramp", "float", 0.6, "Share of the other epochs in which ε grows", low=0.0,
                  high=1.0, step=0.05),
        *DATA,
        *with_defaults(
            without(OPTIMISATION, "patience", "label_smoothing"),
            epochs=24, learning_rate=1e-3, optimizer="adam", weight_decay=0.0,
        ),
        *without(AUGMENTATION, "mixup", "cutmix", "randaugment"),
        *BALANCE,
    )  # fmt: skip

    def train(self, job: Job) -> Trained:
        """Train all weights while ε grows; certify test pictures at the end."""
        from core.training.interval import IntervalBounds, certified_accuracy
        from core.training.robust_accuracy import robust_accuracy
        from core.training.simple import train_whole

        epsilon, start = job.distance("epsilon"), job.number("clean_epochs")
        ramp = job.number("ramp") * max(job.number("epochs") - start, 0.0)
        objective = IntervalBounds(
            epsilon=epsilon, kappa=job.number("kappa"), start=start, ramp=ramp
        )
        trained = train_whole(job, objective, before_step=objective.at)
        certified, n = certified_accuracy(trained, job, epsilon=epsilon)
        attacked, _ = robust_accuracy(trained, job, epsilon=epsilon)
        trained.facts["epsilon"] = epsilon
        trained.facts["certified_accuracy_ibp"] = certified
        trained.facts["certified_n"] = n
        trained.facts["robust_accuracy_pgd20"] = attacked
        return trained
