"""What holds for every registered method, whichever it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import api
from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import Cancelled, InputError, ParameterError
from core.modalities.picture import images
from core.modalities.picture.modality import PICTURE
from core.models.runtime import runtime
from core.saliency.base import Method, Problem
from core.saliency.registry import METHODS
from tests.conftest import toy_of

QUICK = {
    "smoothgrad": {"n_samples": 3},
    "integrated_gradients": {"max_passes": 17},
    "idgi": {"n_steps": 16},
    "blur_ig": {"max_passes": 17},
    "guided_ig": {"n_steps": 8, "max_passes": 17},
    "expected_gradients": {"n_samples": 8},
    "xrai": {"max_passes": 17},
    "occlusion": {"patch": 4, "stride": 2},
    "rise": {"n_masks": 64},
    "adaptive_rise": {"n_masks": 64},
    "sobol": {"cells": 4, "n_designs": 4},
    "lime": {"n_samples": 64, "n_regions": 16},
}
ONE_SIDED = {
    "guided_backprop": "each ReLU lets positive gradients through, not negative ones",
    "xrai": "regions are taken from the highest mean down",
    "attention_gradient": "what raises f where it is attended to, not what lowers it",
    "adaptive_rise": "later masks are drawn where the map so far is highest",
}
"""Methods that keep no magnitude when f changes sign, and why."""


@pytest.fixture(params=sorted(METHODS))
def method(request: pytest.FixtureRequest) -> type[Method]:
    return METHODS[request.param]


def parameters(method: type[Method]) -> dict[str, object]:
    defaults = {p.name: p.default for p in PICTURE.parameters(method.parameters)}
    return defaults | QUICK.get(method.id, {})


def problem(
    method: type[Method], pictures: np.ndarray, targets: list[int], **options: object
) -> Problem:
    model = runtime(ModelRef(toy_of(method.needs)))
    directions = np.eye(model.n_classes, dtype=np.float32)[targets]
    return Problem(model, pictures, directions, None, 0, LocalControl(**options), PICTURE)


@pytest.fixture(scope="module")
def pictures(toys: None) -> np.ndarray:
    return np.random.default_rng(0).random((3, 16, 16, 3), dtype=np.float32)


def test_declaration_is_complete(method: type[Method]) -> None:
    card = method.card(PICTURE)
    assert card.name
    assert card.summary.endswith(".")
    assert card.limits.endswith(".")
    assert card.paper
    for spec in card.parameters:
        assert spec.parse(spec.default) == spec.default
        assert spec.help
        assert not spec.help.endswith(".")
    assert card == next(c for c in api.methods() if c.id == method.id)


def test_maps_are_raw_finite_and_shaped(method: type[Method], pictures: np.ndarray) -> None:
    results = method().explain(problem(method, pictures, [0, 1, 2]), parameters(method))
    assert len(results) == 3
    for result in results:
        assert result.map.shape == (16, 16)
        assert result.map.dtype == np.float32
        assert np.isfinite(result.map).all()
        assert result.map.any()
    if not method.signed:
        assert min(r.map.min() for r in results) >= 0
    else:
        assert min(r.map.min() for r in results) < 0 < max(r.map.max() for r in results)


def test_a_map_does_not_depend_on_its_batch_mates(
    method: type[Method], pictures: np.ndarray
) -> None:
    together = method().explain(problem(method, pictures, [0, 1, 2]), parameters(method))
    for i in range(3):
        alone = method().explain(problem(method, pictures[i : i + 1], [i]), parameters(method))
        np.testing.assert_allclose(together[i].map, alone[0].map, atol=1e-5)


def test_the_same_seed_gives_the_same_map(method: type[Method], pictures: np.ndarray) -> None:
    a, b = (
        method().explain(problem(method, pictures[:1], [0]), parameters(method))[0]
        for _ in range(2)
    )
    np.testing.assert_array_equal(a.map, b.map)


def test_the_global_random_state_is_left_alone(method: type[Method], pictures: np.ndarray) -> None:
    np.random.seed(7)
    method().explain(problem(method, pictures[:1], [0]), parameters(method))
    assert np.random.random_sample() == np.random.RandomState(7).random_sample()


def test_a_contrast_with_both_classes_swapped(method: type[Method], pictures: np.ndarray) -> None:
    """f(A − B) = −f(B − A): gradients change sign; magnitudes do not."""
    if method.uses_layer:
        pytest.skip("CAMs keep positive evidence only")
    if method.id in ONE_SIDED:
        pytest.skip(ONE_SIDED[method.id])
    forth, back = problem(method, pictures[:1], [0]), problem(method, pictures[:1], [1])
    forth.directions[0, 1] = back.directions[0, 0] = -1.0
    a = method().explain(forth, parameters(method))[0].map
    b = method().explain(back, parameters(method))[0].map
    np.testing.assert_allclose(a, -b if method.signed else b, atol=1e-5)


def test_it_stops_when_asked(method: type[Method], toys: None) -> None:
    import threading

    if not (method.slow or method.id in QUICK):
        pytest.skip("one pass: over before anybody could ask")
    stop = threading.Event()
    stop.set()
    picture = np.random.default_rng(0).random((1, 16, 16, 3), dtype=np.float32)
    with pytest.raises(Cancelled):
        method().explain(problem(method, picture, [0], stop=stop), parameters(method))


def test_slow_methods_report_progress(method: type[Method], pictures: np.ndarray) -> None:
    if not (method.slow or method.id in QUICK):
        pytest.skip("one pass")
    seen: list[float] = []
    method().explain(
        problem(method, pictures[:2], [0, 1], on_progress=lambda f, _: seen.append(f)),
        parameters(method),
    )
    assert seen == sorted(seen)
    assert 0 < seen[0] <= seen[-1] <= 1


def test_wrong_parameters_are_named(method: type[Method], cat: Path, toys: None) -> None:
    picture = images.open_picture(cat)
    own = {"model": toy_of(method.needs), "method": method.id}
    with pytest.raises(ParameterError, match=r"no parameter 'banana'"):
        api.explanation_request(picture, **own, parameters={"banana": 1})
    for spec in PICTURE.parameters(method.parameters):
        bad = "nonsense" if spec.kind == "choice" else (spec.high or 0) + 1
        with pytest.raises(ParameterError, match=spec.name):
            api.explanation_request(picture, **own, parameters={spec.name: bad})


def test_layers_belong_to_methods_that_read_them(method: type[Method], cat: Path) -> None:
    picture = images.open_picture(cat)
    if "attention" in method.needs:
        with pytest.raises(InputError, match="has none over one grid of tokens"):
            api.explanation_request(picture, method=method.id)
        return
    request = lambda layer: api.explanation_request(picture, method=method.id, layer=layer)  # noqa: E731
    if method.uses_layer:
        assert request("block4_add").layer == "block4_add"
        assert request("head_activation").key == request(None).key
        with pytest.raises(InputError, match="Choose one of"):
            request("stem")
    else:
        with pytest.raises(InputError, match="not a layer"):
            request("block4_add")


def test_models_without_a_feature_layer_say_so(method: type[Method], toys: None) -> None:
    picture = images.open_picture(np.zeros((16, 16, 3), np.uint8))
    if method.uses_layer:
        with pytest.raises(InputError, match="declares none"):
            api.explanation_request(picture, model="toy_linear", method=method.id)
    elif "attention" in method.needs:
        with pytest.raises(InputError, match="toy_linear has none over one grid of tokens"):
            api.explanation_request(picture, model="toy_linear", method=method.id)
    else:
        api.explanation_request(picture, model="toy_linear", method=method.id)
