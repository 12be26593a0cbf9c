"""What requests know of a target: the number of a model's outputs that is explained."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["TargetValue"]


class TargetValue(Protocol):
    """A frozen value, of whatever kind (:mod:`core.targets`)."""

    @property
    def linear(self) -> bool:
        """Whether it is a weighted sum of the outputs."""

    def offer(self, model: Any) -> Any:
        """Return what a model offers to whoever explains this of it."""

    def settle(self, index: int) -> Any:
        """Return the same, with an output that was left open being the one at ``index``."""

    def parts(self) -> dict[str, Any]:
        """Return what content keys are made of: ``target``, and ``against``."""

    def words(self) -> list[str]:
        """Return the words of a command line that name it."""
