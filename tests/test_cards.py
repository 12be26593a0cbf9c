"""A card holds its declaration: what is declared is on the card, or named here as not shown."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from core.compression.compressors import COMPRESSORS, Compressor
from core.contracts import (
    AttackCard,
    CertifierCard,
    CompressionCard,
    DatasetCard,
    ExplainerCard,
    MethodCard,
    MetricCard,
    RecipeCard,
)
from core.data.base import DatasetKind
from core.data.registry import DATASETS
from core.declared import card_of
from core.evidence.base import Metric
from core.evidence.registry import METRICS
from core.modalities.picture.modality import PICTURE
from core.registry import Registry, declarations
from core.robustness.attacks.base import Attack
from core.robustness.attacks.registry import ATTACKS
from core.robustness.certificates.base import Certifier
from core.robustness.certificates.registry import CERTIFIERS
from core.saliency.base import Method
from core.saliency.registry import METHODS
from core.shapley.base import Explainer
from core.shapley.registry import EXPLAINERS
from core.training.base import Recipe
from core.training.registry import RECIPES

# Base class, its card, its registry, and what only the code asks of it.
KINDS: dict[str, tuple[type[Any], type[Any], Registry[Any], set[str]]] = {
    "method": (Method, MethodCard, METHODS, {"class_agnostic", "needs"}),
    "metric": (Metric, MetricCard, METRICS, {"positive", "needs"}),
    "attack": (Attack, AttackCard, ATTACKS, {"iterative", "ensemble", "needs"}),
    "explainer": (Explainer, ExplainerCard, EXPLAINERS, {"needs"}),
    "certifier": (Certifier, CertifierCard, CERTIFIERS, {"chunk", "needs"}),
    "recipe": (Recipe, RecipeCard, RECIPES, {"default_base"}),
    "form": (Compressor, CompressionCard, COMPRESSORS, {"format"}),
    "dataset": (DatasetKind, DatasetCard, DATASETS, {"placeholder"}),
}
WORKED_OUT = {"dataset": {"usage", "needs"}}
FOR = {"method": (PICTURE,), "explainer": (PICTURE,)}
"""What choices depend on: cards of methods are made for a kind of input."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_has_what_is_declared(kind: str) -> None:
    base, card, _, not_shown = KINDS[kind]
    declared = {name for name, _ in declarations(base)}
    shown = {each.name for each in fields(card)} - WORKED_OUT.get(kind, set())
    assert declared - not_shown == shown


@pytest.mark.parametrize("kind", KINDS)
def test_every_card_says_what_its_declaration_says(kind: str) -> None:
    base, card, registry, _ = KINDS[kind]
    assert len(registry) > 1
    for id, declaration in registry.items():
        made = declaration.card(*FOR.get(kind, ()))
        assert isinstance(made, card)
        assert made.id == id
        for name, _ in declarations(base):
            if hasattr(made, name):
                said = getattr(declaration, name)
                if name == "parameters" and kind in FOR:
                    said = PICTURE.parameters(said)
                assert getattr(made, name) == said, f"{id}: {name}"


def test_a_card_without_a_declaration_is_a_mistake_that_shows() -> None:
    class Nameless(Method):
        id = "nameless"

    with pytest.raises(AttributeError, match=r"Nameless.* has no attribute"):
        card_of(Nameless, MethodCard)
