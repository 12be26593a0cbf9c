"""What a network ends in: a declared softmax or sigmoid is taken off once; values are values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

from core import api
from core.cli import main
from core.contracts import ModelRef
from core.errors import CapabilityError, InputError
from core.models import zoo
from core.models.runtime import runtime
from core.models.tensorflow import keras, tf

L = keras.layers
SIZE = 32
Builder = Callable[[Any, int], Any]
PICTURE = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
BATCH = np.random.default_rng(1).random((5, SIZE, SIZE, 3), dtype=np.float32)
ASKED: dict[str, Any] = {"geometry": "squash"}


def pooled(inputs: Any) -> Any:
    drawn = keras.initializers.GlorotUniform(seed=1)
    x = L.Conv2D(6, 3, strides=2, activation="relu", name="last", kernel_initializer=drawn)(inputs)
    return L.GlobalAveragePooling2D()(x)


def dense(n: int, activation: Any = None) -> Any:
    return L.Dense(n, activation=activation, kernel_initializer=keras.initializers.RandomNormal(
        stddev=2.0, seed=3))  # fmt: skip


def net(end: Callable[[Any], Any], n: int = 3) -> Builder:
    return lambda inputs, n_classes: keras.Model(
        keras.utils.get_source_inputs(inputs), end(dense(n)(pooled(inputs)))
    )


def argument(end: str, n: int = 3) -> Builder:
    return lambda inputs, n_classes: keras.Model(
        keras.utils.get_source_inputs(inputs), dense(n, end)(pooled(inputs))
    )


def nested(end: Any, n: int = 3) -> Builder:
    """Return a builder around a trained model inside a Sequential, as people save them."""
    pixels = keras.Input((SIZE, SIZE, 3))
    base = keras.Model(pixels, pooled(pixels))
    whole = keras.Sequential([keras.Input((SIZE, SIZE, 3)), base, dense(n), end])
    source = keras.utils.get_source_inputs
    return lambda inputs, n_classes: keras.Model(source(inputs), whole(inputs))


def map_of_one(inputs: Any, n_classes: int) -> Any:
    x = L.GlobalAveragePooling2D(keepdims=True)(inputs)
    drawn = keras.initializers.RandomNormal(stddev=2.0, seed=3)
    x = L.Conv2D(3, 1, activation="softmax", kernel_initializer=drawn)(x)
    return keras.Model(keras.utils.get_source_inputs(inputs), L.Reshape((3,))(x))


ENDS: dict[str, tuple[Builder, str, int]] = {
    "softmax argument": (argument("softmax"), "probabilities", 3),
    "softmax activation": (net(L.Activation("softmax")), "probabilities", 3),
    "softmax layer": (net(L.Softmax()), "probabilities", 3),
    "softmax operation": (net(keras.ops.softmax), "probabilities", 3),
    "softmax of activations": (net(keras.activations.softmax), "probabilities", 3),
    "softmax of TensorFlow": (net(L.Activation(tf.nn.softmax)), "probabilities", 3),
    "softmax, then a dropout": (net(lambda x: L.Dropout(0.5)(L.Softmax()(x))), "probabilities", 3),
    "softmax behind a reshape": (map_of_one, "probabilities", 3),
    "softmax in a saved model": (nested(L.Softmax()), "probabilities", 3),
    "softmax function in a saved model": (nested(L.Activation("softmax")), "probabilities", 3),
    "sigmoid argument": (argument("sigmoid"), "sigmoid", 3),
    "sigmoid activation": (net(L.Activation("sigmoid")), "sigmoid", 3),
    "sigmoid operation": (net(keras.ops.sigmoid), "sigmoid", 3),
    "sigmoid in a saved model": (nested(L.Activation("sigmoid")), "sigmoid", 3),
    "two yes or no": (argument("sigmoid", 2), "sigmoid", 2),
}


def register(id: str, builder: Builder, outputs: Any, n: int, **more: Any) -> None:
    api.register_model(
        id, builder, input_size=SIZE, n_classes=n, outputs=outputs, replace=True, **more
    )


def said_by(builder: Builder, n: int) -> np.ndarray:
    """What the builder's own network says, as it is."""
    inputs = keras.Input((SIZE, SIZE, 3))
    return np.asarray(builder(inputs, n)(BATCH), np.float64)


@pytest.mark.parametrize("case", ENDS)
def test_a_declared_end_is_taken_off_once(case: str) -> None:
    builder, outputs, n = ENDS[case]
    before = said_by(builder, n)
    register("own_end", builder, outputs, n, feature_layer=None)
    logits = runtime(ModelRef("own_end")).logits(BATCH).astype(np.float64)
    assert zoo.get("own_end").outputs == outputs
    assert logits.min() < 0 or logits.max() > 1
    again = softmax(logits, axis=-1) if outputs == "probabilities" else expit(logits)
    np.testing.assert_allclose(again, before, atol=1e-5)
    np.testing.assert_allclose(
        said_by(builder, n), before, err_msg="the builder's own is as it was"
    )
    top = api.ranking(api.predict(PICTURE, model="own_end", **ASKED), n)
    if outputs == "probabilities":
        assert sum(score.probability for score in top) == pytest.approx(1, abs=1e-5)


def test_declared_is_what_it_would_be_without_its_end() -> None:
    register("own_bare", net(lambda x: x), "logits", 3, feature_layer="last")
    register("own_ended", net(L.Softmax()), "probabilities", 3, feature_layer="last")
    bare, ended = runtime(ModelRef("own_bare")), runtime(ModelRef("own_ended"))
    ended.network().model.set_weights(bare.network().model.get_weights())
    for a, b in zip(bare.network().gradient(BATCH, np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]]),
                    ended.network().gradient(BATCH, np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]]),
                    strict=True):  # fmt: skip
        np.testing.assert_array_equal(a, b)
    assert api.explain(PICTURE, model="own_ended", method="gradcam", **ASKED).map.shape == (
        SIZE,
        SIZE,
    )


@pytest.mark.parametrize(
    ("builder", "outputs", "n", "told"),
    [
        (net(lambda x: x), "probabilities", 3, "add up to 1, but its outputs lie between"),
        (argument("sigmoid"), "probabilities", 3, "add up to 1, but its outputs lie between"),
        (net(lambda x: x), "sigmoid", 3, "between 0 and 1, but its outputs lie between"),
        (argument("softmax"), "sigmoid", 3, "declare outputs='probabilities'"),
        (argument("softmax"), "values", 3, "declare outputs='probabilities'"),
        (argument("softmax"), "logits", 3, "or declare outputs='probabilities'"),
        (argument("sigmoid"), "logits", 3, "or declare outputs='sigmoid'"),
        (net(L.Lambda(tf.nn.softmax)), "probabilities", 3, "cannot be found in its graph"),
        (
            net(lambda x: keras.ops.exp(x) / keras.ops.sum(keras.ops.exp(x), -1, True)),
            "probabilities", 3, "cannot be found in its graph",
        ),
        (net(lambda x: L.Softmax()(L.Softmax()(x))), "probabilities", 3, "probabilities once its"),
        (argument("softmax", 4), "probabilities", 3, "4 outputs, but 3 classes"),
        (argument(None, 4), "values", 3, "4 outputs, but 3 values are named"),  # type: ignore[arg-type]
        (argument("sigmoid", 1), "sigmoid", 3, "1 output, but 3 classes"),
        (net(lambda x: keras.ops.log(x * 0.0)), "values", 3, "no numbers"),
        (net(lambda x: x * 0.0), "values", 3, "answers the same whatever"),
        (net(lambda x: x), "chances", 3, "outputs is one of logits, probabilities, sigmoid"),
    ],
)  # fmt: skip
def test_what_is_declared_wrongly_is_one_sentence(
    builder: Builder, outputs: str, n: int, told: str
) -> None:
    with pytest.raises(InputError, match=told) as refused:
        register("own_wrong", builder, outputs, n)
    assert "own_wrong" not in zoo.specs()
    assert "\n" not in str(refused.value)


# ---- one sigmoid for two classes


@pytest.mark.parametrize("declared", ["sigmoid", "binary"])
def test_one_sigmoid_is_two_classes(declared: str) -> None:
    builder = argument("sigmoid", 1)
    yes = said_by(builder, 2)[:, 0]
    register("own_one", builder, declared, 2, labels=["no", "yes"])
    model = runtime(ModelRef("own_one"))
    assert zoo.get("own_one").outputs == "binary"
    logits = model.logits(BATCH)
    np.testing.assert_array_equal(logits[:, 0], -logits[:, 1])
    np.testing.assert_allclose(softmax(logits, axis=-1)[:, 1], yes, atol=1e-6)
    one = api.explain(
        PICTURE, model="own_one", method="saliency", target="yes", against="no", **ASKED
    )
    assert one.map.any()
    for target in ("yes", "no"):
        each = api.explain(PICTURE, model="own_one", method="saliency", target=target, **ASKED)
        assert each.map.any(), "no class of two is without a map"
    with pytest.raises(InputError, match="or end in its sigmoid and declare outputs='sigmoid'"):
        register("own_two", builder, "logits", 2)


def test_one_sigmoid_of_an_entry_point_is_declared_as_such() -> None:
    register("own_spec", argument("sigmoid", 1), "sigmoid", 2)
    zoo.register(zoo.get("own_spec"))
    assert api.predict(PICTURE, model="own_spec", **ASKED).logits.shape == (2,)


# ---- each class a yes or no


def test_each_class_has_its_own_probability() -> None:
    builder = argument("sigmoid")
    register(
        "own_labels", builder, "sigmoid", 3, labels=["wet", "dark", "old"], feature_layer="last"
    )
    prediction = api.predict(PICTURE, model="own_labels", **ASKED)
    scores = {score.label: score.probability for score in api.ranking(prediction)}
    np.testing.assert_allclose(
        [scores[name] for name in ("wet", "dark", "old")], expit(prediction.logits), atol=1e-6
    )
    found = api.explain(PICTURE, model="own_labels", method="occlusion", target="dark", **ASKED,
                        parameters={"score": "probability", "patch": 8, "stride": 8})  # fmt: skip
    assert found.target.label == "dark"
    assert found.logit == pytest.approx(float(prediction.logits[1]), abs=1e-4)
    request = api.explanation_request(api.open_picture(PICTURE), model="own_labels",
                                      method="gradcam", target="dark", **ASKED)  # fmt: skip
    assert request.parts()["target"] == {"multi-label": 1}
    card = api.answer(api.evidence_request(request))
    deletion = next(score for score in card.scores if score.metric == "deletion")
    if not deletion.reason:
        assert "sigmoid probability" in deletion.protocol
        curve = next(c for c in card.curves if c.metric == "deletion" and c.source == "map")
        assert curve.scores[0] == pytest.approx(scores["dark"], abs=1e-5)
    shares = api.answer(api.shap_request(api.open_picture(PICTURE), model="own_labels", **ASKED))
    assert shares.probabilities.sum() == pytest.approx(sum(scores.values()), abs=1e-4)
    with pytest.raises(CapabilityError, match="exclude each other: own_labels says yes or no"):
        api.explanation_request(
            api.open_picture(PICTURE), model="own_labels", against="wet", **ASKED
        )


# ---- values


@pytest.fixture
def regression() -> str:
    register("own_values", net(lambda x: x * 3, 2), "values", 2, labels=["age", "height"],
             feature_layer="last")  # fmt: skip
    return "own_values"


def test_a_regression_says_values(regression: str, tmp_path: Any, capfd: Any) -> None:
    from PIL import Image

    prediction = api.predict(PICTURE, model=regression, **ASKED)
    read = api.reading(prediction)
    assert [(value.index, value.label) for value in read] == [(0, "age"), (1, "height")]
    with pytest.raises(CapabilityError, match="A ranking of classes needs a probability"):
        api.ranking(prediction)
    file = tmp_path / "x.png"
    Image.fromarray(PICTURE).save(file)
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(file), "--model", regression, "--geometry", "squash", "--json"])
    assert ended.value.code == 0
    (told,) = json.loads(capfd.readouterr().out)["predictions"]
    assert told["top"] == [
        {"index": i, "label": name, "value": pytest.approx(float(prediction.logits[i]))}
        for i, name in enumerate(["age", "height"])
    ]
    with pytest.raises(SystemExit):
        main(["predict", str(file), "--model", regression, "--geometry", "squash"])
    assert "%" not in capfd.readouterr().out


@pytest.mark.parametrize(("target", "index"), [("auto", 0), ("height", 1), ("1", 1)])
def test_a_value_is_explained(regression: str, target: str, index: int) -> None:
    for method in ("integrated_gradients", "gradcam", "lime", "edges"):
        found = api.explain(PICTURE, model=regression, method=method, target=target, **ASKED)
        assert found.target.index == index
        assert found.logit == pytest.approx(
            float(api.predict(PICTURE, model=regression, **ASKED).logits[index]), rel=1e-3
        )
        assert f"--target {index}" in found.command
    shares = api.answer(api.shap_request(api.open_picture(PICTURE), model=regression,
                                         targets=[target], **ASKED))  # fmt: skip
    assert np.isnan(shares.probabilities).all()
    assert (shares.relative_errors < 1e-3).all()


def test_what_needs_classes_is_refused(regression: str) -> None:
    gives = "own_values gives values \\(a regression\\)"
    picture = api.open_picture(PICTURE)
    for asked in (
        lambda: api.robustness_request("portraits", model=regression),
        lambda: api.certify_picture_request(picture, model=regression),
        lambda: api.drift_request(picture, path="noise", model=regression),
        lambda: api.visualise_request(target=0, model=regression),
        lambda: api.explanation_request(picture, model=regression, target="age", against="height"),
        lambda: api.counterfactual_request(picture, model=regression),
        lambda: api.corruption_request("portraits", model=regression),
        lambda: api.predict_dataset("portraits", model=regression),
        lambda: api.sanity_request(model=regression, method="saliency"),
    ):
        with pytest.raises(CapabilityError, match=gives):
            asked()
    with pytest.raises(CapabilityError, match="The metric deletion needs a probability"):
        api.evidence_request(
            api.explanation_request(picture, model=regression, method="gradcam", **ASKED),
            metrics=["deletion"],
        )


def test_the_kind_of_outputs_is_part_of_what_names_a_model() -> None:
    register("own_kind", net(lambda x: x), "logits", 3)
    spec = zoo.get("own_kind")
    assert "outputs" not in spec.declared
    assert replace(spec, outputs="values").declared["outputs"] == "values"
