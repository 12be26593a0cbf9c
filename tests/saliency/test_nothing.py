"""Where there is nothing to explain: no change to share out, no answer to what is hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import api
from core.contracts import Explanation, ModelRef
from core.models.runtime import runtime
from dashboard.formatting import errors_line

BLACK = np.zeros((48, 48, 3), np.uint8)
PATHS = {
    "integrated_gradients": {"baseline": "black"},
    "guided_ig": {"baseline": "black"},
    "idgi": {"baseline": "black"},
    "blur_ig": {},
    "xrai": {},
}
SEEN = {"integrated_gradients", "guided_ig", "idgi", "blur_ig"}


@pytest.fixture(scope="module")
def deaf() -> str:
    """A model that answers every picture the same, through weights that are not 0.

    Outside of pictures, where values are negative, it answers otherwise.
    """

    def builder(inputs: Any, n_classes: int) -> Any:
        from core.models.tensorflow import keras

        x = keras.layers.Conv2D(4, 3, name="features")(inputs)
        x = keras.layers.GlobalAveragePooling2D()(x)
        x = keras.layers.UnitNormalization()(keras.layers.Dense(1)(x))  # ±1: the sign alone
        out = keras.layers.Dense(n_classes)(x)
        model = keras.Model(keras.utils.get_source_inputs(inputs), out)
        rng = np.random.default_rng(3)
        for variable in model.weights:
            variable.assign(np.abs(rng.normal(0, 0.5, variable.shape)))
        return model

    api.register_model("deaf", builder, input_size=48, n_classes=3, feature_layer="features")
    return "deaf"


def explained(picture: np.ndarray, model: str, method: str, **parameters: Any) -> Explanation:
    return api.explain(
        picture, model=model, method=method, target=1, geometry="squash", parameters=parameters
    )


@pytest.mark.parametrize("method", sorted(SEEN))
def test_a_picture_that_is_its_baseline(toys: None, method: str) -> None:
    """The shares add up to a change of 0: the error is 0 logits, not a share of nothing."""
    black = np.zeros((16, 16, 3), np.uint8)
    found = explained(black, "toy_gap", method, **PATHS[method])
    assert found.completeness_error is None
    assert found.diagnostics["absolute_error"] < 1e-5
    assert found.diagnostics.get("converged", True)
    assert api.overlay(found).empty
    said = errors_line(found)
    assert "0 logit from a baseline that scores as the picture does" in said
    assert "allow more" not in said


def test_the_average_names_both_errors(toys: None) -> None:
    """From black there is no change, from the other baselines there is."""
    black = np.zeros((16, 16, 3), np.uint8)
    found = explained(black, "toy_gap", "integrated_gradients", baseline="average")
    assert found.completeness_error is not None
    assert found.completeness_error <= 0.01
    assert found.diagnostics["absolute_error"] < 1e-5
    assert " and " in errors_line(found)


@pytest.mark.parametrize("method", ["rise", "occlusion", "lime", "sobol"])
@pytest.mark.parametrize("score", ["logit", "probability"])
def test_a_constant_response_leaves_an_empty_map(deaf: str, method: str, score: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8)
    found = explained(picture, deaf, method, score=score)
    assert not found.map.any()
    assert found.diagnostics["constant_response"] is True
    assert "whatever was hidden, the score stayed the same" in errors_line(found)
    assert api.overlay(found).empty


def test_the_papers_rise_of_a_constant_response_is_flat(deaf: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8)
    found = explained(picture, deaf, "rise", centred=False)
    assert np.ptp(found.map) == 0
    logits = runtime(ModelRef(deaf)).logits(np.zeros((1, 48, 48, 3), np.float32))[0]
    chance = np.exp(logits[1]) / np.exp(logits).sum()
    assert found.map[0, 0] == pytest.approx(chance, rel=1e-4)


def test_ablation_of_a_constant_response_is_empty(deaf: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8)
    assert not explained(picture, deaf, "ablationcam").map.any()


def test_a_weak_response_is_still_a_map(toys: None) -> None:
    """What is small is not nothing: one part in a thousand of a score stays as it is."""
    picture = np.random.default_rng(1).integers(120, 122, (16, 16, 3), np.uint8)
    found = explained(picture, "toy_gap", "occlusion", patch=4, stride=4)
    assert found.map.any()
    assert "constant_response" not in found.diagnostics


def test_shares_of_no_difference_have_no_relative_error(toys: None) -> None:
    black = np.zeros((16, 16, 3), np.uint8)
    asked = api.shap_request(
        api.open_picture(black), model="toy_gap", explainer="partition", geometry="squash",
        parameters={"masker": "black"},
    )  # fmt: skip
    result = api.answer(asked)
    assert np.isnan(result.relative_errors).all()
    assert result.additivity_errors.max() < 1e-5
    noisy = replace(result, values=np.full_like(result.values, 1e-12))
    assert all(layer.empty for layer in api.shap_layers(noisy, regions=False))


def test_idgi_does_not_promise_for_and_against() -> None:
    card = next(c for c in api.methods() if c.id == "idgi")
    assert "against" not in card.summary
    assert "against" not in card.signs
    assert next(c for c in api.methods() if c.id == "occlusion").signs == ("against", "for")
