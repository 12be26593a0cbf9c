"""Leaderboards: requests, remembered by their key so that a reloaded page finds its run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import prod
from typing import Any

from core import api
from core.contracts import Leaderboard, LeaderboardRequest, OpenedSource
from dashboard.lru import Lru
from dashboard.services._catalogue import models
from dashboard.services._files import as_csv, as_json

__all__ = [
    "leaderboard_csv", "leaderboard_json", "leaderboard_request", "recall_leaderboard"
]  # fmt: skip

_BYTES = 256 * 2**20
_COLUMNS = ("method", "metric", "group", "mean", "low", "high", "n", "protocol")
_requests: Lru[str, LeaderboardRequest] = Lru(
    _BYTES, lambda request: len(request.inputs) * prod(models()[request.model.id].input_shape)
)


def leaderboard_request(
    sources: Iterable[OpenedSource],
    *,
    model: str,
    reading: Mapping[str, Any],
    methods: Sequence[str],
    metrics: Sequence[str],
    groups: Sequence[str] = (),
) -> LeaderboardRequest:
    """Return the request for a leaderboard, and remember it.

    Raises
    ------
    InputError
        If there is no source, or a method or metric does not fit the model.
    """
    request = api.leaderboard_request(
        sources, model=model, methods=methods, metrics=metrics, groups=groups, **reading
    )
    _requests.put(request.key, request)
    return request


def recall_leaderboard(key: str) -> LeaderboardRequest | None:
    """Return the request of this key if the server still remembers it."""
    return _requests.get(key)


def leaderboard_csv(board: Leaderboard) -> str:
    """Return every score as a row, for download."""
    return as_csv(_COLUMNS, ([getattr(s, name) for name in _COLUMNS] for s in board.scores))


def leaderboard_json(board: Leaderboard) -> str:
    """Return the whole leaderboard, for download."""
    return as_json(asdict(board))
