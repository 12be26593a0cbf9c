"""Methods ranked by their evidence over many inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.evidence.contract import mask_sha256
from core.parameters import Value
from core.values.basic import Lane
from core.values.codec import Stored
from core.values.inputs import Input
from core.values.requests import ModelRequest
from core.values.results import Result
from core.values.targets import TargetValue

__all__ = ["GroupScore", "Leaderboard", "LEADERBOARD_METHODS", "LeaderboardRequest"]

LEADERBOARD_METHODS = (
    "gradcam", "integrated_gradients", "smoothgrad", "saliency", "edges", "centre", "random",
)  # fmt: skip
"""What a leaderboard compares unless told otherwise: four common methods and three controls."""


@dataclass(frozen=True)
class GroupScore(Stored):
    """Mean of one metric over the pictures of one group, with its 95 % interval.

    ``group`` is ``""`` for all pictures. ``mean`` is ``None`` where no picture has a value.
    """

    method: str
    metric: str
    group: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    protocol: str


@dataclass(frozen=True)
class Leaderboard(Result):
    """Methods by metrics over many pictures; ``failed`` names pictures × methods without a map."""

    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    groups: tuple[str, ...]
    n: int
    preset: str
    seed: int
    scores: tuple[GroupScore, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class LeaderboardRequest(ModelRequest):
    """Ask which method serves this model best over many pictures.

    Parameters
    ----------
    inputs : tuple of Input
    groups : tuple of str
        Subgroup of each picture; empty for none.
    masks : tuple of (ndarray of bool or None)
        One for each picture, at the model's input size; empty for none.
    methods, metrics : tuple of str
    target : Target, optional
        What every map explains; the class that the model predicts by default.
    parameters : dict, optional
        Of the one method that is asked; the defaults of each method by default.
    layer : str, optional
        Likewise; the declared one by default.
    """

    kind: ClassVar[str] = "leaderboard"
    work: ClassVar[str] = "core.evidence.leaderboard.measure:leaderboard"
    result: ClassVar[type[Leaderboard]] = Leaderboard
    inputs: tuple[Input, ...]
    groups: tuple[str, ...]
    masks: tuple[npt.NDArray[np.bool_] | None, ...]
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    preset: str = "rise"
    target: TargetValue | None = None
    parameters: dict[str, Value] | None = None
    layer: str | None = None
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "inputs": [list(seen.parts().values()) for seen in self.inputs],
            "groups": self.groups,
            "masks": [None if mask is None else mask_sha256(mask) for mask in self.masks],
            "methods": self.methods,
            "metrics": self.metrics,
            "preset": self.preset,
            "seed": self.seed,
            **({} if self.target is None else self.target.parts()),
            **({} if self.parameters is None else {"parameters": self.parameters}),
            **({} if self.layer is None else {"layer": self.layer}),
        }

    @property
    def batch(self) -> str:
        """Each table by itself."""
        return self.key

    def adopt(self, stored: Any) -> Any:
        """Return a stored table as the answer to this request."""
        return replace(stored, cached=True)
