"""What there is, read once: models, methods, classes, scales."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from core import api
from core.api import class_names, find_class, lacking
from core.contracts import ClassScore, MethodCard, ModelCard, Prediction
from dashboard.lru import Lru
from dashboard.services._cards import by_id

__all__ = [
    "class_names", "default_seed", "find_class", "lacking", "method", "methods", "model", "models",
    "not_offered", "offered", "ranking", "stops",
]  # fmt: skip

_rankings: Lru[tuple[str, int], tuple[ClassScore, ...]] = Lru(512)


def models() -> dict[str, ModelCard]:
    """Return the cards of the zoo by id, the default first; read again when runs come or go."""
    return _models(tuple(run.model for run in api.runs()))


@lru_cache(maxsize=1)
def _models(trained: tuple[str, ...]) -> dict[str, ModelCard]:
    del trained  # part of the cache's key alone
    # A regression has values: every page here speaks of classes.
    return {card.id: card for card in api.models() if card.outputs != "values"}


methods: Callable[[], dict[str, MethodCard]] = by_id(api.methods)
"""The cards of the saliency methods by id."""


def default_seed(most: int) -> int:
    """Return the seed that pages begin with: the server's, at most ``most``."""
    return min(api.default_seed(), most)


def model(id: str) -> ModelCard:
    """Return one model's card."""
    return models()[id]


def method(id: str) -> MethodCard:
    """Return one method's card."""
    return methods()[id]


def ranking(prediction: Prediction, k: int = 5) -> tuple[ClassScore, ...]:
    """Return the ``k`` most probable classes, ranked once."""
    return _rankings.get_or((prediction.key, k), lambda: api.ranking(prediction, k))


def stops(*, signed: bool) -> list[tuple[float, str]]:
    """Return the stops of the colour scale for a legend."""
    return api.colour_scale(signed)


def offered(card: ModelCard) -> dict[str, MethodCard]:
    """Return the methods that a model has what it takes for."""
    return {id: m for id, m in methods().items() if not lacking("methods", id, card)}


def not_offered(card: ModelCard) -> dict[str, list[str]]:
    """Return the names of the other methods by what the model lacks, in words."""
    reasons: dict[str, list[str]] = {}
    for id, method in methods().items():
        if reason := lacking("methods", id, card):
            reasons.setdefault(reason, []).append(method.name)
    return reasons
