"""What there is, read once: models, methods, classes, scales."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import get_args

from core import api
from core.api import class_names, find_class, lacking
from core.contracts import ClassScore, MethodCard, ModalityCard, ModelCard, Prediction
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._cards import by_id

__all__ = [
    "broken_plugins", "class_names", "default_seed", "find_class", "kind_of", "lacking", "method",
    "methods", "methods_for", "modalities", "model", "model_of", "models", "not_offered",
    "offered", "ranking", "stops",
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


modalities: Callable[[], dict[str, ModalityCard]] = by_id(api.modalities)
"""The cards of the kinds of input by id."""
methods: Callable[[], dict[str, MethodCard]] = by_id(api.methods)
"""The cards of the saliency methods by id; parameters are offered as pictures have them."""


@lru_cache(maxsize=16)
def methods_for(modality: str) -> dict[str, MethodCard]:
    """Return the same cards, parameters as a kind of input has them."""
    return {card.id: card for card in api.methods(modality)}


def model_of(modality: str) -> str:
    """Return the first model that takes a kind of input.

    Raises
    ------
    InputError
        If there is none.
    """
    found = next((id for id, card in models().items() if card.modality == modality), "")
    if not found:
        raise InputError(f"No model here takes inputs of the kind {modality}: install one.")
    return found


def kind_of(model: str) -> ModalityCard:
    """Return the card of the kind of input that a model takes."""
    return modalities()[models()[model].modality]


@lru_cache(maxsize=1)
def broken_plugins() -> tuple[str, ...]:
    """Return what installed packages bring that cannot be used, one sentence each."""
    return tuple(text for kind in get_args(api.PluginKind) for text in api.broken_plugins(kind))


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
    own = methods_for(card.modality)
    return {id: m for id, m in own.items() if not lacking("methods", id, card)}


def not_offered(card: ModelCard) -> dict[str, list[str]]:
    """Return the names of the other methods by what the model lacks, in words."""
    reasons: dict[str, list[str]] = {}
    for id, method in methods().items():
        if reason := lacking("methods", id, card):
            reasons.setdefault(reason, []).append(method.name)
    return reasons
