"""Methods ranked over many inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from core.contracts import Leaderboard, Source
from core.control import Control
from core.engine.api import answer
from core.evidence.leaderboard.request import LeaderboardOptions, leaderboard_request
from core.modalities.api import opened_for
from core.signatures import signature_from

__all__ = ["evaluate"]


@signature_from(leaderboard_request)
def evaluate(
    sources: Iterable[Source],
    *,
    control: Control | None = None,
    **options: Unpack[LeaderboardOptions],
) -> Leaderboard:
    """Compare methods over pictures.

    Each map that was examined is kept, so a run that was stopped resumes where it was.

    Parameters
    ----------
    sources : iterable
        Pictures: whatever :func:`open_picture` takes.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`leaderboard_request`.

    Returns
    -------
    Leaderboard
        A row for each method.

    Raises
    ------
    InputError
        For a source that is no picture, and options that do not fit.
    """
    request = leaderboard_request((opened_for(source, options) for source in sources), **options)
    return answer(request, control=control)
