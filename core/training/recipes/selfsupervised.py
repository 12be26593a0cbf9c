"""Self-supervised pretraining, then a linear probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.parameters import Parameter
from core.training.base import Recipe
from core.training.options import BALANCE, DATA, OPTIMISATION, with_defaults, without
from core.training.recipes.scratch import ARCHITECTURE

if TYPE_CHECKING:
    from core.training.job import Job, Trained

__all__ = ["SelfSupervised"]


class SelfSupervised(Recipe):
    """SimCLR, then a linear probe."""

    id = "selfsupervised"
    name = "Self-supervised"
    summary = (
        "Learns features without labels, from two views of each picture (SimCLR), then a linear "
        "head on them with labels."
    )
    limits = (
        "It needs many pictures and epochs, and large batches; what crops and colours change is "
        "learnt to be ignored, so classes that differ in colour alone are lost."
    )
    paper = "Chen et al. 2020 (SimCLR), arXiv:2002.05709"
    parameters = (
        *ARCHITECTURE,
        *DATA,
        Parameter("temperature", "float", 0.5, "Temperature of the contrastive loss",
                  low=0.05, high=2.0, step=0.05),
        Parameter("strength", "float", 0.5, "Strength of the views' colour jitter",
                  low=0.0, high=1.0, step=0.1),
        Parameter("projection", "int", 64, "Width of the projection that is contrasted",
                  low=8, high=512),
        *without(
            with_defaults(OPTIMISATION, epochs=30, learning_rate=0.1, batch_size=256),
            "label_smoothing", "patience",
        ),
        Parameter("probe_epochs", "int", 20, "Epochs of the linear head", low=1, high=200),
        Parameter("probe_rate", "float", 1e-2, "Peak learning rate of the linear head (AdamW)",
                  low=1e-6, high=1.0, step=1e-3),
        *BALANCE,
    )  # fmt: skip

    def train(self, job: Job) -> Trained:
        """Pretrain without labels, then probe."""
        from core.training.selfsupervision import pretrain_and_probe

        return pretrain_and_probe(job)
