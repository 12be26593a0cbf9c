"""Models of any height and width, with 1 to 4 channels: every question is answered for them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from core import api
from core.errors import InputError
from core.models import zoo
from core.models.tensorflow import keras
from core.saliency.registry import METHODS

SHAPES = {"wide": (24, 40, 3), "grey": (28, 28, 1), "opaque": (36, 20, 4), "veiled": (20, 24, 2)}
N = 3

COSTLY = pytest.mark.parametrize(
    "model",
    ["wide", "veiled", *(pytest.param(one, marks=pytest.mark.slow) for one in ("grey", "opaque"))],
    indirect=True,
)
"""For what traces a graph a question: one shape of three channels, one of another number."""


def builder(inputs: keras.KerasTensor, n_classes: int) -> keras.Model:
    x = keras.layers.Conv2D(
        6, 3, padding="same", activation="relu", name="last",
        kernel_initializer=keras.initializers.GlorotNormal(seed=1),
    )(inputs)  # fmt: skip
    x = keras.layers.GlobalAveragePooling2D()(x)
    logits = keras.layers.Dense(
        n_classes, kernel_initializer=keras.initializers.GlorotNormal(seed=2)
    )(x)
    return keras.Model(inputs, logits)


@pytest.fixture(scope="module", params=SHAPES)
def model(request: pytest.FixtureRequest) -> Iterator[str]:
    id = f"shape_{request.param}"
    shape = SHAPES[request.param]
    api.register_model(id, builder, input_size=shape, n_classes=N, feature_layer="last")
    yield id
    del zoo._registered[id]


@pytest.fixture(scope="module")
def picture() -> api.Picture:
    rng = np.random.default_rng(0)
    return api.open_picture(rng.integers(0, 256, (60, 90, 3), dtype=np.uint8))


def test_it_sees_the_picture_in_its_shape(model: str, picture: api.Picture) -> None:
    shape = zoo.get(model).input_shape
    given = api.prediction_request(picture, model=model).input.tensor()
    assert given.shape == shape
    if shape[-1] in (2, 4):
        assert (given[..., -1] == 1).all()
    if shape[-1] < 3:
        colours = api.prediction_request(picture, model=model, geometry="squash").input.tensor()
        whole = picture.pixels.astype(float) @ [0.299, 0.587, 0.114] / 255
        assert colours[..., 0].mean() == pytest.approx(whole.mean(), abs=0.01)


def test_the_answer_is_the_networks_own(model: str, picture: api.Picture) -> None:
    request = api.prediction_request(picture, model=model)
    found = api.answer(request)
    inputs = keras.Input(zoo.get(model).input_shape)
    own = builder(inputs, N)
    np.testing.assert_allclose(found.logits, own(request.input.tensor()[None])[0], atol=1e-5)
    assert len(api.ranking(found)) == N


@pytest.mark.parametrize("geometry", ["crop", "squash", "letterbox"])
def test_the_box_is_where_the_pixels_come_from(
    model: str, picture: api.Picture, geometry: str
) -> None:
    shape = zoo.get(model).input_shape
    # A picture whose red rises to the right and green downwards tells where each pixel was.
    rows, columns = np.mgrid[0:60, 0:90]
    ramp = np.stack([columns * 2, rows * 4, np.zeros_like(rows)], axis=-1).astype(np.uint8)
    seen = api.prediction_request(api.open_picture(ramp), model=model, geometry=geometry).input
    if shape[-1] < 3:
        return
    box, pixels = seen.box, seen.pixels.astype(float)
    height, width = shape[:2]
    for y, x in ((height // 2, width // 2), (height // 2 + 3, width // 2 - 4)):
        at_x = box.left + (x + 0.5) * (box.right - box.left) / width - 0.5
        at_y = box.top + (y + 0.5) * (box.bottom - box.top) / height - 0.5
        assert pixels[y, x, 0] == pytest.approx(2 * at_x, abs=4)
        assert pixels[y, x, 1] == pytest.approx(4 * at_y, abs=6)


FEW = {"rise": {"n_masks": 16}, "lime": {"n_samples": 16}, "sobol": {"n_designs": 4, "cells": 3},
       "smoothgrad": {"n_samples": 3}, "expected_gradients": {"n_samples": 4},
       "guided_ig": {"n_steps": 4}}  # fmt: skip


@COSTLY
@pytest.mark.parametrize(
    "method", [id for id in METHODS.own if "attention" not in METHODS[id].needs]
)
def test_every_method_draws_a_map_of_its_shape(
    model: str, method: str, picture: api.Picture
) -> None:
    found = api.explain(picture, model=model, method=method, parameters=FEW.get(method))
    assert found.map.shape == zoo.get(model).input_shape[:2]
    assert np.isfinite(found.map).all()
    assert api.overlay_png(picture, found).startswith(b"\x89PNG")


def test_integrated_gradients_add_up(model: str, picture: api.Picture) -> None:
    found = api.explain(picture, model=model, method="integrated_gradients")
    change = found.diagnostics["f_input"] - found.diagnostics["f_baseline"]
    assert found.map.sum() == pytest.approx(change, abs=0.02 * abs(change) + 1e-4)


@pytest.mark.parametrize("explainer", ["partition", "kernel"])
def test_shapley_values_add_up(model: str, explainer: str, picture: api.Picture) -> None:
    request = api.shap_request(picture, model=model, explainer=explainer)
    found = api.answer(request)
    assert (found.additivity_errors < 1e-4).all()


@COSTLY
def test_evidence_is_measured(model: str, picture: api.Picture) -> None:
    asked = api.explanation_request(picture, model=model, method="gradcam")
    ids = [card.id for card in api.metrics() if not card.needs_mask]
    card = api.answer(api.evidence_request(asked, metrics=ids))
    assert {score.metric for score in card.scores} == set(ids)
    check = next(check for check in card.checks if check.id == "beats_controls")
    assert check.verdict in {"pass", "fail", "unclear"}
    sanity = api.answer(api.sanity_request(model=model, method="saliency"))
    assert sanity.verdict != "unknown"


@COSTLY
def test_it_is_attacked_and_corrupted(model: str, picture: api.Picture) -> None:
    classes = api.open_dataset("portraits").classes
    id = f"{model}_faces"
    api.register_model(
        id, builder, input_size=zoo.get(model).input_shape, n_classes=len(classes), labels=classes,
        feature_layer="last",
    )  # fmt: skip
    try:
        asked = api.robustness_request(
            "portraits", model=id, limit=12, attacks=["pgd", "square", "hopskipjump"],
            parameters={"square": {"queries": 20}, "hopskipjump": {"rounds": 1}},
            eps="8/255,1", checks=False,
        )  # fmt: skip
        found = api.answer(asked)
        assert found.n == 12
        corrupted = api.answer(api.corruption_request("portraits", model=id, limit=12))
        assert corrupted.n == 12
        answers = api.predict_dataset("portraits", model=id, limit=12)
        assert answers.probabilities.shape == (12, len(classes))
    finally:
        del zoo._registered[id]


def test_transparent_pictures_are_refused_where_opacity_is_a_channel(model: str) -> None:
    rgba = np.full((30, 30, 4), 200, np.uint8)
    opaque, veiled = rgba.copy(), rgba.copy()
    opaque[..., 3] = 255
    api.prediction_request(api.open_picture(opaque), model=model)
    if zoo.get(model).input_shape[-1] in (1, 3):
        api.prediction_request(api.open_picture(veiled), model=model)
        return
    with pytest.raises(InputError, match="transparent in parts"):
        api.prediction_request(api.open_picture(veiled), model=model)


def test_a_sequential_needs_no_input_of_its_own() -> None:
    def plain(inputs: keras.KerasTensor, n_classes: int) -> keras.Model:
        return keras.Sequential([
            keras.layers.Conv2D(4, 3, activation="relu", name="last"),
            keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(n_classes),
        ])  # fmt: skip

    api.register_model(
        "shape_plain", plain, input_size=(20, 30, 1), n_classes=N, feature_layer="last"
    )
    try:
        grey = np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)
        assert api.explain(grey, model="shape_plain", method="gradcam").map.shape == (20, 30)
    finally:
        del zoo._registered["shape_plain"]
    wrong = keras.Sequential([keras.layers.Conv2D(4, 99), keras.layers.Dense(N)])
    with pytest.raises(InputError, match="builder of shape_wrong failed"):
        api.register_model("shape_wrong", lambda *_: wrong, input_size=20, n_classes=N)
