"""Methods compared over pictures, and checked against weights drawn anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.api._answers import Source, answer, open_picture
from core.contracts import Leaderboard, Sanity
from core.control import Control
from core.requests import leaderboard_request, sanity_request

__all__ = ["evaluate", "sanity"]


def evaluate(
    sources: Iterable[Source], *, control: Control | None = None, **options: Any
) -> Leaderboard:
    """Compare methods over pictures; options as in :func:`leaderboard_request`.

    Each map that was examined is kept, so a run that was stopped resumes where it was.

    Raises
    ------
    InputError
        For a source that is no picture, and options that do not fit.
    """
    request = leaderboard_request((open_picture(source) for source in sources), **options)
    table: Leaderboard = answer(request, control=control)
    return table


def sanity(*, control: Control | None = None, **options: Any) -> Sanity:
    """Check whether a method's maps depend on the model; options as in :func:`sanity_request`."""
    found: Sanity = answer(sanity_request(**options), control=control)
    return found
