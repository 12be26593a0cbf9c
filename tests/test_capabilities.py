"""What goes with what is one rule, whoever asks: page, command or API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import api
from core.comparison.drift_paths import PATHS
from core.errors import CapabilityError
from core.evidence.registry import METRICS
from core.modalities.capabilities import CAPABILITIES, Needs, Offer, lack, reason, require
from core.modalities.picture.modality import PICTURE
from core.models import zoo
from core.models.spec import offered
from core.robustness.attacks.registry import ATTACKS
from core.robustness.certificates.registry import CERTIFIERS
from core.saliency.registry import METHODS
from core.shapley.registry import EXPLAINERS
from core.targets.registry import TARGETS

ALL = [
    pytest.param(id, entry.needs, id=f"{registry.what}-{id}")
    for registry in (METHODS, METRICS, ATTACKS, CERTIFIERS, EXPLAINERS, PATHS, TARGETS)
    for id, entry in registry.items()
]
FULL = Offer(frozenset(CAPABILITIES), "a_model")


@pytest.mark.parametrize(("id", "needs"), ALL)
def test_whatever_is_needed_has_its_words(id: str, needs: frozenset[str]) -> None:
    assert needs <= CAPABILITIES.keys()
    assert reason(id, needs, FULL) == lack(needs, FULL.has) == ""
    for name in needs:
        without = Offer(FULL.has - {name}, "a_model", {name: "it is so"})
        said = reason(id, needs, without)
        assert said.startswith(id)
        assert said.endswith(".")
        assert "{" not in said
        assert lack(needs, without.has)


def test_the_words_are_those_of_before() -> None:
    spec = zoo.get("efficientnet_lite0")
    blind = replace(spec, gradients=False, features=False, twin="resnet50")
    twin = "resnet50, which it was made of, has them"
    none = f"efficientnet_lite0 has none (forward passes only; {twin})"
    assert blind.without_gradients == none
    for who, needs, said in (
        ("Saliency", {"gradient"}, f"Saliency needs gradients: {none}."),
        ("Grad-CAM", {"gradient", "layer"}, f"Grad-CAM needs gradients: {none}."),
        (
            "Score-CAM", {"layer"},
            "Score-CAM reads a convolutional layer, and efficientnet_lite0 declares none.",
        ),
        (
            "Attention rollout", {"attention"},
            "Attention rollout reads the attention between the tokens of a picture: "
            "efficientnet_lite0 runs forwards alone, and its attention cannot be read.",
        ),
        ("ibp", {"network"}, f"ibp reads the weights: {none}."),
    ):  # fmt: skip
        assert reason(who, frozenset(needs), blind.offer) == said
        with pytest.raises(CapabilityError):
            require(who, frozenset(needs), blind.offer)
    require("Grad-CAM", frozenset({"gradient", "layer", "plane"}), spec.offer)


def test_a_card_of_a_model_offers_what_its_spec_does() -> None:
    for spec in zoo.specs().values():
        assert offered(spec.card()) == spec.offer
        assert spec.offer.has >= PICTURE.offers
    assert "classes" in zoo.get("efficientnet_lite0").offer.has


def test_pages_leave_out_what_requests_refuse() -> None:
    card = replace(api.models()[0], gradients=False, features=False)
    for id, method in METHODS.items():
        lacks = method.needs & {"gradient", "layer", "attention"}
        assert bool(api.lacking("methods", id, card)) == bool(lacks)
    assert api.lacking("methods", "gradcam", card) == "has no gradients"
    assert api.lacking("methods", "scorecam", card) == "has no convolutional feature layer"
    rollout = api.lacking("methods", "attention_rollout", card)
    assert rollout == "has no attention over a grid of tokens"
    assert api.lacking("attacks", "pgd", card) == "has no gradients"
    assert not api.lacking("attacks", "square", card)
    assert api.lacking("certifiers", "ibp", card)
    assert not api.lacking("explainers", "partition", card)
    assert {id for id in PATHS if api.lacking("paths", id, card)} == {
        id for id, path in PATHS.items() if path.card.needs_gradients
    }


def test_a_regression_has_no_classes_to_attack_or_certify() -> None:
    card = replace(api.models()[0], outputs="values")
    assert api.lacking("attacks", "pgd", card) == "has no classes to choose among"
    assert api.lacking("certifiers", "smoothing", card) == "has no classes to choose among"
    assert not api.lacking("methods", "gradcam", card)
    assert api.lacking("methods", "scorecam", card) == "has no probability"


def test_flags_follow_what_is_needed() -> None:
    class Thing:
        needs = frozenset({"layer"})
        uses_layer = Needs("layer")
        needs_gradients = Needs("gradient")

    assert Thing.uses_layer
    assert not Thing().needs_gradients
    with pytest.raises(ValueError, match="no such capability: 'wings'"):
        lack(frozenset({"wings"}), frozenset())
