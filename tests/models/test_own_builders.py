"""Somebody's own architecture: right, or refused at registration in one sentence that says why."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import api
from core.errors import InputError
from core.models import zoo
from core.models.tensorflow import keras, tf

L = keras.layers
SIZE, N = 32, 3
Builder = Callable[[Any, int], Any]
PICTURE = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


def source(inputs: Any) -> Any:
    return keras.utils.get_source_inputs(inputs)


def body(inputs: Any, channels: int = 6) -> Any:
    return L.Conv2D(channels, 3, strides=2, activation="relu", name="last")(inputs)


def net(end: Callable[[Any], Any], *, n: int = N) -> Builder:
    """Return a small network whose pooled features, through Dense(n), go into ``end``."""

    def builder(inputs: Any, n_classes: int) -> Any:
        x = L.Dense(n, kernel_initializer="he_normal")(L.GlobalAveragePooling2D()(body(inputs)))
        return keras.Model(source(inputs), end(x))

    return builder


def saved(end: Callable[[Any], Any], n: int = N) -> Builder:
    """Return a builder around a whole model of its own, as somebody uses a trained one."""
    pixels = keras.Input((SIZE, SIZE, 3))
    x = L.Dense(n, kernel_initializer="he_normal")(L.Flatten()(body(pixels)))
    whole = keras.Model(pixels, end(x))
    return lambda inputs, n_classes: keras.Model(source(inputs), whole(inputs))


def broken(value: float, layer: int = -1) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        model = net(lambda x: x)(inputs, n_classes)
        kernel, bias = [each for each in model.layers if each.weights][layer].get_weights()
        kernel.flat[3] = value
        [each for each in model.layers if each.weights][layer].set_weights([kernel, bias])
        return model

    return builder


def own_input(shape: tuple[int, int, int]) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        pixels = keras.Input(shape)
        x = L.GlobalAveragePooling2D()(body(pixels))
        return keras.Model(pixels, L.Dense(n_classes)(x))

    return builder


def grey_only(inputs: Any, n_classes: int) -> Any:
    grey = keras.Sequential([keras.Input((SIZE, SIZE, 1)), L.Conv2D(4, 3), L.Flatten(), L.Dense(N)])
    return keras.Model(source(inputs), grey(inputs))


def two_outputs(inputs: Any, n_classes: int) -> Any:
    x = L.GlobalAveragePooling2D()(body(inputs))
    return keras.Model(source(inputs), [L.Dense(n_classes)(x), L.Dense(n_classes)(x)])


def a_map(inputs: Any, n_classes: int) -> Any:
    return keras.Model(source(inputs), L.Conv2D(n_classes, 1)(body(inputs)))


SHARES = "returns probabilities, but logits are expected"
BOUNDED = "returns values between 0 and 1"
REFUSED: dict[str, tuple[Builder, str]] = {
    "softmax activation": (net(L.Activation("softmax")), SHARES),
    "softmax layer": (net(L.Softmax()), SHARES),
    "softmax in a lambda": (net(L.Lambda(tf.nn.softmax)), SHARES),
    "softmax function": (net(keras.ops.softmax), SHARES),
    "softmax behind a reshape": (net(lambda x: L.Reshape((N,))(L.Softmax()(x))), SHARES),
    "softmax in a saved model": (saved(L.Softmax()), SHARES),
    "softmax in a saved model in a saved model": (
        saved(keras.Sequential([keras.Input((N,)), L.Softmax()])), SHARES,
    ),
    "shares of exponentials": (
        net(lambda x: keras.ops.exp(x) / keras.ops.sum(keras.ops.exp(x), -1, True)), SHARES,
    ),
    "sigmoids": (net(L.Activation("sigmoid")), BOUNDED),
    "sigmoids in a lambda": (net(L.Lambda(tf.sigmoid)), BOUNDED),
    "sigmoids in a saved model": (saved(L.Activation("sigmoid")), BOUNDED),
    "hard sigmoids": (net(L.Activation("hard_sigmoid")), BOUNDED),
    "tanh moved to [0, 1]": (net(lambda x: (keras.ops.tanh(x) + 1) / 2), BOUNDED),
    "five logits": (net(lambda x: x, n=5), "5 outputs, but 3 classes"),
    "two logits": (net(lambda x: x, n=2), "2 outputs, but 3 classes"),
    "one logit": (net(lambda x: x, n=1), "1 output, but 3 classes"),
    "five probabilities": (saved(L.Softmax(), n=5), "5 outputs, but 3 classes"),
    "a map of logits": (a_map, r"outputs of shape \(15, 15, 3\), but 3 classes"),
    "two outputs": (two_outputs, "1 input and 2 outputs"),
    "nan in the head": (broken(np.nan), "no numbers"),
    "inf in the head": (broken(np.inf), "no numbers"),
    "nan in a convolution": (broken(np.nan, layer=0), "no numbers"),
    "logits that overflow": (net(lambda x: keras.ops.log(x * 0.0)), "logits that are no numbers"),
    "grey pictures": (grey_only, r"input_size = \(height, width"),
    "an input of its own": (own_input((SIZE, SIZE, 3)), "an input of its own"),
    "an input of its own, grey": (own_input((SIZE, SIZE, 1)), "an input of its own"),
    "an input of its own, not square": (own_input((SIZE, 2 * SIZE, 3)), "an input of its own"),
    "nothing": (lambda inputs, n_classes: None, "It returned: NoneType"),
    "a tensor": (lambda inputs, n_classes: inputs, "must return a keras.Model"),
    "a mistake": (lambda inputs, n_classes: inputs.nonsense, "failed: AttributeError"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_silently_wrong_is_refused_at_registration(case: str) -> None:
    builder, told = REFUSED[case]
    with pytest.raises(InputError, match=told) as refused:
        api.register_model("own_refused", builder, input_size=SIZE, n_classes=N)
    assert "own_refused" not in zoo.specs()
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("case", ["softmax in a saved model", "nan in the head", "five logits"])
def test_a_model_of_an_entry_point_is_refused_when_it_is_built(case: str) -> None:
    builder, told = REFUSED[case]
    api.register_model("own_entry", net(lambda x: x), input_size=SIZE, n_classes=N, replace=True)
    spec = zoo.get("own_entry")
    zoo.register(api_spec(spec, builder))
    with pytest.raises(InputError, match=told):
        api.predict(PICTURE, model="own_entry")


def api_spec(spec: zoo.ModelSpec, builder: Builder) -> zoo.ModelSpec:
    return replace(spec, builder=builder)


def plain(inputs: Any, n_classes: int) -> Any:
    """As the README says it: the given tensor as the model's input."""
    return keras.Model(inputs, L.Dense(n_classes)(L.GlobalAveragePooling2D()(body(inputs))))


def grey_first(inputs: Any, n_classes: int) -> Any:
    grey = keras.ops.mean(inputs, axis=-1, keepdims=True)
    return keras.Model(source(inputs), L.Dense(n_classes)(L.GlobalAveragePooling2D()(body(grey))))


def another_size(inputs: Any, n_classes: int) -> Any:
    wide = L.Resizing(20, 48)(inputs)
    return keras.Model(source(inputs), L.Dense(n_classes)(L.GlobalAveragePooling2D()(body(wide))))


def whole_mixed() -> Builder:
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        return saved_features()
    finally:
        keras.mixed_precision.set_global_policy("float32")


def saved_features() -> Builder:
    """A base of its own in the policy of the moment, with a head on it."""
    pixels = keras.Input((SIZE, SIZE, 3))
    base = keras.Model(pixels, body(pixels), name="base")
    pool, dense = L.GlobalAveragePooling2D(), L.Dense(N)
    return lambda inputs, n_classes: keras.Model(source(inputs), dense(pool(base(inputs))))


def positive_logits(inputs: Any, n_classes: int) -> Any:
    return net(L.ReLU())(inputs, n_classes)


RIGHT: dict[str, tuple[Builder, str]] = {
    "as documented": (plain, "last"),
    "logits": (net(lambda x: x), "last"),
    "log-probabilities": (net(keras.ops.log_softmax), "last"),
    "tempered": (net(lambda x: x / 1000), "last"),
    "positive": (positive_logits, "last"),
    "grey first": (grey_first, "last"),
    "another size": (another_size, "last"),
    "a nested base": (saved_features(), "base"),
    "a nested base in half precision": (whole_mixed(), "base"),
}


@pytest.mark.parametrize("case", RIGHT)
def test_logits_of_any_build_are_read_as_keras_reads_them(case: str) -> None:
    builder, layer = RIGHT[case]
    kept: list[Any] = []

    def once(inputs: Any, n_classes: int) -> Any:
        made = builder(inputs, n_classes)
        if kept:
            made.set_weights(kept[0])
        else:
            kept.append(made.get_weights())
        return made

    api.register_model("own_right", once, input_size=SIZE, n_classes=N, feature_layer=layer)
    pixels = keras.Input((SIZE, SIZE, 3))
    own = once(L.Rescaling(1.0)(pixels), N)
    truth = np.asarray(own(PICTURE[None] / np.float32(255), training=False), np.float32)[0]
    found = api.predict(PICTURE, model="own_right", geometry="squash")
    tolerance = 2e-3 if "half" in case else 1e-5
    np.testing.assert_allclose(found.logits, truth, atol=tolerance, rtol=tolerance)
    shown = api.explain(PICTURE, model="own_right", method="gradcam", geometry="squash")
    assert shown.map.shape == (SIZE, SIZE)
    assert np.isfinite(shown.map).all()
    assert np.isfinite(api.explain(PICTURE, model="own_right", method="saliency").map).all()


def far(policy: str, end: Callable[[Any], Any]) -> Builder:
    """Return a network of one precision, whose weights reach far, behind an end of its own."""

    def build(inputs: Any, n_classes: int) -> Any:
        drawn = keras.initializers.RandomNormal(0, 1, seed=1)
        x = L.Conv2D(4, 3, dtype=policy, kernel_initializer=drawn, name="last")(inputs)
        x = L.GlobalAveragePooling2D(dtype=policy)(x)
        x = L.Dense(n_classes, dtype=policy, kernel_initializer=drawn)(x)
        return keras.Model(source(inputs), L.Lambda(end, dtype=policy)(x))

    return build


PRECISIONS = ("mixed_float16", "float16", "mixed_bfloat16", "float64", "float32")
ENDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "as it is": (lambda x: x, ""),
    "far": (lambda x: 1e3 * x, ""),
    "bounded": (lambda x: 2000 * keras.ops.tanh(x), "between -2000 and 2000"),
    "exponentials": (lambda x: keras.ops.exp(x / 8), ""),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("policy", PRECISIONS)
def test_numbers_of_any_precision_are_read_without_a_warning(policy: str, end: str) -> None:
    builder, refused = far(policy, ENDS[end][0]), ENDS[end][1]
    options = {"input_size": SIZE, "n_classes": N, "feature_layer": "last"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if refused:
            with pytest.raises(InputError, match=refused):
                api.register_model("own_far", builder, **options)
            return
        api.register_model("own_far", builder, **options)
        found = api.predict(PICTURE, model="own_far", geometry="squash").logits
    own = builder(keras.Input((SIZE, SIZE, 3)), N)
    truth = np.asarray(own([PICTURE[None] / np.float32(255)], training=False), np.float64)[0]
    digits = {"float64": 1e-5, "float32": 1e-5, "mixed_bfloat16": 0.1}.get(policy, 1e-2)
    np.testing.assert_allclose(found, truth, rtol=digits, atol=digits * np.abs(truth).max())


def test_half_precision_policies_do_not_reach_what_is_built() -> None:
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        api.register_model("own_half", plain, input_size=SIZE, n_classes=N, feature_layer="last")
        found = api.explain(PICTURE, model="own_half", method="gradcam")
        assert found.map.shape == (SIZE, SIZE)
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.mixed_precision.set_global_policy("float32")


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        ("last", r"lies inside 'base', which can be named.*can read: base\."),
        ("nowhere", r"has no layer 'nowhere'\. Layers that maps can read: base\."),
        ("dense", "has no layer"),
    ],
)
def test_a_layer_that_maps_cannot_read_is_told_with_those_that_they_can(
    layer: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        api.register_model(
            "own_layer", saved_features(), input_size=SIZE, n_classes=N, feature_layer=layer
        )


def test_a_layer_without_height_and_width_or_beside_the_way_is_told() -> None:
    def beside(inputs: Any, n_classes: int) -> Any:
        x = body(inputs)
        y = L.Conv2D(6, 1, name="branch")(x)
        flat = L.GlobalAveragePooling2D(name="flat")(L.Concatenate()([x, y]))
        return keras.Model(source(inputs), L.Dense(n_classes)(flat))

    for layer, told in (("flat", "no .height, width, channels. output"), ("branch", "runs around")):
        with pytest.raises(InputError, match=told):
            api.register_model(
                "own_layer", beside, input_size=SIZE, n_classes=N, feature_layer=layer
            )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"input_size": (96,)}, r"\(height, width, channels\)"),
        ({"input_size": (96, 128, 5)}, "whole number from 1 to 4"),
        ({"input_size": (96, 4)}, "whole number from"),
        ({"input_size": 95.5}, "whole number"),
        ({"input_size": 2}, "whole number from"),
        ({"n_classes": 1}, "whole number from 2"),
        ({"n_classes": "three"}, "whole number"),
        ({"labels": "imagenet"}, "1000 class names for 3 classes"),
        ({"labels": ["a", "b"]}, "2 class names for 3 classes"),
    ],
)
def test_sizes_and_names_that_cannot_be_are_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        api.register_model("own_options", plain, **{"input_size": SIZE, "n_classes": N, **options})


def test_one_logit_for_two_classes_is_told_what_to_do_which_then_works() -> None:
    with pytest.raises(InputError, match=r"concatenate\(\[0 \* x, x\], axis=-1\)"):
        api.register_model("own_binary", net(lambda x: x, n=1), input_size=SIZE, n_classes=2)
    builder = net(lambda x: keras.ops.concatenate([0 * x, x], axis=-1), n=1)
    api.register_model("own_binary", builder, input_size=SIZE, n_classes=2, labels=["no", "yes"])
    assert len(api.predict(PICTURE, model="own_binary").logits) == 2
    assert api.class_names("own_binary") == ("no", "yes")


def test_class_files_of_another_length_are_told(tmp_path: Any) -> None:
    api.register_model("own_named", net(lambda x: x), input_size=SIZE, n_classes=N)
    names = tmp_path / "names.txt"
    names.write_text("a\nb\nc\nd\n")
    with pytest.raises(InputError, match="3 outputs, but 4 classes"):
        api.predict(PICTURE, model="own_named", classes=str(names))
