"""A model is named by what it computes: equal weights in other code are another model."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from core import api
from core.contracts import DEFAULT_MODEL, ModelRef
from core.engine.inline import InlineEngine
from core.errors import InputError
from core.models import zoo
from core.models.code import CodeWriter
from core.models.fingerprint import weights_sha256
from core.models.graph import GraphWriter
from core.models.probe import probe
from core.models.runtime import identify, runtime
from core.models.tensorflow import keras, tf
from core.requests import prediction_request
from core.settings import settings
from core.workspace import open_store
from tests.conftest import ROOT
from tests.models.changing import PICTURE, build, models, noisy, own_layer, rescaled, written

ID = "changing"


def register(builder: Callable[..., Any], **options: Any) -> None:
    given = {"input_size": 16, "n_classes": 3, "feature_layer": "features"} | options
    api.register_model(ID, builder, **given, replace=True)


def named(builder: Callable[..., Any], **options: Any) -> str:
    register(builder, **options)
    return identify(ModelRef(ID))


def crossed(straight: bool) -> Callable[[Any], Any]:
    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras

        one, two = keras.layers.Rescaling(2.0)(x), keras.layers.Rescaling(-1.0)(x)
        return keras.layers.Subtract()([one, two] if straight else [two, one])

    return middle


def test_a_layer_without_weights_changes_answers_and_maps() -> None:
    register(build(rescaled(1.0)))
    before = api.predict(PICTURE, model=ID, geometry="squash")
    map_before = api.explain(PICTURE, model=ID, geometry="squash", method="saliency")
    register(build(rescaled(-1.0)))
    after = api.predict(PICTURE, model=ID, geometry="squash")
    map_after = api.explain(PICTURE, model=ID, geometry="squash", method="saliency")
    assert before.key != after.key
    assert not after.cached
    assert np.abs(before.logits - after.logits).max() > 0.01
    assert np.abs(map_before.map - map_after.map).max() > 1e-4


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (build(rescaled(1.0)), build(rescaled(1.0), activation="elu")),
        (build(rescaled(1.0)), build(rescaled(1.0), activation=lambda t: t * 3.0)),
        (build(crossed(True)), build(crossed(False))),
        (build(written("first")), build(written("second"))),
        (build(own_layer("first")), build(own_layer("second"))),
    ],
    ids=["activation", "own activation", "connection", "lambda", "own layer"],
)
def test_other_code_is_another_model(first: Callable[..., Any], second: Callable[..., Any]) -> None:
    names = [named(first), named(second), named(first)]
    assert names[0] == names[2] != names[1]


def test_what_a_model_declares_is_part_of_its_name() -> None:
    builder = build(rescaled(1.0))
    plain, other = named(builder), zoo.Affine(scale=(128.0, 128.0, 128.0))
    assert plain != named(builder, preprocessing=other)
    assert plain != named(builder, feature_layer=None)
    assert plain == named(builder)


SIGN = 1.0


def test_the_same_function_that_builds_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spec is equal in every field; only what the builder reads has changed."""
    builder = build(lambda x: rescaled(SIGN)(x))
    register(builder)
    before = api.predict(PICTURE, model=ID, geometry="squash")
    monkeypatch.setattr(sys.modules[__name__], "SIGN", -1.0)
    register(builder)
    after = api.predict(PICTURE, model=ID, geometry="squash")
    assert np.abs(before.logits - after.logits).max() > 0.01


def test_what_no_text_shows_is_shown_by_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding keeps the name; a change of 5 % in what the code reads elsewhere does not."""

    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras

        return keras.layers.Lambda(lambda t: t * float(os.environ["PELLUCID_TEST_SCALE"]))(x)

    names = []
    for scale in ("1", "1.000001", "1.05", "1"):
        monkeypatch.setenv("PELLUCID_TEST_SCALE", scale)
        names.append(named(build(middle)))
    assert names[0] == names[1] == names[3] != names[2]


def test_another_gradient_is_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal text and equal answers, another gradient: maps differ, so the name does."""

    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras, tf

        @tf.custom_gradient
        def same(t: Any) -> Any:
            return tf.identity(t), lambda up: up * float(os.environ["PELLUCID_TEST_SIGN"])

        return keras.layers.Lambda(lambda t: same(t))(x)

    monkeypatch.setenv("PELLUCID_TEST_SIGN", "1")
    first = named(build(middle))
    monkeypatch.setenv("PELLUCID_TEST_SIGN", "-1")
    assert first != named(build(middle))


def test_a_model_that_draws_keeps_its_name() -> None:
    assert named(build(noisy(""))) == named(build(noisy("")))


def test_an_export_is_of_the_code_that_was_exported() -> None:
    pictures = PICTURE[None].astype(np.float32) / 255
    answers = []
    for factor in (1.0, -1.0):
        register(build(rescaled(factor)))
        answers.append(runtime(ModelRef(ID)).exported().run(pictures, ("logits",))[0])
    assert np.abs(answers[0] - answers[1]).max() > 0.01


def test_files_of_weights_in_other_code(tmp_path: Path) -> None:
    from core.models.weights import save_safetensors

    def layers(factor: float) -> Callable[..., Any]:
        def builder(inputs: Any, n_classes: int) -> Any:
            from core.models.tensorflow import keras

            x = keras.layers.Flatten()(rescaled(factor)(inputs))
            out = keras.layers.Dense(n_classes, name="out")(x)
            return keras.Model(keras.utils.get_source_inputs(inputs), out)

        return builder

    register(layers(1.0), feature_layer=None)
    file = tmp_path / "some.safetensors"
    save_safetensors(runtime(ModelRef(ID)).network().model, file)
    before = api.predict(PICTURE, model=ID, geometry="squash", weights=str(file))
    register(layers(-1.0), feature_layer=None)
    after = api.predict(PICTURE, model=ID, geometry="squash", weights=str(file))
    assert np.abs(before.logits - after.logits).max() > 0.01


def test_a_request_of_the_old_code_is_not_answered_by_the_new() -> None:
    """A worker that holds other code than who asks says so, and keeps nothing under that name."""
    register(build(rescaled(0.5)))
    request = prediction_request(api.open_picture(PICTURE), model=ID, geometry="squash")
    register(build(rescaled(-0.5)))
    with pytest.raises(InputError, match="Ask again"):
        InlineEngine(open_store()).run([request])
    assert not open_store().contains(request.key)


def test_a_borrowed_gradient_is_part_of_what_is_asked() -> None:
    """The id of a surrogate says nothing of its code."""

    def keys() -> list[str]:
        asked = [
            api.robustness_request(
                "portraits", model="portraits_fair", surrogate=ID, limit=8, checks=checks
            )
            for checks in (True, False)
        ]
        return [request.key for request in asked]

    given = {"input_size": 64, "n_classes": len(api.class_names("portraits_fair"))}
    register(build(rescaled(1.0)), **given)
    first = keys()
    register(build(rescaled(-1.0)), **given)
    second = keys()
    assert first[0] != second[0]
    assert first[1] == second[1]


def test_what_comes_with_pellucid_keeps_its_names() -> None:
    """By its file alone, and without TensorFlow."""
    shipped = [i for i, spec in zoo.specs().items() if spec.origin == "shipped"]
    for model_id in (DEFAULT_MODEL, *shipped):
        assert not zoo.get(model_id).joined
        assert identify(ModelRef(model_id)) == weights_sha256(ModelRef(model_id))
    code = (
        "import sys; from core.contracts import ModelRef; from core.models.runtime import identify;"
        f"identify(ModelRef({DEFAULT_MODEL!r})); print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def _script(version: str, shift: int, home: Path) -> dict[str, Any]:
    """Run the script as a user does, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.models.changing", version, str(shift)],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PELLUCID_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _script_here(version: str, home: Path) -> dict[str, Any]:
    """Run the script as a notebook does, in this process."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.setenv("PELLUCID_HOME", str(home))
        patch.setattr(sys, "argv", ["changing", version, "0"])
        settings.cache_clear()
        runpy.run_module("tests.models.changing", run_name="__main__", alter_sys=True)
    settings.cache_clear()
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def test_from_one_process_to_the_next(tmp_path: Path) -> None:
    first = _script_here("first", tmp_path)
    again = _script("first", 3, tmp_path)
    changed = _script_here("second", tmp_path)
    for model_id in models("first"):
        assert again[model_id][0] == first[model_id][0]
        assert (first[model_id][1], again[model_id][1]) == (False, True)
    for model_id in models("first").keys() - {"noisy"}:
        assert changed[model_id][0] != first[model_id][0]
        assert not np.allclose(changed[model_id][2], first[model_id][2], atol=1e-3)


HELPER = """
TH = {level}
class Limits:
    top = TH
def _over(t):
    from core.models.tensorflow import tf
    return tf.reduce_mean(t, axis=(1, 2, 3), keepdims=True) > TH
def f(t):
    from core.models.tensorflow import tf
    return tf.where(_over(t), -t, t)
"""
WAYS = {
    "attribute": "lambda t: hm.f(t)",
    "nested": "lambda t: outer.hm.f(t)",
    "constant": "lambda t: t * hm.TH",
    "class": "lambda t: t * hm.Limits.top",
    "by text": "lambda t: getattr(hm, 'f')(t)",
    "passed on": "lambda t: (lambda m: m.f(t))(hm)",
}


def through(way: str, level: float) -> Callable[[Any], Any]:
    """Return a Lambda that reaches the user's module ``hm`` in one of the ways above."""
    helper, outer = ModuleType("hm"), ModuleType("outer")
    exec(HELPER.format(level=level), vars(helper))
    outer.hm = helper  # type: ignore[attr-defined]
    scope: dict[str, Any] = {"__name__": __name__, "hm": helper, "outer": outer}
    exec(f"run = {WAYS[way]}", scope)
    run = scope["run"]

    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras

        return keras.layers.Lambda(run)(x)

    return middle


@pytest.mark.parametrize("way", WAYS)
def test_code_that_is_reached_through_a_module(way: str) -> None:
    """0.4701 and 0.4702: no picture of the probe lies between, so the text has to tell."""
    names = []
    for level in (0.4701, 0.4702, 0.4701):
        writer = GraphWriter()
        inputs = keras.Input((16, 16, 3))
        model = build(through(way, level))(inputs, 3)
        names.append(json.dumps(writer.graph(model)))
    assert names[0] == names[2] != names[1]


def test_a_module_that_is_imported_as_the_code_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for level in (0.4701, 0.4702, 0.4701):
        helper = ModuleType("late_helper")
        exec(HELPER.format(level=level), vars(helper))
        monkeypatch.setitem(sys.modules, "late_helper", helper)

        def run(t: Any) -> Any:
            import late_helper  # type: ignore[import-not-found]

            return late_helper.f(t)

        names.append(json.dumps(CodeWriter().write(run)))
    assert names[0] == names[2] != names[1]


def test_what_a_module_has_beside_is_not_part_of_the_name() -> None:
    helper = ModuleType("hm")
    exec(HELPER.format(level=0.4), vars(helper))
    scope: dict[str, Any] = {"__name__": __name__, "hm": helper}
    exec(f"run = {WAYS['attribute']}", scope)
    run = scope["run"]
    before = CodeWriter().write(run)
    helper.other = 3  # type: ignore[attr-defined]
    assert CodeWriter().write(run) == before
    helper.TH = 0.5  # type: ignore[attr-defined]
    assert CodeWriter().write(run) != before


def test_code_that_was_run_under_no_name_is_no_library() -> None:
    texts = []
    for factor in (2.0, 3.0):
        scope: dict[str, Any] = {}
        exec(f"run = lambda t: t * {factor}", scope)
        texts.append(CodeWriter().write(scope["run"]))
    assert texts[0] != texts[1]


def test_a_changed_module_gives_new_answers() -> None:
    picture = np.full((16, 16, 3), 112, np.uint8)  # a mean of 0.44
    said = []
    for level in (0.41, 0.47):
        register(build(through("attribute", level)))
        said.append(api.predict(picture, model=ID, geometry="squash"))
    assert said[0].key != said[1].key
    assert not said[1].cached
    assert np.abs(said[0].logits - said[1].logits).max() > 0.01


def _mean(t: Any) -> Any:
    return tf.reduce_mean(t, (1, 2, 3), keepdims=True)


LOOKS: dict[str, Callable[[Any], Any]] = {
    "dark": lambda t: _mean(t) < 0.2,
    "bright": lambda t: _mean(t) > 0.8,
    "low contrast": lambda t: tf.math.reduce_std(t, (1, 2, 3), keepdims=True) < 0.05,
    "saturated": lambda t: _mean(tf.reduce_max(t, 3, True) - tf.reduce_min(t, 3, True)) > 0.6,
    "smooth": lambda t: _mean(tf.abs(t[:, 1:] - t[:, :-1])) < 0.1,
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_probe_sees_what_depends_on(look: str) -> None:
    """No text tells what is answered here: ``exact`` is the same, and only pictures differ."""

    def middle(active: bool) -> Callable[[Any], Any]:
        def run(t: Any) -> Any:
            return tf.where(LOOKS[look](t), -t, t) if active else t

        return lambda x: keras.layers.Lambda(run)(x)

    names = []
    for active in (False, True, False):
        register(build(middle(active)))
        at = runtime(ModelRef(ID))
        names.append(probe(at.network(), at.spec, exact=look, store=open_store()))
    assert names[0] == names[2] != names[1]


def test_a_builder_as_the_readme_shows_it() -> None:
    """``keras.Model(inputs, out)`` answers as a model of the source inputs does, and has maps."""

    def builder(inputs: Any, n_classes: int) -> Any:
        x = keras.layers.Conv2D(4, 3, activation="relu", name="features")(inputs)
        x = keras.layers.GlobalAveragePooling2D()(x)
        return keras.Model(inputs, keras.layers.Dense(n_classes)(x))

    def source(inputs: Any, n_classes: int) -> Any:
        out = builder(inputs, n_classes)
        last = out.layers[-1]._inbound_nodes[0].output_tensors[0]
        return keras.Model(keras.utils.get_source_inputs(inputs), last)

    said = []
    for made in (builder, source):
        register(made)
        said.append(api.predict(PICTURE, model=ID, geometry="squash", weights="random"))
        map_ = api.explain(PICTURE, model=ID, geometry="squash", method="gradcam", weights="random")
        assert np.isfinite(map_.map).all()
    assert np.array_equal(said[0].logits, said[1].logits)
