"""Requests, made once for each choice: a rerun neither crops nor hashes again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from core import api
from core.contracts import ExplainRequest, Picture, PredictRequest, Request
from dashboard.lru import Lru
from dashboard.state import Choice

__all__ = ["explanation_request", "once", "prediction_request"]

R = TypeVar("R", bound=Request)
_requests: Lru[tuple[Hashable, ...], Request] = Lru(512)


def once(key: tuple[Hashable, ...], make: Callable[[], R]) -> R:
    """Return the request that ``key`` names, made at the first time.

    ``key`` holds the kind and everything that the request depends on; a picture by its SHA-256 and
    its name.
    """
    return cast(R, _requests.get_or(key, make))


def prediction_request(picture: Picture, choice: Choice) -> PredictRequest:
    """Return the request for what the model says about ``picture``."""
    return once(
        ("predict", picture.sha256, picture.name, choice.model, choice.geometry),
        lambda: api.prediction_request(picture, model=choice.model, geometry=choice.geometry),
    )


def explanation_request(picture: Picture, choice: Choice) -> ExplainRequest:
    """Return the request for the map that ``choice`` describes.

    Raises
    ------
    InputError
        If a part of the choice does not exist or does not fit.
    """
    return once(
        ("explain", picture.sha256, picture.name, *choice.explanation_key()),
        lambda: api.explanation_request(
            picture,
            model=choice.model,
            method=choice.method,
            parameters=dict(choice.parameters),
            target="auto" if choice.target is None else choice.target,
            against=choice.against,
            layer=choice.layer,
            geometry=choice.geometry,
        ),
    )
