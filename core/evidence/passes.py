"""What a measurement costs: passes that count themselves, and stop at a budget."""

from __future__ import annotations

from core.contracts import Array
from core.targets.passes import AttentionPass, Passes

__all__ = ["GRADIENT_COST", "BudgetSpentError", "CountedPasses"]

GRADIENT_COST = 3.0
"""Forward-equivalents of one gradient pass (measured: 17 to 25 ms against 5 to 7)."""


class BudgetSpentError(Exception):
    """The next passes would cost more than what is left; they were not made."""


class CountedPasses:
    """The passes of a model with a count of forward-equivalents.

    Parameters
    ----------
    passes : Passes
    budget : float, optional
        The most that may be spent; ``None`` for no limit.
    chained : bool
        Whether each gradient costs a forward pass more: that of a target which is not linear.

    Attributes
    ----------
    spent : float
        Forward-equivalents so far: a forward pass of one picture counts 1, a gradient 3.
    """

    def __init__(
        self, passes: Passes, budget: float | None = None, *, chained: bool = False
    ) -> None:
        self._passes = passes
        self._budget = budget
        self._chained = chained
        self.spent = 0.0

    def anew(self) -> CountedPasses:
        """Return the same passes, without a limit, with nothing spent."""
        return CountedPasses(self._passes, chained=self._chained)

    @property
    def budget(self) -> float | None:
        """The most that may be spent."""
        return self._budget

    @property
    def _gradient_cost(self) -> float:
        return GRADIENT_COST + self._chained

    def charge(self, cost: float) -> None:
        """Count passes that were made elsewhere.

        Raises
        ------
        BudgetSpentError
            If they do not fit; nothing is counted then.
        """
        if self._budget is not None and self.spent + cost > self._budget:
            raise BudgetSpentError
        self.spent += cost

    def logits(self, batch: Array) -> Array:
        """Return logits ``(N, n_classes)``."""
        self.charge(len(batch))
        return self._passes.logits(batch)

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and gradients with respect to the pixels."""
        self.charge(self._gradient_cost * len(batch))
        return self._passes.gradient(batch, directions)

    def guided_gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and guided gradients."""
        self.charge(self._gradient_cost * len(batch))
        return self._passes.guided_gradient(batch, directions)

    def own_tokens(self, batch: Array, layer: str | None = None) -> Array:
        """Return the tokens before a layer's grid."""
        found = self._passes.own_tokens(batch, layer)
        if found.shape[1]:
            self.charge(len(batch))
        return found

    def head_logits(
        self, features: Array, layer: str | None = None, own: Array | None = None
    ) -> Array:
        """Return logits from a layer's output: cheap, but no less than a pass to whoever counts."""
        self.charge(len(features))
        return self._passes.head_logits(features, layer, own)

    def attention(self, batch: Array, directions: Array | None = None) -> AttentionPass:
        """Return the attention between tokens; with directions, its gradients too."""
        self.charge((1.0 if directions is None else self._gradient_cost) * len(batch))
        return self._passes.attention(batch, directions)

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        """Return logits and the layer's output."""
        self.charge(len(batch))
        return self._passes.features(batch, layer)

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, features, and gradients with respect to the features."""
        self.charge(self._gradient_cost * len(batch))
        return self._passes.features_and_gradients(batch, directions, layer)

    def prepare(self, n_passes: int) -> None:
        """Announce forward passes to come."""
        self._passes.prepare(n_passes)
