"""What a file's network ends in: its graph decides, and every refusal names a way that works."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax

from core import api
from core.errors import InputError
from core.models.tensorflow import tf
from core.own_models.inspecting import opened
from core.own_models.request import model_choices
from dashboard.formatting import error_text

L = keras.layers
PIXELS = np.random.default_rng(4).random((5, 12, 12, 3), dtype=np.float32)
KINDS = ("", "probabilities", "sigmoid", "binary", "values", "logits")


def net(end: Callable[[Any, Any], Any]) -> Any:
    keras.utils.set_random_seed(7)
    pixels = keras.Input((12, 12, 3))
    x = L.Conv2D(6, 3, activation="relu")(pixels)
    model = keras.Model(pixels, end(L.GlobalAveragePooling2D()(x), x))
    for layer in model.layers:
        layer.set_weights([4 * weight for weight in layer.get_weights()])
    return model


def dense(n: int, activation: str | None) -> Any:
    return L.Dense(n, activation=activation)


def both(x: Any) -> Any:
    yes = dense(1, "sigmoid")(x)
    return keras.ops.concatenate([1 - yes, yes], -1)


ENDS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "a mean of softmaxes": (
        lambda g, x: L.Average()([dense(3, "softmax")(g), dense(3, "softmax")(L.Flatten()(x))]),
        "probabilities",
    ),
    "a softmax, clipped": (
        lambda g, x: keras.ops.clip(dense(3, "softmax")(g), 1e-7, 1 - 1e-7), "probabilities",
    ),
    "a mean over places of softmaxes": (
        lambda g, x: L.GlobalAveragePooling2D()(L.Conv2D(3, 1, activation="softmax")(x)),
        "probabilities",
    ),
    "a softmax of a softmax": (lambda g, x: L.Softmax()(dense(3, "softmax")(g)), "probabilities"),
    "one less p, and p": (lambda g, x: both(g), "probabilities"),
    "hard sigmoids": (lambda g, x: dense(3, "hard_sigmoid")(g), "sigmoid"),
    "means of sigmoids": (
        lambda g, x: L.Average()([dense(3, "sigmoid")(g), dense(3, "sigmoid")(L.Flatten()(x))]),
        "sigmoid",
    ),
    "one hard sigmoid": (lambda g, x: dense(1, "hard_sigmoid")(g), "binary"),
    "tanh": (lambda g, x: dense(2, "tanh")(g), "values"),
}  # fmt: skip


@pytest.fixture(scope="module", params=ENDS)
def ended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    end, kind = ENDS[request.param]
    model, place = net(end), tmp_path_factory.mktemp("ends")
    model.save(place / "net.keras")
    (place / "net.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return model, place, kind


def said(kind: str, logits: Any) -> Any:
    if kind == "probabilities":
        return softmax(logits, axis=-1)
    return {"binary": lambda z: softmax(z, axis=-1)[:, 1:], "sigmoid": expit}.get(
        kind, lambda z: z
    )(logits)


@pytest.mark.parametrize("ending", ["keras", "tflite"])
def test_whatever_it_ends_in_its_answers_are_the_files(
    ended: tuple[Any, Path, str], ending: str
) -> None:
    model, place, kind = ended
    with opened(place / f"net.{ending}", model_choices(kind=kind, range="0-1")) as found:  # type: ignore[arg-type]
        logits = found.passes().logits(PIXELS)
        assert found.facts.kind == kind
        if kind != "values":
            assert any("logarithms" in check.note for check in found.facts.checks)
    expected = model.predict(PIXELS, verbose=0)
    np.testing.assert_allclose(said(kind, logits.astype(np.float64)), expected, atol=1e-5)


@pytest.mark.parametrize(
    "end", ["a mean of softmaxes", "hard sigmoids", "one hard sigmoid", "tanh"]
)
def test_a_refusal_names_kinds_that_are_taken(tmp_path: Path, end: str) -> None:
    """No circle from one kind to the next, and each face is told in its own words."""
    net(ENDS[end][0]).save(tmp_path / "net.keras")
    no_circle(tmp_path / "net.keras", KINDS)


def test_so_does_a_refusal_of_a_graph(tmp_path: Path) -> None:
    model = net(ENDS["one less p, and p"][0])
    (tmp_path / "net.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    no_circle(tmp_path / "net.tflite", ("sigmoid", "logits"))


def no_circle(file: Path, kinds: Sequence[str]) -> None:
    for kind in kinds:
        refused = refusal(file, kind)
        if refused:
            named = re.search(r"\(--kind ([a-z|]+)\)", refused)
            assert named, refused
            assert "outputs=" not in refused
            assert "--" not in error_text(refused)
            taken = [each for each in named[1].split("|") if not refusal(file, each)]
            assert taken, f"{kind}: {refused}"


def refusal(file: Path, kind: str) -> str:
    try:
        api.inspect_model(file, kind=kind, range="0-1")  # type: ignore[arg-type]
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("kind", ["", "sigmoid"])
def test_sigmoids_that_happen_to_add_up_to_1_are_sigmoids(
    tmp_path: Path, n: int, kind: Any
) -> None:
    """As those do that were trained on one class of two or three."""
    model = net(lambda g, x: dense(n, "sigmoid")(g))
    kernel, _ = model.layers[-1].get_weights()
    model.layers[-1].set_weights([1e-4 * kernel, np.full(n, np.log(1 / (n - 1)), np.float32)])
    sums = model.predict(PIXELS, verbose=0).sum(axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-3)
    model.save(tmp_path / "net.keras")
    assert api.inspect_model(tmp_path / "net.keras", kind=kind).kind == "sigmoid"
    net(lambda g, x: dense(n, "softmax")(g)).save(tmp_path / "shares.keras")
    assert "(--kind probabilities)" in refusal(tmp_path / "shares.keras", "sigmoid")


def test_logarithms_of_probabilities_are_said_to_be_explained(tmp_path: Path) -> None:
    net(lambda g, x: dense(3, "log_softmax")(g)).save(tmp_path / "net.keras")
    facts = api.inspect_model(tmp_path / "net.keras")
    assert facts.kind == "logits"
    assert any("log-softmax" in check.note for check in facts.checks)
    net(lambda g, x: dense(3, None)(g)).save(tmp_path / "plain.keras")
    plain = api.inspect_model(tmp_path / "plain.keras")
    assert not any("log-softmax" in check.note for check in plain.checks)


def test_one_output_between_0_and_1_is_asked(tmp_path: Path) -> None:
    net(lambda g, x: dense(1, "hard_sigmoid")(g)).save(tmp_path / "net.keras")
    facts = api.inspect_model(tmp_path / "net.keras")
    doubt = next(check for check in facts.checks if check.id == "outputs")
    assert (facts.kind, doubt.ok) == ("values", False)
    assert "--kind binary" in doubt.note


def test_names_of_what_is_put_behind_a_network_are_its_own(tmp_path: Path) -> None:
    """A file may hold layers of any name, those that one here would be given among them."""
    names = ("multiply", "multiply_1", "negative", "one_class", "two_classes", "log_probabilities")
    pixels = keras.Input((12, 12, 3))
    x = pixels
    for name in names:
        x = L.Conv2D(3, 3, padding="same", name=name)(x)
    end = dense(1, "sigmoid")(L.GlobalAveragePooling2D()(x))
    keras.Model(pixels, end).save(tmp_path / "net.keras")
    run = api.import_model(tmp_path / "net.keras")
    picture = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    assert api.predict(picture, model=run.model).logits.shape == (2,)


def test_layers_that_do_not_run_are_no_fault_of_the_pictures(tmp_path: Path) -> None:
    """Keras describes a gated unit as wide as its input, and computes half of it."""
    model = keras.Sequential(
        [keras.Input((12, 12, 3)), L.Dense(6, activation="glu"), L.Conv2D(4, 3), L.Flatten(),
         L.Dense(3, "softmax")]
    )  # fmt: skip
    model.save(tmp_path / "net.keras")
    with pytest.raises(InputError, match="does not run on a picture") as refused:
        api.inspect_model(tmp_path / "net.keras")
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)
