"""Occlusion (Zeiler & Fergus 2013)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.perturb import BASELINE, Probe, chunks, score_parameter

__all__ = ["Occlusion"]


class Occlusion(Method):
    """f(x) − f(x with a patch hidden), for a patch that slides over the picture.

    A pixel gets the mean over the patches that cover it. The paper watches the probability; here
    it is the logit unless asked, because the drop of a saturated probability says little.
    """

    id = "occlusion"
    name = "Occlusion"
    summary = (
        "How far the score falls when a patch is hidden: blue patches speak for the class, orange "
        "ones against."
    )
    limits = (
        "As coarse as the patch, and blind to evidence that is there twice: hiding one of two "
        "leaves the other."
    )
    paper = "Zeiler & Fergus 2013, Visualizing and Understanding ConvNets, arXiv:1311.2901"
    signed = True
    needs = frozenset()
    slow = True
    parameters = (
        Parameter(
            "patch", "int", 32, "Side of the square patch in pixels of the model's input",
            low=1, high=512, step=4,
        ),
        Parameter(
            "stride", "int", 16, "Pixels between patches; at most the patch's own side",
            low=1, high=512, step=4,
        ),
        replace(BASELINE, source="steady_baselines"),
        score_parameter("logit"),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the mean drop at each site of each input."""
        sites = problem.inputs.shape[1:-1]
        patch = tuple(min(int(parameters["patch"]), length) for length in sites)
        stride = min(int(parameters["stride"]), *patch)
        starts = [_starts(length, size, stride) for length, size in zip(sites, patch, strict=True)]
        windows = [
            tuple(slice(at, at + size) for at, size in zip(corner, patch, strict=True))
            for corner in product(*starts)
        ]
        problem.passes.prepare((len(windows) + 1) * len(problem.inputs))
        return [
            _one(Probe(problem, i, dict(parameters)), windows) for i in range(len(problem.inputs))
        ]


def _starts(length: int, patch: int, stride: int) -> list[int]:
    """Return where patches start, so that every site is covered; the last one ends flush."""
    last = length - patch
    return [*range(0, last, stride), last]


def _one(probe: Probe, windows: Sequence[tuple[slice, ...]]) -> Attribution:
    whole = probe.scores(probe.input[None])[0]
    drops = np.zeros(probe.input.shape[:-1])
    covered = np.zeros(probe.input.shape[:-1])
    for start, count in chunks(len(windows)):
        hidden = windows[start : start + count]
        copies = np.repeat(probe.input[None], count, axis=0)
        for copy, window in zip(copies, hidden, strict=True):
            copy[window] = probe.empty[window]
        for score, window in zip(probe.scores(copies), hidden, strict=True):
            drops[window] += whole - score
            covered[window] += 1
        done = start + count
        probe.progress(done / len(windows), f"{done} of {len(windows)} patches")
    return probe.attribution(drops / covered, {"forward_passes": probe.passes})
