"""A new head on a frozen model of the zoo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.contracts import DEFAULT_MODEL
from core.training.base import Recipe
from core.training.options import BALANCE, DATA, OPTIMISATION, with_defaults

if TYPE_CHECKING:
    from core.training.job import Job, Trained

__all__ = ["Head"]


class Head(Recipe):
    """A linear head on the pooled features of a trained model."""

    id = "head"
    name = "New head"
    summary = (
        "A trained model stays as it is and gets a new last layer: its features are computed "
        "once, then the head learns in seconds."
    )
    limits = (
        "It can tell apart only what the features already do; as they are computed once, pictures "
        "are not augmented."
    )
    paper = "Donahue et al. 2013, DeCAF, arXiv:1310.1531; Kornblith et al. 2018, arXiv:1805.08974"
    base = "required"
    base_help = "The model whose features are used; its own classes are forgotten."
    default_base = DEFAULT_MODEL
    parameters = (
        *DATA,
        *with_defaults(
            OPTIMISATION, epochs=20, learning_rate=2e-3, batch_size=128, optimizer="adamw",
            weight_decay=1e-2,
        ),
        *BALANCE,
    )  # fmt: skip

    def train(self, job: Job) -> Trained:
        """Compute the features, train the head on them, and put it onto the base."""
        from core.training.frozen import train_head

        return train_head(job)
