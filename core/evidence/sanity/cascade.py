"""What a randomisation cascade measured, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.contracts import Array, SanityStage, Verdict
from core.evidence.intervals import student_interval
from core.evidence.thresholds import SANITY_PASSES, SANITY_SPEARMAN

__all__ = ["Cascade", "protocol"]


@dataclass(frozen=True)
class Cascade:
    """Similarities of the maps of N probes before and after each of S stages.

    Parameters
    ----------
    names : tuple of str
        The stages, in the order in which their weights were drawn anew.
    spearman, ssim : ndarray, shape (S, N)
    other_class : ndarray, shape (N,), or None
        Rank correlation with the map of another class.
    """

    names: tuple[str, ...]
    spearman: Array
    ssim: Array
    other_class: Array | None

    @property
    def n_probes(self) -> int:
        """N."""
        return int(self.spearman.shape[1])

    @cached_property
    def mean(self) -> float:
        """Mean rank correlation over stages and probes, in [−1, 1]."""
        return float(self.spearman.mean())

    @cached_property
    def interval(self) -> tuple[float | None, float | None]:
        """95 % interval of the mean, over the probes; ``None`` if there is but one."""
        return student_interval(self.spearman.mean(axis=0)) if self.n_probes > 1 else (None, None)

    @property
    def stages(self) -> tuple[SanityStage, ...]:
        """Means over the probes."""
        rows = zip(self.names, self.spearman.mean(axis=1), self.ssim.mean(axis=1), strict=True)
        return tuple(SanityStage(name, float(rank), float(alike)) for name, rank, alike in rows)

    @property
    def random_logit(self) -> float | None:
        """Mean rank correlation with the map of another class."""
        return None if self.other_class is None else float(np.mean(self.other_class))

    @property
    def verdict(self) -> Verdict:
        """``pass`` at or below the threshold, ``unclear`` where the interval covers it."""
        low, high = self.interval
        if low is not None and high is not None and low <= SANITY_SPEARMAN < high:
            return "unclear"
        return "pass" if self.mean <= SANITY_SPEARMAN else "fail"

    @property
    def words(self) -> str:
        """The finding in a sentence."""
        low, high = self.interval
        span = "" if low is None else f" (95 % interval {low:.2f} to {high:.2f})"
        kept = f"a rank correlation of {self.mean:.2f}{span} with the intact model's"
        return {
            "pass": f"The map follows the weights: with weights drawn anew it keeps {kept}.",
            "fail": "The map depends too little on the weights: with weights drawn anew it keeps "
            f"{kept}.",
            "unclear": f"With weights drawn anew the map keeps {kept}: the photographs differ too "
            f"much to say whether that is more than {SANITY_SPEARMAN:g}.",
        }[self.verdict]


def protocol(n_probes: int, seed: int) -> str:
    """Return everything that moves the value, in words."""
    return (
        "Cascading randomisation (Adebayo et al. 2018): weights are drawn anew from the logits "
        "down, stage by stage, and stay so; kernels from He's normal distribution, offsets 0, "
        "scales 1, batch statistics taken anew over the probes. The class is the one that the "
        f"intact model predicts. {n_probes} packaged photographs; Spearman's correlation of "
        "|map| and SSIM (7 × 7 windows, maps divided by their largest magnitude), means over "
        "the photographs; a map that becomes constant counts 0. Verdict: the mean Spearman "
        f"correlation over all stages against {SANITY_SPEARMAN:g}, with Student's t interval over "
        "the photographs. Random logit: the map of another class, drawn at random. At most "
        f"{SANITY_PASSES:,} forward-equivalents unless asked for in full. Seed {seed}."
    )
