"""Requests about the pictures of a split, made once for each choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.contracts import Request
from dashboard.services._requests import once
from dashboard.services._runs import weights_of
from dashboard.services._shown_data import ShownSplit

__all__ = ["of_split"]

R = TypeVar("R", bound=Request)


def of_split(make: Callable[..., R], data: ShownSplit, options: Mapping[str, Any]) -> R:
    """Return the request that ``make`` makes of a split with these options, ``model`` among them.

    Raises
    ------
    InputError
        If a part of the choice does not exist or does not fit.
    """
    key = (
        make.__name__, data.fingerprint, data.name, weights_of(options["model"]),
        repr(sorted(options.items())),
    )  # fmt: skip
    return once(key, lambda: make(data.dataset, split=data.name, **options))
