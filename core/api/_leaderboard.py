"""Methods compared over pictures, and checked against weights drawn anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from core.api._answers import answer
from core.api._sources import Source, open_picture
from core.contracts import Leaderboard, Sanity
from core.control import Control
from core.requests import LeaderboardOptions, SanityOptions, leaderboard_request, sanity_request
from core.signatures import signature_from

__all__ = ["evaluate", "sanity"]


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
    request = leaderboard_request((open_picture(source) for source in sources), **options)
    return answer(request, control=control)


@signature_from(sanity_request)
def sanity(*, control: Control | None = None, **options: Unpack[SanityOptions]) -> Sanity:
    """Check whether a method's maps depend on the model.

    Parameters
    ----------
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`sanity_request`.

    Returns
    -------
    Sanity

    Raises
    ------
    InputError
        As :func:`sanity_request`.
    """
    return answer(sanity_request(**options), control=control)
