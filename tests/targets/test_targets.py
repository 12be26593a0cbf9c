"""Targets: their numbers and slopes; one that is no sum of outputs, through all that explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from scipy.special import expit, softmax

from core import api, registry
from core.contracts import ClassRef, ModelRef
from core.errors import CapabilityError, InputError, UnknownNameError
from core.evidence.passes import GRADIENT_COST, CountedPasses
from core.modalities.capabilities import Offer
from core.models.runtime import runtime
from core.plugins import Plugin
from core.targets.base import Find, Target
from core.targets.contrast import ContrastTarget
from core.targets.multi_label import MultiLabelTarget
from core.targets.one_class import ClassTarget
from core.targets.passes import ScorePasses, pose
from core.targets.registry import TARGETS, read
from core.targets.value import ValueTarget

NAMES = ("cat", "dog", "fox", "class:odd")
OUTPUTS = np.random.default_rng(0).normal(size=(5, 4))
LINEAR = (ClassTarget(2), ContrastTarget(0, 3), ValueTarget(1), MultiLabelTarget(3))
CHOOSES = Offer(frozenset({"classes", "gradient"}), "a_model")


@dataclass(frozen=True)
class Product(Target):
    """The product of two outputs."""

    id: ClassVar[str] = "product"
    summary: ClassVar[str] = "Two outputs, multiplied."
    linear: ClassVar[bool] = False
    first: int
    second: int

    @classmethod
    def parse(cls, text: str, find: Find) -> Self:
        first, _, second = text.partition("*")
        return cls(find(first), find(second))

    def score(self, outputs: Any) -> Any:
        return outputs[:, self.first] * outputs[:, self.second]

    def slope(self, outputs: Any) -> Any:
        slope = np.zeros_like(outputs)
        slope[:, self.first] += outputs[:, self.second]
        slope[:, self.second] += outputs[:, self.first]
        return slope

    def refs(self, names: Sequence[str]) -> tuple[ClassRef, None]:
        return ClassRef(self.first, f"{names[self.first]} × {names[self.second]}"), None

    def parts(self) -> dict[str, Any]:
        return {"target": {self.id: [self.first, self.second]}, "against": None}

    def words(self) -> list[str]:
        return ["--target", f"product:{self.first}*{self.second}"]


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that brings a target; nothing in the house knows it."""
    brought = Plugin("pellucid.targets", "product", "odd:Product", "odd", "1.2", lambda: Product)
    monkeypatch.setattr(
        registry, "plugins", lambda group: (brought,) if group == "pellucid.targets" else ()
    )
    for name, empty in (("_all", None), ("_brought", {}), ("_broken", [])):
        monkeypatch.setattr(TARGETS, name, empty)
    assert list(TARGETS) == ["class", "contrast", "value", "multi-label", "product"]


# ---- numbers and slopes


@pytest.mark.parametrize("target", [*LINEAR, Product(0, 2), Product(1, 1)], ids=repr)
def test_slopes_are_the_derivatives_of_scores(target: Target) -> None:
    h = 1e-5
    steps = np.eye(4) * h
    measured = np.stack(
        [(target.score(OUTPUTS + step) - target.score(OUTPUTS - step)) / (2 * h) for step in steps],
        axis=1,
    )
    np.testing.assert_allclose(target.slope(OUTPUTS), measured, atol=1e-8)


@pytest.mark.parametrize("target", LINEAR, ids=repr)
def test_linear_targets_are_sums_of_outputs(target: Target) -> None:
    other = OUTPUTS[::-1] ** 2
    both = target.score(2 * OUTPUTS - 3 * other)
    np.testing.assert_allclose(both, 2 * target.score(OUTPUTS) - 3 * target.score(other))
    assert (target.slope(OUTPUTS) == target.slope(other)).all()


def test_probabilities_belong_to_what_is_explained() -> None:
    np.testing.assert_allclose(ClassTarget(2).chance(OUTPUTS), softmax(OUTPUTS, axis=1)[:, 2])
    two = softmax(OUTPUTS[:, [0, 3]], axis=1)[:, 0]
    np.testing.assert_allclose(ContrastTarget(0, 3).chance(OUTPUTS), two)
    np.testing.assert_allclose(MultiLabelTarget(3).chance(OUTPUTS), expit(OUTPUTS[:, 3]))
    assert ValueTarget(1).chance(OUTPUTS) is None
    assert Product(0, 1).chance(OUTPUTS) is None


def test_keys_of_classes_are_those_of_before() -> None:
    assert ClassTarget().parts() == {"target": None, "against": None}
    assert ClassTarget(3).parts() == {"target": 3, "against": None}
    assert ContrastTarget(None, 2).parts() == {"target": None, "against": 2}
    assert ContrastTarget(None, 2).settle(1).parts() == {"target": 1, "against": 2}
    distinct = {str(t.parts()) for t in (*LINEAR, ClassTarget(1), ClassTarget(3))}
    assert len(distinct) == 6, "a value, a yes or no and a class of one index are three"


# ---- read from a line


@pytest.mark.parametrize(
    ("text", "against", "has", "found"),
    [
        ("auto", None, "classes", ClassTarget()),
        ("dog", None, "classes", ClassTarget(1)),
        ("class:dog", None, "classes", ClassTarget(1)),
        ("class:odd", None, "classes", ClassTarget(3)),
        ("dog", "fox", "classes", ContrastTarget(1, 2)),
        ("auto", "fox", "classes", ContrastTarget(None, 2)),
        ("contrast:dog/fox", None, "classes", ContrastTarget(1, 2)),
        ("2", None, "values", ValueTarget(2)),
        ("auto", None, "values", ValueTarget()),
        ("value:cat", None, "values", ValueTarget(0)),
        ("fox", None, "labels", MultiLabelTarget(2)),
    ],
)
def test_a_target_is_read(text: str, against: str | None, has: str, found: Target) -> None:
    assert read(text, against, _find, NAMES, Offer(frozenset({has}), "m")) == found


def test_words_name_the_target_that_they_come_from() -> None:
    for target, has in zip(LINEAR, ("classes", "classes", "values", "labels"), strict=True):
        text, *rest = target.words()[1::2]
        again = read(text, rest[0] if rest else None, _find, NAMES, Offer(frozenset({has}), "m"))
        assert again == target


def test_names_for_people() -> None:
    assert ClassTarget(1).label(NAMES) == "dog"
    assert ContrastTarget(1, 2).label(NAMES) == "dog rather than fox"
    assert ValueTarget(0).label(NAMES) == "cat"


@pytest.mark.parametrize(
    ("text", "against", "error"),
    [
        ("value:cat", None, "needs the values of a regression: a_model has none"),
        ("multi-label:cat", None, "a yes or no of their own"),
        ("dog", "dog", r"are the same \(dog\): their difference is always 0"),
        ("contrast:dog", None, "A contrast is two classes"),
        ("wolf", None, "wolf"),
    ],
)
def test_what_a_model_does_not_have_is_refused(text: str, against: str | None, error: str) -> None:
    with pytest.raises(InputError, match=error):
        read(text, against, _find, NAMES, CHOOSES)


def _find(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text not in NAMES:
        raise UnknownNameError(f"no {text}")
    return NAMES.index(text)


# ---- a target that is no sum of outputs, from outside


OPTIONS: dict[str, Any] = {"model": "toy_gap", "geometry": "squash", "target": "product:0*1"}
POSITIVE_ONLY = {"gradcam", "hirescam", "ablationcam"}
"""Maps of what speaks for the number: there may be none of it in a picture."""

SHARES: dict[str, Any] = {key: OPTIONS[key] for key in ("model", "geometry")}


def test_its_gradient_is_that_of_the_number(toys: None, noise_picture: Any) -> None:
    model = runtime(ModelRef("toy_gap"))
    x = (noise_picture / np.float32(255))[None].astype(np.float32)
    target = Product(0, 1)
    passes, directions = pose(model, [target], 3)
    assert isinstance(passes, ScorePasses)
    assert directions.tolist() == [[1.0]]
    score, gradient = passes.gradient(x, directions)
    assert score.shape == (1, 1)
    np.testing.assert_allclose(score[0, 0], target.score(model.logits(x))[0], rtol=1e-5)
    way = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    h = np.float32(1e-2)
    ahead, behind = (target.score(model.logits(x + s * way).astype(float)) for s in (h, -h))
    measured = float((ahead - behind)[0] / (2 * h))
    assert float((gradient * way).sum()) == pytest.approx(measured, rel=0.01)


def test_its_gradients_cost_a_forward_pass_more(toys: None, noise_picture: Any) -> None:
    model = runtime(ModelRef("toy_gap"))
    x = np.repeat((noise_picture / np.float32(255))[None].astype(np.float32), 3, axis=0)
    passes, directions = pose(model, [Product(0, 1)] * 3, 3)
    counted = CountedPasses(passes, chained=True)
    counted.gradient(x, directions)
    counted.logits(x)
    assert counted.spent == 3 * (GRADIENT_COST + 1) + 3
    assert isinstance(passes, ScorePasses)
    assert passes.forward == 3


@pytest.mark.usefixtures("toys", "product")
@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("saliency", {}),
        ("gradient_x_input", {}),
        ("guided_backprop", {}),
        ("gradcam", {}),
        ("hirescam", {}),
        ("ablationcam", {}),
        ("integrated_gradients", {}),
        ("smoothgrad", {"n_samples": 4}),
        ("expected_gradients", {"n_samples": 16}),
        ("occlusion", {"patch": 4, "stride": 4}),
        ("lime", {"n_samples": 64, "n_regions": 16}),
        ("rise", {"n_masks": 64}),
        ("sobol", {"cells": 4, "n_designs": 4}),
    ],
)
def test_every_kind_of_method_explains_it(
    method: str, parameters: dict[str, Any], noise_picture: Any
) -> None:
    result = api.explain(noise_picture, method=method, parameters=parameters, **OPTIONS)
    logits = api.predict(noise_picture, model="toy_gap", geometry="squash").logits
    assert result.logit == pytest.approx(float(logits[0] * logits[1]), rel=1e-4)
    assert result.target == ClassRef(0, "class 0 × class 1")
    assert result.versions["odd"] == "1.2"
    others = ["product:0*2", "product:1*2", "product:1*1"] if method in POSITIVE_ONLY else []
    maps = [result.map] + [
        api.explain(noise_picture, method=method, **OPTIONS | {"target": other}).map
        for other in others
    ]
    assert any(each.any() for each in maps)
    assert "--target 'product:0*1'" in result.command
    of_class = api.explain(noise_picture, method=method, parameters=parameters,
                           **SHARES, target=0)  # fmt: skip
    assert of_class.key != result.key
    assert "odd" not in of_class.versions


@pytest.mark.usefixtures("toys", "product")
def test_integrated_gradients_add_up_to_it(noise_picture: Any) -> None:
    result = api.explain(noise_picture, method="integrated_gradients", **OPTIONS,
                         parameters={"baseline": "black", "tolerance": 0.001})  # fmt: skip
    known = result.diagnostics
    assert result.completeness_error is not None
    assert result.completeness_error <= 0.001
    change = float(known["f_input"]) - float(known["f_baseline"])
    assert float(result.map.sum(dtype=np.float64)) == pytest.approx(change, rel=0.01)
    assert known["further_forward_passes"] == known["gradient_passes"]


@pytest.mark.usefixtures("toys", "product")
@pytest.mark.parametrize("explainer", ["partition", "kernel"])
def test_shapley_values_add_up_to_it(explainer: str, noise_picture: Any) -> None:
    request = api.shap_request(noise_picture_of(noise_picture), explainer=explainer, **SHARES,
                               targets=["product:0*1", "2", "contrast:0/1"])  # fmt: skip
    result = api.answer(request)
    z = api.predict(noise_picture, model="toy_gap", geometry="squash").logits
    np.testing.assert_allclose(result.outputs, [z[0] * z[1], z[2], z[0] - z[1]], rtol=1e-4)
    assert (result.additivity_errors < 1e-3).all()
    assert [t.label for t in result.targets] == [
        "class 0 × class 1", "class 2", "class 0 rather than class 1",
    ]  # fmt: skip
    assert np.isnan(result.probabilities[0])
    assert result.probabilities[1] == pytest.approx(softmax(z)[2], rel=1e-4)
    alone = api.answer(api.shap_request(noise_picture_of(noise_picture), explainer=explainer,
                                        **SHARES, targets=["2"]))  # fmt: skip
    if explainer == "partition":
        return  # it halves what matters most to all that it is asked about
    np.testing.assert_allclose(alone.values[0], result.values[1], atol=2e-4)


@pytest.mark.usefixtures("toys", "product")
def test_its_evidence_card_measures_what_it_can_and_says_why_not(noise_picture: Any) -> None:
    request = api.explanation_request(noise_picture_of(noise_picture), method="saliency", **OPTIONS)
    card = api.answer(api.evidence_request(request))
    scores = {score.metric: score for score in card.scores}
    assert scores["sparseness"].value is not None
    assert scores["input_stability"].value is not None
    assert scores["deletion"].value is None
    assert scores["deletion"].reason == "it needs a probability: what is explained here has none"
    assert card.target.label == "class 0 × class 1"
    with pytest.raises(
        CapabilityError, match=r"The metric deletion needs a probability: .*product"
    ):
        api.evidence_request(request, metrics=["deletion"])
    faithful = api.answer(api.evidence_request(request, metrics=["infidelity", "mufidelity"]))
    assert all(score.value is not None for score in faithful.scores)


@pytest.mark.usefixtures("toys", "product")
def test_a_probability_that_is_not_there_is_not_watched(noise_picture: Any) -> None:
    picture = noise_picture_of(noise_picture)
    for method in ("lime", "rise"):
        asked = api.explanation_request(picture, method=method, **OPTIONS)
        assert asked.parameters["score"] == "logit"
        of_class = api.explanation_request(picture, method=method, **SHARES)
        assert of_class.parameters["score"] == "probability"
    for method, parameters in (("occlusion", {"score": "probability"}), ("scorecam", {})):
        with pytest.raises(CapabilityError, match=r"needs a probability: .*toy_gap \(product\)"):
            api.explanation_request(picture, method=method, parameters=parameters, **OPTIONS)


@pytest.mark.usefixtures("toys", "product")
def test_what_follows_a_class_refuses_other_numbers(noise_picture: Any) -> None:
    picture = noise_picture_of(noise_picture)
    with pytest.raises(CapabilityError, match=r"follows a class.*'product'"):
        api.drift_request(picture, path="noise", **OPTIONS)
    with pytest.raises(CapabilityError, match=r"follows a class.*'product'"):
        api.counterfactual_request(picture, **OPTIONS)


def noise_picture_of(pixels: Any) -> Any:
    return api.open_picture(pixels)
