"""A new head, then the layers beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.contracts import DEFAULT_MODEL
from core.parameters import Parameter
from core.training.base import Recipe
from core.training.options import AUGMENTATION, BALANCE, DATA, OPTIMISATION, with_defaults

if TYPE_CHECKING:
    from core.training.job import Job, Trained

__all__ = ["Finetune"]


class Finetune(Recipe):
    """The head alone on cached features, then the upper layers at a lower rate."""

    id = "finetune"
    name = "Fine-tuned"
    summary = (
        "A trained model gets a new head, then its upper layers are trained further on these "
        "pictures at a lower rate; batch statistics stay as they were."
    )
    limits = (
        "On a processor an epoch costs up to three forward passes a picture at the base's own "
        "size; with few pictures it may forget more than it learns."
    )
    paper = "Kornblith et al. 2018, Do Better ImageNet Models Transfer Better?, arXiv:1805.08974"
    base = "required"
    base_help = "The model that is trained further; its own classes are forgotten."
    default_base = DEFAULT_MODEL
    parameters = (
        *DATA,
        Parameter("head_epochs", "int", 10, "Epochs of the head alone, on features computed once",
                  low=1, high=200),
        Parameter("head_rate", "float", 2e-3, "Peak learning rate of the head alone (AdamW)",
                  low=1e-6, high=1.0, step=1e-3),
        Parameter("depth", "float", 0.5,
                  "Share of the layers with weights that are trained further, from the head down",
                  low=0.01, high=1.0, step=0.05),
        *with_defaults(
            OPTIMISATION, epochs=3, learning_rate=2e-4, batch_size=32, optimizer="adamw",
            weight_decay=1e-2, warmup=0.5,
        ),
        *with_defaults(AUGMENTATION, crop=8),
        *BALANCE,
    )  # fmt: skip

    def train(self, job: Job) -> Trained:
        """Train the head, then head and upper layers together."""
        from core.training.finetuning import train_further

        return train_further(job)
