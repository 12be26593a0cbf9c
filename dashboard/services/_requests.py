"""Requests, made once for each choice: a rerun neither crops nor hashes again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar, cast

from core import api
from core.contracts import (
    ExplainRequest,
    OpenedSource,
    PictureSet,
    PredictRequest,
    Request,
    content_key,
)
from dashboard.lru import Lru
from dashboard.state import Choice

__all__ = ["asked", "explanation_request", "once", "prediction_request", "reading"]

P = ParamSpec("P")
R = TypeVar("R", bound=Request)
_requests: Lru[tuple[Hashable, ...], Request] = Lru(512)


def once(key: tuple[Hashable, ...], make: Callable[[], R]) -> R:
    """Return the request that ``key`` names, made at the first time.

    ``key`` holds the kind and everything that the request depends on; a picture by its SHA-256 and
    its name.
    """
    return cast(R, _requests.get_or(key, make))


def asked(make: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """Return the request that ``make`` makes of these arguments, made at the first time.

    For requests that depend on nothing else, such as a dataset that may change.
    """
    given = (*args, *(each for option in sorted(options.items()) for each in option))
    return once((make.__name__, *map(_name, given)), lambda: make(*args, **options))


def _name(value: object) -> Hashable:
    """Return what tells an argument from others: of a source, never what it holds."""
    if isinstance(value, PictureSet):
        return content_key(value.parts())
    if isinstance(value, OpenedSource):
        return value.sha256, value.name
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_name, value))
    return value  # type: ignore[return-value]


def reading(choice: Choice) -> dict[str, Any]:
    """Return how a source becomes an input, as options of requests."""
    return dict(choice.reading)


def prediction_request(source: OpenedSource, choice: Choice) -> PredictRequest:
    """Return the request for what the model says about ``source``."""
    return asked(api.prediction_request, source, model=choice.model, **reading(choice))


def explanation_request(source: OpenedSource, choice: Choice) -> ExplainRequest:
    """Return the request for the map that ``choice`` describes.

    Raises
    ------
    InputError
        If a part of the choice does not exist or does not fit.
    """
    return asked(
        api.explanation_request,
        source,
        model=choice.model,
        method=choice.method,
        parameters=dict(choice.parameters),
        target="auto" if choice.target is None else choice.target,
        against=choice.against,
        layer=choice.layer,
        **reading(choice),
    )
