"""Made-up evidence: what pages and figures are shown to the tests."""

from __future__ import annotations

import numpy as np

from core.contracts import Curve, GroupScore, Leaderboard, Sanity, SanityStage

GRID = np.linspace(0, 1, 5, dtype=np.float32)


def curve(metric: str, source: str, scores: list[float], band: float = 0.0) -> Curve:
    values = np.asarray(scores, np.float32)
    low = high = None
    if band:
        low, high = np.clip(values - band, 0, 1), np.clip(values + band, 0, 1)
    return Curve(metric, source, GRID, values, low, high, float(values.mean()))


def curves() -> list[Curve]:
    return [
        curve("deletion", "map", [0.6, 0.2, 0.1, 0.0, 0.0]),
        curve("deletion", "random", [0.6, 0.5, 0.4, 0.2, 0.0], band=0.1),
        curve("deletion", "edges", [0.6, 0.4, 0.3, 0.1, 0.0]),
    ]


def sanity() -> Sanity:
    stages = tuple(SanityStage(f"<b>block{i}</b>", 0.8 / (i + 1), 0.6 / (i + 1)) for i in range(3))
    return Sanity(
        "key", "efficientnet_lite0", "w", "CPU", {}, 1.0, method="gradcam", stages=stages,
        random_logit=0.2, verdict="pass", threshold=0.5, words="They follow the weights.",
        protocol="3 stages", n_pictures=4, seed=0,
    )  # fmt: skip


def score(
    method: str,
    mean: float | None,
    half: float | None = None,
    *,
    metric: str = "deletion",
    group: str = "",
    n: int = 20,
) -> GroupScore:
    low = None if mean is None or half is None else mean - half
    high = None if mean is None or half is None else mean + half
    return GroupScore(method, metric, group, mean, low, high, n, "Preset rise.")


def leaderboard(*scores: GroupScore, groups: tuple[str, ...] = (), n: int = 20) -> Leaderboard:
    return Leaderboard(
        "key", "efficientnet_lite0", "w", "CPU", {}, 3.0,
        methods=tuple(dict.fromkeys(s.method for s in scores)),
        metrics=tuple(dict.fromkeys(s.metric for s in scores)),
        groups=groups, n=n, preset="rise", seed=0, scores=scores, failed=(),
    )  # fmt: skip
