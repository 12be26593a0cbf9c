"""KernelSHAP over superpixels (Lundberg and Lee 2017)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.parameters import Parameter, Value
from core.shapley.base import Explainer, ShapProblem, Shares
from core.shapley.game import MASKER, Game
from core.shapley.regression import coalitions, solve

__all__ = ["KernelExplainer"]


class KernelExplainer(Explainer):
    """Shapley values of superpixels by weighted regression over shown and hidden ones."""

    id = "kernel"
    name = "Kernel over superpixels"
    summary = (
        "The picture is cut along its edges, many combinations of the pieces are shown, and each "
        "piece gets what it adds on average, whichever others are there."
    )
    limits = (
        "With fewer evaluations than combinations it is an estimate that depends on the seed, "
        "and nothing smaller than a piece can be told apart."
    )
    paper = (
        "Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions, "
        "arXiv:1705.07874"
    )
    parameters = (
        Parameter(
            "max_evals", "int", 600, "Evaluations of the model to spend", low=250, high=10000,
            step=50,
        ),
        Parameter(
            "n_segments", "int", 40, "About how many superpixels to cut the picture into",
            low=4, high=100, step=1,
        ),
        MASKER,
    )  # fmt: skip

    def explain(self, problem: ShapProblem, parameters: Mapping[str, Value]) -> Shares:
        """Return the superpixels' shares, spread evenly over their pixels; they add up exactly."""
        masker, budget = str(parameters["masker"]), int(parameters["max_evals"])
        segments = problem.segments(int(parameters["n_segments"]))
        n_players = int(segments.max()) + 1
        rng = np.random.default_rng(problem.seed)
        tried = coalitions(n_players, budget - 2, rng)
        ends = np.stack([np.zeros(n_players, bool), np.ones(n_players, bool)])
        members = np.concatenate([ends, tried.members])
        game = Game(problem, masker, budget=len(members))
        values = game.values_of(members, segments)
        low, high = values[:2]
        shares = solve(tried, values[2:], low, high)
        pixels = np.bincount(segments.ravel(), minlength=n_players)
        return Shares(
            (shares / pixels)[:, segments],
            low,
            segments,
            f"everything hidden: {problem.modality.masker_text(masker)}",
            game.evaluations,
        )
