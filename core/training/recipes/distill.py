"""Distillation: from a teacher to a small student."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.parameters import Parameter
from core.training.base import Recipe
from core.training.options import AUGMENTATION, BALANCE, DATA, OPTIMISATION
from core.training.recipes.scratch import ARCHITECTURE

if TYPE_CHECKING:
    from core.training.job import Job, Trained

__all__ = ["Distill"]


class Distill(Recipe):
    """A small network learns from a large one's answers."""

    id = "distill"
    name = "Distilled"
    summary = (
        "A small network from random weights learns the softened answers of a trained model "
        "beside the labels."
    )
    limits = (
        "It learns the teacher's errors and shortcuts too. A step costs a forward pass of the "
        "teacher at its own size."
    )
    paper = "Hinton et al. 2015, arXiv:1503.02531; Beyer et al. 2021, arXiv:2106.05237"
    base = "required"
    base_help = "The teacher; it must know the same classes as the dataset has."
    parameters = (
        *ARCHITECTURE,
        *DATA,
        Parameter("temperature", "float", 4.0, "How much both networks' answers are softened",
                  low=1.0, high=20.0, step=0.5),
        Parameter("alpha", "float", 0.7, "Weight of the teacher; the labels have the rest",
                  low=0.0, high=1.0, step=0.05),
        *OPTIMISATION,
        *AUGMENTATION,
        *BALANCE,
    )  # fmt: skip

    def train(self, job: Job) -> Trained:
        """Train the student in one stage."""
        from core.training.distillation import Distillation, teacher_of
        from core.training.simple import train_whole

        objective = Distillation(
            teacher_of(job),
            temperature=job.number("temperature"),
            alpha=job.number("alpha"),
            label_smoothing=job.number("label_smoothing"),
        )
        return train_whole(job, objective)
