"""Attention: found where it is, the papers' maps in float64, networks whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from core import api
from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import CapabilityError
from core.modalities.picture.modality import PICTURE
from core.modalities.picture.resample import upsample
from core.models.attention import attention_of
from core.models.network import Network
from core.models.reading.opset import rebuilding
from core.models.runtime import Runtime, runtime
from core.models.tensorflow import keras, tf
from core.saliency.base import Problem
from core.saliency.picture.attention_gradient import weighted_rollout
from core.saliency.picture.attention_rollout import rollout
from core.saliency.picture.reciprocam import spatial_masks
from core.saliency.registry import METHODS
from core.settings import settings
from core.targets.passes import pose
from tests.commands import run
from tests.saliency.transformers import Numbers, Small, as_onnx, draw, in_keras, in_numpy
from tests.targets.test_targets import Product

layers = keras.layers
SMALL = {"vit_mean": Small(own=0), "vit_class": Small(own=1), "vit_two": Small(own=2)}
BOTH = ("attention_rollout", "attention_gradient")


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own, for the files that are brought here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


@pytest.fixture(scope="module", params=SMALL)
def name(request: pytest.FixtureRequest) -> str:
    registered(request.param)
    return str(request.param)


def registered(name: str, seed: int = 0) -> Runtime:
    small, id = SMALL[name], f"{name}_{seed}" if seed else name
    block = "block1" if small.own else "block2"
    api.register_model(
        id, lambda inputs, _: in_keras(inputs, small, draw(small, seed)), input_size=small.side,
        n_classes=small.n_classes, feature_layer=f"{block}:tokens", replace=True,
    )  # fmt: skip
    return runtime(ModelRef(id))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(1).random((2, 32, 32, 3), dtype=np.float32)


def maps(method: str, model: Runtime, pictures: np.ndarray, targets: list[int]) -> list[Any]:
    directions = np.eye(model.n_classes, dtype=np.float32)[targets]
    task = Problem(model, pictures, directions, None, 0, LocalControl(), PICTURE)
    values = {each.name: each.default for each in PICTURE.parameters(METHODS[method].parameters)}
    return METHODS[method]().explain(task, values)


# ---- the papers, in float64


def slopes(pixels: Numbers, small: Small, weights: Any, target: int) -> list[Numbers]:
    """Central differences of a logit over every entry of every layer's attention."""
    _, seen, entering = in_numpy(pixels, small, weights)
    found = []
    for i, attention in enumerate(seen):
        slope = np.empty_like(attention)
        for at in np.ndindex(attention.shape):
            up, down = (
                in_numpy(
                    pixels, small, weights, (i, *at), step=s, tokens=entering[i], first=i
                )[0][target]
                for s in (1e-5, -1e-5)
            )  # fmt: skip
            slope[at] = (up - down) / 2e-5
        found.append(slope)
    return found


def abnar(seen: list[Numbers]) -> Numbers:
    """Equation 1 of arXiv:2005.00928, layer by layer."""
    identity = np.eye(len(seen[0][0]))
    total = identity
    for attention in seen:
        total = (0.5 * attention.mean(axis=0) + 0.5 * identity) @ total
    return total


def chefer(seen: list[Numbers], slopes: list[Numbers]) -> Numbers:
    """Equations 5 and 6 of arXiv:2103.15679."""
    relevance = np.eye(len(seen[0][0]))
    for attention, slope in zip(seen, slopes, strict=True):
        mean = np.clip(slope * attention, 0, None).mean(axis=0)
        relevance = relevance + mean @ relevance
    return relevance


def read(relevance: Numbers, small: Small) -> np.ndarray:
    row = relevance[0, small.own :] if small.own else relevance.mean(axis=0)
    return row.reshape(4, 4).astype(np.float32)


def test_attention_is_that_of_the_formulas(name: str, pictures: np.ndarray) -> None:
    small, model = SMALL[name], runtime(ModelRef(name))
    found = model.attention(pictures)
    assert (found.grid, found.before) == ((4, 4), small.own)
    assert found.rows == ((0,) if small.own else tuple(range(16)))
    assert found.gradients == ()
    np.testing.assert_allclose(found.logits, model.logits(pictures), atol=1e-5)
    for i, picture in enumerate(pictures):
        _, seen, _ = in_numpy(picture.astype(np.float64), small, draw(small))
        for layer, attention in zip(found.attention, seen, strict=True):
            assert layer[i].shape == (2, 16 + small.own, 16 + small.own)
            np.testing.assert_allclose(layer[i], attention, atol=1e-5)


def test_maps_are_those_of_the_papers(name: str, pictures: np.ndarray) -> None:
    small, model = SMALL[name], runtime(ModelRef(name))
    weights, pixels, target = draw(small), pictures[0].astype(np.float64), 1
    _, seen, _ = in_numpy(pixels, small, weights)
    differences = slopes(pixels, small, weights, target)
    found = model.attention(pictures[:1], np.eye(3, dtype=np.float32)[[target]])
    for ours, theirs in zip(found.gradients, differences, strict=True):
        np.testing.assert_allclose(ours[0], theirs, atol=1e-4 * np.abs(theirs).max())
    identity = np.zeros_like(seen[0][0]) if small.own else np.eye(16)
    for method, relevance in (
        ("attention_rollout", abnar(seen)),
        ("attention_gradient", chefer(seen, differences) - identity),
    ):
        expected = upsample(read(relevance, small), (32, 32))
        result = maps(method, model, pictures[:1], [target])[0]
        np.testing.assert_allclose(result.map, expected, atol=1e-4 * expected.max())
        assert result.map.min() >= 0
        assert result.diagnostics["own_tokens"] == small.own
        assert result.diagnostics["class_agnostic"] is (method == "attention_rollout")


def test_rollout_knows_no_class_and_gradients_do(name: str, pictures: np.ndarray) -> None:
    model = runtime(ModelRef(name))
    for method, same in (("attention_rollout", True), ("attention_gradient", False)):
        a, b = (maps(method, model, pictures[:1], [target])[0].map for target in (0, 1))
        assert np.allclose(a, b, rtol=1e-5, atol=1e-7) is same
        assert METHODS[method].class_agnostic is same


def test_attention_to_oneself_leads_nowhere() -> None:
    """Of identities each token holds itself alone; of shares that are all equal, all."""
    alone = [np.eye(5)[None].repeat(2, axis=0)] * 3
    np.testing.assert_array_equal(rollout(alone), np.eye(5))
    equal = rollout([np.full((2, 5, 5), 0.2)] * 3)
    np.testing.assert_allclose(equal[0, 1:], (1 - 0.5**3) / 5)
    np.testing.assert_allclose(equal.sum(axis=1), 1)
    assert not weighted_rollout(alone, [-each for each in alone]).any()


def test_a_target_that_is_no_sum_is_followed_by_its_slope(name: str, pictures: np.ndarray) -> None:
    """The product of two logits: ∂(ab) = b ∂a + a ∂b."""
    model = runtime(ModelRef(name))
    passes, directions = pose(model, [Product(0, 2)] * 2, 3)
    found = passes.attention(pictures, directions)
    a, b = (model.attention(pictures, np.eye(3, dtype=np.float32)[[i, i]]) for i in (0, 2))
    np.testing.assert_allclose(found.logits[:, 0], a.logits[:, 0] * a.logits[:, 2], rtol=1e-4)
    at = (slice(None), None, None, None)
    for ours, first, second in zip(found.gradients, a.gradients, b.gradients, strict=True):
        expected = a.logits[:, 2][at] * first + a.logits[:, 0][at] * second
        np.testing.assert_allclose(ours, expected, atol=1e-4 * np.abs(expected).max())


# ---- networks whose answer depends on one patch

LOOKED, DECOY = 6, 9


def looking(inputs: Any, n_classes: int) -> Any:
    """One head of the class token looks at one patch and takes its brightness; the other looks at
    another patch and takes nothing. The first logit is that brightness.
    """  # fmt: skip
    n, c = 16, 19  # 17 places, brightness, the answer
    x = layers.Conv2D(1, 8, strides=8, use_bias=False, name="brightness")(inputs)
    x = layers.Reshape((n, 1))(x)
    x = layers.ZeroPadding1D((1, 0))(x)
    x = layers.Dense(c, use_bias=False, name="channels")(x)
    x = keras.ops.add(x, np.eye(n + 1, c, dtype=np.float32)[None])
    attention = layers.MultiHeadAttention(2, n + 1, use_bias=False)
    x = layers.Add(name="attended")([x, attention(x, x)])
    out = layers.Dense(n_classes, use_bias=False, name="out")(x[:, 0])
    model = keras.Model(keras.utils.get_source_inputs(inputs), out)
    model.get_layer("brightness").set_weights([np.full((8, 8, 3, 1), 1 / 192, np.float32)])
    channels = np.zeros((1, c), np.float32)
    channels[0, n + 1] = 1
    model.get_layer("channels").set_weights([channels])
    query, key, value, output = (np.zeros(shape, np.float32) for shape in (
        (c, 2, n + 1), (c, 2, n + 1), (c, 2, n + 1), (2, n + 1, c)
    ))  # fmt: skip
    for head, patch in enumerate((LOOKED, DECOY)):
        query[0, head, 0] = 40.0  # of the class token's place
        key[1 + patch, head, 0] = 1.0
    value[n + 1, 0, 0] = 1.0
    output[0, 0, n + 2] = 1.0
    attention.set_weights([query, key, value, output])
    kernel = np.zeros((c, n_classes), np.float32)
    kernel[n + 2, 0] = 1.0
    model.get_layer("out").set_weights([kernel])
    return model


def test_the_patch_that_the_answer_depends_on_is_the_peak(pictures: np.ndarray) -> None:
    api.register_model("looking", looking, input_size=32, n_classes=2, replace=True)
    model = runtime(ModelRef("looking"))
    moved = pictures[:1].copy()
    row, column = divmod(LOOKED, 4)
    moved[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = 0
    changed = model.logits(moved) - model.logits(pictures[:1])
    assert changed[0, 0] == pytest.approx(-pictures[0, 8:16, 16:24].mean(), rel=0.01)

    expected = np.zeros((4, 4), np.float32)
    expected[row, column] = 1
    expected = upsample(expected, (32, 32))
    shown = maps("attention_gradient", model, pictures[:1], [0])[0].map
    np.testing.assert_allclose(shown / shown.max(), expected / expected.max(), atol=0.01)
    rolled = maps("attention_rollout", model, pictures[:1], [0])[0].map
    decoy = np.roll(np.roll(expected, 8 * (DECOY // 4 - row), 0), 8 * (DECOY % 4 - column), 1)
    middle = 8 * row + 4, 8 * column + 4
    assert rolled[middle] == pytest.approx(rolled.max(), rel=0.01)
    assert spearmanr(rolled.ravel(), np.maximum(expected, decoy).ravel())[0] > 0.6
    assert rolled[8 * (DECOY // 4) + 4, 8 * (DECOY % 4) + 4] == pytest.approx(
        rolled[middle], rel=0.01
    )
    # What speaks against a class is not shown: nothing raises minus the brightness.
    against = np.array([[-1.0, 0.0]], np.float32)
    task = Problem(model, pictures[:1], against, None, 0, LocalControl(), PICTURE)
    assert not METHODS["attention_gradient"]().explain(task, {})[0].map.any()


# ---- where it is found, and where it is none


def patches(x: Any, channels: int = 8) -> Any:
    return layers.Reshape((16, channels))(layers.Conv2D(channels, 8, strides=8)(x))


def windows(x: Any) -> Any:
    """Attention within each of four windows of 2 × 2 patches, which lie in the batch."""
    grid = layers.Conv2D(8, 8, strides=8)(x)
    parts = keras.ops.reshape(grid, (-1, 2, 2, 2, 2, 8))
    rows = keras.ops.reshape(keras.ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, 4, 8))
    seen = layers.MultiHeadAttention(2, 4)(rows, rows)
    pooled = layers.AveragePooling2D(2)(grid)  # a grid of as many as a window has
    back = keras.ops.reshape(seen, (-1, 16, 8))
    more = layers.Reshape((4, 8))(pooled)
    return layers.Concatenate(axis=1)([more, back])


def across(x: Any) -> Any:
    a = patches(x)
    few = layers.AveragePooling1D(2)(a)
    return layers.MultiHeadAttention(2, 4)(a, few)


def branches(x: Any) -> Any:
    a, b = patches(x), patches(x)
    return layers.Add()(
        [layers.MultiHeadAttention(2, 4)(a, a), layers.MultiHeadAttention(2, 4)(b, b)]
    )


def rows(x: Any) -> Any:
    """Rows of pixels attend to each other: as many as a grid might have, and none."""
    a = layers.Dense(8)(layers.Reshape((32, 96))(x))
    return layers.MultiHeadAttention(2, 4)(a, a)


def behind(x: Any) -> Any:
    """A token that comes last."""
    a = patches(x)
    a = layers.Concatenate(axis=1)([a, layers.Reshape((1, 8))(layers.GlobalAveragePooling1D()(a))])
    return layers.MultiHeadAttention(2, 4)(a, a)


def by_columns(x: Any) -> Any:
    """Tokens that go down before they go right."""
    a = layers.Permute((2, 1, 3))(layers.Conv2D(8, 8, strides=8)(x))
    a = layers.Reshape((16, 8))(a)
    return layers.MultiHeadAttention(2, 4)(a, a)


def gates(x: Any) -> Any:
    """A softmax of as many as there are patches that weighs no product."""
    a = keras.ops.matmul(patches(x, 16), keras.ops.transpose(patches(x, 16), (0, 2, 1)))
    return layers.Dense(8)(keras.ops.softmax(a, axis=-1))


@pytest.mark.parametrize("build", [windows, across, branches, rows, behind, by_columns, gates])
def test_what_is_no_attention_over_one_grid(build: Callable[[Any], Any]) -> None:
    x = keras.Input((32, 32, 3))
    out = layers.Dense(3)(layers.GlobalAveragePooling1D()(build(x)))
    assert attention_of(keras.Model(x, out)) is None


def test_tokens_of_an_oblong_picture_by_columns_are_refused_too() -> None:
    for turned in (False, True):
        x = keras.Input((64, 32, 3))
        a = layers.Conv2D(8, 8, strides=8)(x)
        a = layers.Reshape((32, 8))(layers.Permute((2, 1, 3))(a) if turned else a)
        a = layers.MultiHeadAttention(2, 4)(a, a)
        out = layers.Dense(3)(layers.GlobalAveragePooling1D()(a))
        found = attention_of(keras.Model(x, out))
        assert (found is None) is turned


def written(x: Any) -> Any:
    """Attention as plain operations, with a dropout between."""
    a = patches(x)
    scores = keras.ops.matmul(a, keras.ops.transpose(a, (0, 2, 1))) / 3.0
    shares = layers.Dropout(0.5)(layers.Activation("softmax")(scores))
    return layers.Add()([a, keras.ops.matmul(shares, a)])


@pytest.mark.parametrize(
    ("build", "heads"),
    [
        (written, 1),
        (lambda x: (lambda a: layers.Attention()([a, a]))(patches(x)), 1),
        (lambda x: (lambda a: layers.GroupQueryAttention(4, 4, 2)(a, a))(patches(x)), 4),
    ],
    ids=["operations", "Attention", "GroupQueryAttention"],
)  # fmt: skip
def test_other_ways_to_write_it(
    build: Callable[[Any], Any], heads: int, pictures: np.ndarray
) -> None:
    x = keras.Input((32, 32, 3))
    network = Network(keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling1D()(build(x)))))
    found = network.attention(pictures, np.eye(3, dtype=np.float32)[[0, 1]])
    np.testing.assert_allclose(found.logits, network.logits(pictures), atol=1e-6)
    assert [each.shape for each in found.attention] == [(2, heads, 16, 16)]
    assert found.gradients[0].any()
    np.testing.assert_allclose(found.attention[0].sum(axis=-1), 1, atol=1e-5)


def test_a_network_without_says_so(toys: None, pictures: np.ndarray) -> None:
    model = runtime(ModelRef("toy_gap"))
    with pytest.raises(CapabilityError, match="toy_gap has none over one grid of tokens"):
        model.attention(pictures[:, :16, :16])
    with pytest.raises(CapabilityError, match="no attention over the tokens"):
        model.network().attention(pictures[:, :16, :16])
    card = next(each for each in api.models() if each.id == "toy_gap")
    assert api.lacking("methods", "attention_rollout", card) == (
        "has no attention over a grid of tokens"
    )


# ---- files


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("vit_class", "keras"),
        ("vit_class", "onnx"),
        ("vit_two", "folded.onnx"),
        ("vit_mean", "xml"),
    ],
)
def test_a_file_has_the_maps_of_its_network(name: str, format: str, tmp_path: Path) -> None:
    """Keras' own layers, and the plain operations of ONNX and of OpenVINO's format."""
    import openvino as ov

    registered(name)
    small, file = SMALL[name], tmp_path / f"net.{format}"
    if format == "keras":
        in_keras(keras.Input((32, 32, 3)), small, draw(small)).save(file)
    else:
        written = tmp_path / ("net.onnx" if format == "xml" else file.name)
        written.write_bytes(as_onnx(small, draw(small), folded=format == "folded.onnx"))
    if format == "xml":
        ov.save_model(ov.convert_model(tmp_path / "net.onnx"), file, compress_to_fp16=False)
    kept = api.import_model(file, range="0-1")
    card = next(card for card in api.models() if card.id == kept.model)
    assert card.attention
    assert card.feature_layer.endswith(":tokens")
    assert any("4 × 4 tokens" in note and "attention_rollout" in note for note in kept.notes)
    picture = api.open_picture(np.random.default_rng(3).integers(0, 256, (32, 32, 3), np.uint8))
    for method in BOTH:
        ours = api.explain(picture, model=kept.model, method=method, target=2).map
        theirs = api.explain(picture, model=name, method=method, target=2).map
        np.testing.assert_allclose(ours, theirs, atol=2e-4 * theirs.max())


@pytest.mark.parametrize(
    ("name", "format"), [("vit_class", "onnx"), ("vit_two", "tflite"), ("vit_mean", "onnx")]
)
def test_a_file_that_runs_forwards_alone_is_cut_at_its_tokens(
    name: str, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CAMs without gradients are those of the network in Keras; attention cannot be read."""
    monkeypatch.delitem(rebuilding.REBUILDS, "MatMul")
    small, file = SMALL[name], tmp_path / f"net.{format}"
    if format == "onnx":
        file.write_bytes(as_onnx(small, draw(small, 1)))
    else:
        net = in_keras(keras.Input((32, 32, 3)), small, draw(small, 1))
        net.export(tmp_path / "saved", format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
        file.write_bytes(converter.convert())
    kept = api.import_model(file, range="0-1")
    card = next(card for card in api.models() if card.id == kept.model)
    assert (card.gradients, card.attention) == (False, False)
    assert card.feature_layer.endswith(":tokens")
    assert any(f"maps read {card.feature_layer!r}" in note for note in kept.notes)
    with pytest.raises(CapabilityError, match="runs forwards alone, and its attention"):
        api.explanation_request(None, model=kept.model, method="attention_rollout")
    theirs, ours = registered(name, 1), runtime(ModelRef(kept.model))
    drawn = np.random.default_rng(3).random((2, 32, 32, 3), dtype=np.float32)
    if small.own:  # of the mean, the file is cut behind the last normalisation
        for a, b in ((ours.own_tokens(drawn), theirs.own_tokens(drawn)),
                     (ours.features(drawn)[1], theirs.features(drawn)[1])):  # fmt: skip
            np.testing.assert_allclose(a, b, atol=1e-4)
        for method in ("reciprocam", "eigencam", "ablationcam", "scorecam"):
            a, b = (maps(method, model, drawn, [0, 1]) for model in (ours, theirs))
            for mine, wanted in zip(a, b, strict=True):
                scale = max(np.abs(wanted.map).max(), 1e-3)
                np.testing.assert_allclose(mine.map, wanted.map, atol=2e-3 * scale, err_msg=method)
    logits, features = ours.features(drawn)
    behind = ours.head_logits(features, None, ours.own_tokens(drawn))
    np.testing.assert_allclose(behind, logits, atol=1e-4)
    assert all(np.ptp(each.map) > 0 for each in maps("reciprocam", ours, drawn, [0, 1]))


# ---- tokens before the grid


def test_what_lies_behind_tokens_with_others_before_them(name: str, pictures: np.ndarray) -> None:
    small, model = SMALL[name], runtime(ModelRef(name))
    logits, features = model.features(pictures)
    own = model.own_tokens(pictures)
    assert features.shape == (2, 4, 4, 16)
    assert own.shape[:2] == (2, small.own)
    np.testing.assert_allclose(model.head_logits(features, None, own), logits, atol=1e-5)
    if small.own:
        with pytest.raises(CapabilityError, match="class token before its grid"):
            model.head_logits(features)
        _, _, entering = in_numpy(pictures[0].astype(np.float64), small, draw(small))
        np.testing.assert_allclose(features[0].reshape(16, 16), entering[1][small.own :], atol=1e-4)
        np.testing.assert_allclose(own[0], entering[1][: small.own], atol=1e-4)


@pytest.mark.parametrize("mask", ["gaussian", "cell"])
def test_reciprocam_keeps_the_class_token(mask: str, pictures: np.ndarray) -> None:
    """Section 3.3 of arXiv:2209.14074: one block behind masked patches, in float64."""
    model, small = registered("vit_class"), SMALL["vit_class"]
    weights, pixels = draw(small), pictures[0].astype(np.float64)
    _, _, entering = in_numpy(pixels, small, weights)
    expected = []
    for cells in [np.zeros((4, 4)), *spatial_masks(4, 4, mask)]:
        tokens = entering[1].copy()
        tokens[1:] *= cells.reshape(16, 1)
        expected.append(in_numpy(pixels, small, weights, tokens=tokens, first=1)[0][1])
    raw = np.array(expected[1:]) - expected[0]
    task = Problem(
        model, pictures[:1], np.eye(3, dtype=np.float32)[[1]], None, 0, LocalControl(), PICTURE
    )
    result = METHODS["reciprocam"]().explain(task, {"mask": mask})[0]
    wanted = upsample(raw.reshape(4, 4).astype(np.float32), (32, 32))
    np.testing.assert_allclose(result.map, wanted, atol=1e-4 * np.abs(wanted).max())
    assert result.diagnostics["own_tokens"] == 1


def test_every_map_that_reads_a_layer_reads_it(pictures: np.ndarray) -> None:
    model = registered("vit_class")
    for method in (id for id, each in METHODS.items() if "layer" in each.needs):
        if method == "guided_gradcam":  # it has no ReLU to guide
            continue
        found = [each.map for each in maps(method, model, pictures, [0, 1])]
        assert all(np.isfinite(each).all() for each in found), method
        if method in ("reciprocam", "eigencam"):
            assert all(np.ptp(each) > 0 for each in found), method


def test_gradients_at_the_grid_are_those_of_differences(pictures: np.ndarray) -> None:
    model, small = registered("vit_class"), SMALL["vit_class"]
    direction = np.eye(3, dtype=np.float32)[[2]]
    _, _, gradients = model.features_and_gradients(pictures[:1], direction)
    weights, pixels = draw(small), pictures[0].astype(np.float64)
    tokens = in_numpy(pixels, small, weights)[2][1]
    for at in ((0, 0, 0), (2, 3, 5), (3, 1, 15)):
        ends = []
        for step in (1e-5, -1e-5):
            moved = tokens.copy()
            moved[1 + 4 * at[0] + at[1], at[2]] += step
            ends.append(in_numpy(pixels, small, weights, tokens=moved, first=1)[0][2])
        assert gradients[(0, *at)] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-4)


# ---- what else the registry gives them


@pytest.mark.parametrize("method", BOTH)
def test_evidence_sanity_and_the_leaderboard(method: str, pictures: np.ndarray) -> None:
    registered("vit_class")
    picture = api.open_picture((pictures[0] * 255).astype(np.uint8))
    asked = api.explanation_request(picture, model="vit_class", method=method)
    card = api.evidence(api.evidence_request(asked, metrics=["deletion", "input_stability"]))
    assert all(score.value is not None for score in card.scores)
    checked = api.answer(api.sanity_request(model="vit_class", method=method))
    last = checked.stages[-1]
    assert last.spearman < 0.9, "the map of random weights is another"
    board = api.evaluate(
        [picture], model="vit_class", methods=[method, "edges"], metrics=["deletion"]
    )
    assert set(board.methods) == {method, "edges"}


def test_the_command_line(pictures: np.ndarray, tmp_path: Path) -> None:
    from PIL import Image

    small = SMALL["vit_class"]
    (tmp_path / "net.onnx").write_bytes(as_onnx(small, draw(small)))
    Image.fromarray((pictures[0] * 255).astype(np.uint8)).save(tmp_path / "a.png")
    imported = run("import", tmp_path / "net.onnx", "--range", "0-1", "--json")
    told = json.loads(imported.stdout)
    assert told["capabilities"]["attention"] is True
    asked = ("explain", tmp_path / "a.png", "--out", tmp_path / "maps", "--method")
    for method in BOTH:
        assert run(*asked, method, "--model", told["model"]).returncode == 0
    assert len(list((tmp_path / "maps").glob("*.png"))) >= 2
    refused = run(*asked, "attention_rollout")
    assert refused.returncode == 2
    assert "reads the attention between the tokens" in refused.stderr
