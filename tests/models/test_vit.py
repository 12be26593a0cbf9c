"""Vision transformers: their positions, and tokens as a grid wherever maps read layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import api
from core.contracts import ModelRef
from core.errors import CapabilityError
from core.models import zoo
from core.models.assembly import assemble
from core.models.attention import attention_of
from core.models.feature_layers import layer_tensor
from core.models.network import Network
from core.models.runtime import Runtime, runtime
from core.models.tokens import grid_sides
from core.models.vit import _vit, positions
from core.saliency.registry import METHODS
from tests.models.reading.networks import drawn
from tests.saliency.test_cams import run

LAYERS = ("block1_out:tokens", "block2_out:tokens")


def small(inputs: Any, n_classes: int) -> Any:
    """Two blocks over 8 × 4 tokens of a picture of 32 × 16."""
    from core.models.tensorflow import keras

    model = _vit(inputs, n_classes, patch=4, channels=8, depth=2, heads=2)
    rng = np.random.default_rng(4)
    for variable in model.weights:
        variable.assign(rng.normal(0, 0.4, variable.shape) + ("gamma" in variable.path))
    assert isinstance(model, keras.Model)
    return model


@pytest.fixture(scope="module")
def vit() -> Runtime:
    api.register_model(
        "small_vit", small, input_size=(32, 16, 3), n_classes=3, feature_layer=LAYERS[1],
        layers=LAYERS, labels="numbered", replace=True,
    )  # fmt: skip
    return runtime(ModelRef("small_vit"))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(1).random((2, 32, 16, 3), dtype=np.float32)


def test_positions_are_waves_of_row_and_column() -> None:
    """Brute force; positions that are near are alike, and no two are the same."""
    told = positions(3, 5, 8)
    for row in range(3):
        for column in range(5):
            expected = [
                turn(at * frequency)
                for at in (column, row)
                for turn in (np.sin, np.cos)
                for frequency in (1.0, 1e-4)
            ]
            np.testing.assert_allclose(told[row * 5 + column], expected, atol=1e-6)
    assert len(np.unique(told.round(6), axis=0)) == 15


@pytest.mark.parametrize(
    ("n", "height", "width", "sides"),
    [(196, 224, 224, (14, 14)), (32, 32, 16, (8, 4)), (8, 16, 32, (2, 4)), (197, 224, 224, None),
     (12, 16, 16, None), (1, 16, 16, None), (6, 96, 64, (3, 2)),
     (10, 96, 64, None)],
)  # fmt: skip
def test_sides_follow_the_picture(
    n: int, height: int, width: int, sides: tuple[int, int] | None
) -> None:
    assert grid_sides(n, height, width) == sides


def test_what_the_zoo_says_of_it_is_what_is_built() -> None:
    spec = zoo.architecture("vit_tiny")
    model = assemble(spec, spec.n_classes)
    assert model.count_params() == spec.n_parameters
    assert [layer_tensor(model, name).shape[1:] for name in spec.layers] == [(14, 14, 192)] * 3
    found = attention_of(model)
    assert spec.attention
    assert found is not None
    assert (found.grid.sides, found.grid.before, len(found.steps)) == ((14, 14), 0, 12)


def test_a_grid_holds_each_token_at_its_place(vit: Runtime, pictures: np.ndarray) -> None:
    """A change of one patch before any attention moves the token of that patch alone."""
    model = vit.network().model
    shown = Network(model, keep=["patches_tokens"])
    changed = pictures.copy()
    changed[0, 4 * 5 : 4 * 6, 4 * 2 : 4 * 3] += 0.5  # the patch at row 5, column 2
    a, b = (shown.features(each, "patches_tokens:tokens")[1] for each in (pictures, changed))
    assert a.shape == (2, 8, 4, 8)
    moved = np.abs(a - b).max(axis=-1) > 1e-6
    assert moved.sum() == 1
    assert moved[0, 5, 2]


def test_attention_holds_each_token_at_its_place(vit: Runtime, pictures: np.ndarray) -> None:
    """Of one changed patch: all other tokens share what they do not pay to it as before."""
    changed = pictures.copy()
    changed[0, 4 * 5 : 4 * 6, 4 * 2 : 4 * 3] += 0.5  # the patch at row 5, column 2
    a, b = (vit.attention(each) for each in (pictures, changed))
    assert (a.grid, a.before, a.rows) == ((8, 4), 0, tuple(range(32)))
    moved = []
    for token in range(32):
        others = [i for i in range(32) if i != token]
        left = [each.attention[0][0][:, others][:, :, others] for each in (a, b)]
        x, y = (each / each.sum(axis=-1, keepdims=True) for each in left)
        moved.append(np.abs(x - y).max())
    assert divmod(int(np.argmin(moved)), 4) == (5, 2)
    assert sorted(moved)[1] > 100 * min(moved)
    for method in ("attention_rollout", "attention_gradient"):
        assert [each.map.shape for each in run(method, vit, pictures, [0, 1])] == [(32, 16)] * 2


@pytest.mark.parametrize("layer", LAYERS)
def test_what_lies_behind_a_grid_gives_the_logits(
    vit: Runtime, pictures: np.ndarray, layer: str
) -> None:
    logits, features = vit.features(pictures, layer)
    assert features.shape == (2, 8, 4, 8)
    np.testing.assert_allclose(vit.head_logits(features, layer), logits, atol=1e-5)


def test_gradients_at_a_grid_are_those_of_differences(vit: Runtime, pictures: np.ndarray) -> None:
    direction = np.eye(3, dtype=np.float32)[[1]]
    _, features, gradients = vit.features_and_gradients(pictures[:1], direction, LAYERS[0])
    step = 1e-2
    for at in ((0, 0, 0), (5, 2, 3), (7, 3, 7)):
        ends = []
        for sign in (-1, 1):
            moved = features.copy()
            moved[(0, *at)] += sign * step
            ends.append(float(vit.head_logits(moved, LAYERS[0])[0, 1]))
        slope = (ends[1] - ends[0]) / (2 * step)
        assert gradients[(0, *at)] == pytest.approx(slope, abs=2e-3, rel=2e-2)


def test_every_map_that_reads_a_layer_reads_tokens(vit: Runtime, pictures: np.ndarray) -> None:
    for method in (id for id, each in METHODS.items() if "layer" in each.needs):
        if method == "guided_gradcam":  # it has no ReLU to guide
            continue
        for result in run(method, vit, pictures, [0, 1]):
            assert result.map.shape == (32, 16), method
            assert np.isfinite(result.map).all(), method
    assert any(np.ptp(each.map) > 0 for each in run("reciprocam", vit, pictures, [0, 1]))


def test_openvino_gives_the_same_grids(vit: Runtime, pictures: np.ndarray) -> None:
    """Features and heads that are cut out of the exported graph, through the reshape."""
    from core.models.file_forward import FileForward
    from core.models.forward import export, read_export

    read = read_export(export(vit.network(), LAYERS))
    file = FileForward.of(read._model, ["logits", *LAYERS])
    logits, features = file.run(pictures, ("logits", LAYERS[0]))
    expected_logits, expected = vit.network().features(pictures, LAYERS[0])
    np.testing.assert_allclose(features, expected, atol=1e-4)
    np.testing.assert_allclose(logits, expected_logits, atol=1e-4)
    np.testing.assert_allclose(file.head(features, LAYERS[0]), expected_logits, atol=1e-4)


def test_a_class_token_is_no_cell(vit: Runtime) -> None:
    from core.models.tensorflow import keras

    x = keras.Input((16, 16, 3))
    tokens = keras.layers.Reshape((16, 48), name="tokens")(x)
    more = keras.layers.ZeroPadding1D((1, 0), name="with_class")(tokens)
    model = keras.Model(x, keras.layers.Dense(2)(more[:, 0]))
    with pytest.raises(CapabilityError, match="class token"):
        layer_tensor(model, "with_class:tokens")
    flat = keras.Model(x, keras.layers.Flatten(name="flat")(x))
    with pytest.raises(CapabilityError, match="no tokens"):
        layer_tensor(flat, "flat:tokens")


def rows_of_pixels() -> Any:
    """As many rows as a grid of 4 × 4 would have tokens."""
    from core.models.tensorflow import keras

    x = keras.Input((16, 16, 3))
    rows = keras.layers.GRU(5, return_sequences=True)(keras.layers.Reshape((16, 48))(x))
    return keras.Model(x, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(rows)))


def test_tokens_of_a_file_are_found_and_rows_are_none(tmp_path: Path) -> None:
    drawn("transformer").save(tmp_path / "transformer.keras")
    rows_of_pixels().save(tmp_path / "rows.keras")
    assert api.inspect_model(tmp_path / "rows.keras").layers == ()
    found = api.inspect_model(tmp_path / "transformer.keras")
    assert found.feature_layer == found.layers[-1]
    assert found.feature_layer.endswith(":tokens")

    run = api.import_model(tmp_path / "transformer.keras", range="0-1")
    picture = np.random.default_rng(2).integers(0, 256, (16, 16, 3), np.uint8)
    for method in ("gradcam", "reciprocam", "eigencam"):
        shown = api.explain(api.open_picture(picture), model=run.model, method=method, target=0)
        assert shown.map.shape == (16, 16)
        assert np.isfinite(shown.map).all()
    cells = api.explain(
        api.open_picture(picture), model=run.model, method="reciprocam", target=0,
        parameters={"mask": "cell"},
    )  # fmt: skip
    assert np.ptp(cells.map) > 0
