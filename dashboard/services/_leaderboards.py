"""Leaderboards: requests, remembered by their key so that a reloaded page finds its run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import prod
from typing import Any

from core import api
from core.contracts import Leaderboard, LeaderboardRequest, OpenedSource
from dashboard.lru import Lru
from dashboard.services._catalogue import models

__all__ = [
    "leaderboard_csv", "leaderboard_json", "leaderboard_request", "recall_leaderboard", "safe_cell"
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
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, _COLUMNS)
    table.writeheader()
    table.writerows(
        {name: safe_cell(value) for name, value in asdict(s).items()} for s in board.scores
    )
    return buffer.getvalue()


def safe_cell(value: object) -> object:
    """Keep a stranger's text (a group's name) from becoming a formula in a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def leaderboard_json(board: Leaderboard) -> str:
    """Return the whole leaderboard, for download."""
    return json.dumps(asdict(board), indent=2, ensure_ascii=False)
