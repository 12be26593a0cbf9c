"""What an attack's request is about: its pictures, the model's passes, the ε to climb."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import Array, RobustnessRequest, count_text
from core.control import Control
from core.errors import CapabilityError, InputError
from core.robustness.attacks.base import Problem
from core.robustness.attacks.goals import AttackGoal
from core.robustness.sample import Batch, Sample
from core.robustness.sweep import default_eps_grid

if TYPE_CHECKING:
    from core.robustness.passes import AttackPasses

__all__ = ["AttackedSample", "refuse_probabilities"]


class AttackedSample(Sample):
    """The model and the pictures of a request for curves.

    Raises
    ------
    InputError
        If the dataset has changed since the request was made, or all pictures are of the class
        that they shall be taken for.
    """

    request: RobustnessRequest

    def __init__(self, request: RobustnessRequest) -> None:
        super().__init__(request)
        self.request = request
        self.goal = AttackGoal.parse(request.target)
        if self.goal.index is not None:
            others = self.labels != self.goal.index
            self.rows, self.labels = self.rows[others], self.labels[others]
            if not len(self.rows):
                raise InputError(
                    f"All {count_text(len(others), 'picture')} are of the class that they shall be "
                    "taken for: there is nothing to turn. Choose another class, or more pictures."
                )

    @cached_property
    def passes(self) -> AttackPasses:
        """The model's compiled passes."""
        # They load TensorFlow; whoever only looks at chunks that are done does not.
        from core.robustness.passes import AttackPasses

        return AttackPasses(self.model)

    @property
    def eps_grid(self) -> tuple[float, ...]:
        """The ε that attacks climb."""
        return self.request.epsilons or default_eps_grid(self.request.norm, self.n_values)

    def problem(
        self, batch: Batch, control: Control, *, passes: AttackPasses | None = None
    ) -> Problem:
        """Return the chunk as a problem without an ε."""
        problem = Problem(
            passes or self.passes, batch.inputs, batch.labels, self.request.norm, 0.0, batch.rows,
            self.request.seed, control,
        )  # fmt: skip
        return self.goal.posed(problem)


def refuse_probabilities(logits: Array, model_id: str) -> None:
    """Raise if a model's outputs are probabilities: every loss on them would be flattened.

    Raises
    ------
    CapabilityError
        If all outputs lie in [0, 1] and sum to 1.
    """
    sums = logits.sum(axis=1)
    if (logits >= 0).all() and np.allclose(sums, 1, atol=1e-3):
        raise CapabilityError(
            f"{model_id} returns probabilities, but logits are expected: attacks through a softmax "
            "are weak and make it look robust. Build it without its final softmax."
        )
