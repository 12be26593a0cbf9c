"""Training from random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.parameters import Parameter
from core.training.base import Recipe
from core.training.options import AUGMENTATION, BALANCE, DATA, OPTIMISATION

if TYPE_CHECKING:
    from core.training.job import Job, Trained

__all__ = ["ARCHITECTURE", "Scratch"]

ARCHITECTURE = (
    Parameter(
        "architecture", "choice", "resnet8", "Network; resnet8 is made for two CPU cores",
        choices=("resnet8", "resnet20", "resnet32", "resnet56"),
    ),
    Parameter("input_size", "int", 0, "Side of the input in pixels; 0: that of the pictures",
              low=0, high=512),
)  # fmt: skip


class Scratch(Recipe):
    """A small residual network from random weights."""

    id = "scratch"
    name = "From scratch"
    summary = "A small residual network learns the classes from these pictures alone."
    limits = "It knows nothing but these pictures: with few of them, start from a trained model."
    paper = "He et al. 2015, Deep Residual Learning, arXiv:1512.03385"
    parameters = (*ARCHITECTURE, *DATA, *OPTIMISATION, *AUGMENTATION, *BALANCE)

    def train(self, job: Job) -> Trained:
        """Train all weights in one stage."""
        from core.training.objective import CrossEntropy
        from core.training.simple import train_whole

        return train_whole(job, CrossEntropy(job.number("label_smoothing")))
