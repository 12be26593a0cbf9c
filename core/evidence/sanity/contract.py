"""Whether a method notices that the weights are drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.evidence.contract import Verdict
from core.parameters import Value
from core.values.basic import Lane
from core.values.codec import Stored
from core.values.requests import ModelRequest
from core.values.results import Result

__all__ = ["Sanity", "SanityRequest", "SanityStage"]


@dataclass(frozen=True)
class SanityStage(Stored):
    """Similarity of maps before and after the weights down to ``layer`` are drawn anew, in [−1, 1].

    Means over the probe pictures; the layers nearest the logits go first.
    """

    layer: str
    spearman: float
    ssim: float


@dataclass(frozen=True)
class Sanity(Result):
    """Randomisation checks of one method on one model (Adebayo et al. 2018).

    ``random_logit`` is the rank correlation of the map of the predicted class and of another
    class; ``verdict`` compares with ``threshold``, ``words`` says it in a sentence.
    """

    method: str
    stages: tuple[SanityStage, ...]
    random_logit: float | None
    verdict: Verdict
    threshold: float
    words: str
    protocol: str
    n_pictures: int
    seed: int


@dataclass(frozen=True)
class SanityRequest(ModelRequest):
    """Ask whether a method's maps depend on the model at all: a matter of model × method.

    ``thorough`` lifts the cap on passes that spares slow methods.
    """

    kind: ClassVar[str] = "sanity"
    work: ClassVar[str] = "core.evidence.sanity.measure:sanity"
    result: ClassVar[type[Sanity]] = Sanity
    method: str
    parameters: dict[str, Value]
    layer: str | None
    thorough: bool = False
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        own = {"method": self.method, "parameters": self.parameters, "layer": self.layer}
        return super().parts() | own | {"thorough": self.thorough, "seed": self.seed}

    @property
    def batch(self) -> str:
        """Each pair of model and method by itself."""
        return self.key
