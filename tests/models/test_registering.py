"""Arguments of a registration: an id of its own, and each mistake one sentence."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from core import api
from core.errors import InputError
from core.models import zoo
from core.models.spec import Affine
from tests.models.test_own_builders import PICTURE, SIZE, grey_first, plain

OPTIONS: dict[str, Any] = {"input_size": SIZE, "n_classes": 3}


def other(inputs: Any, n_classes: int) -> Any:
    return grey_first(inputs, n_classes)


def shifted(inputs: Any, n_classes: int, *, by: float = 0.0) -> Any:
    return plain(inputs + by, n_classes)


@pytest.mark.parametrize(
    "taken", ["efficientnet_lite0", "resnet50", "resnet8", "portraits_fair", "portraits_biased"]
)
@pytest.mark.parametrize("replace", [False, True])
def test_what_comes_with_pellucid_is_not_replaced(taken: str, replace: bool) -> None:
    before = zoo.specs().get(taken)
    with pytest.raises(InputError, match=f"There is a model '{taken}' already .*choose another"):
        api.register_model(taken, plain, **OPTIONS, replace=replace)
    assert zoo.specs().get(taken) == before


def test_another_builder_under_a_taken_id_is_refused_unless_it_is_meant() -> None:
    api.register_model("reg_taken", plain, **OPTIONS)
    first = zoo.get("reg_taken")
    for builder in (other, shifted, partial(shifted, by=0.5), lambda i, n: plain(i, n)):
        with pytest.raises(InputError, match=r"'reg_taken' already .* replace=True"):
            api.register_model("reg_taken", builder, **OPTIONS)
        assert zoo.get("reg_taken") == first
    api.register_model("reg_taken", other, **OPTIONS, replace=True)
    assert zoo.get("reg_taken").builder is other


def test_a_builder_that_is_defined_anew_takes_its_own_place() -> None:
    """A module that is imported again, a notebook's cell that is run again after a change."""
    text = "def builder(inputs, n_classes):\n    return base(inputs{}, n_classes)\n"
    answers = []
    for change in ("", " * 2", ""):
        module: dict[str, Any] = {"base": plain, "__name__": "a_notebook"}
        exec(text.format(change), module)
        api.register_model("reg_again", module["builder"], **OPTIONS)
        answers.append(api.predict(PICTURE, model="reg_again").logits)
    assert not np.allclose(answers[0], answers[1])
    for _ in range(2):
        api.register_model("reg_partial", partial(shifted, by=0.1), **OPTIONS)


LABELS = "labels is a list of class names|class names for 3 classes"
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"input_size": 1_000_000}, "input_size .pixels.: Expected a whole number"),
    ({"input_size": 2049}, "from 8 to 2048"),
    ({"input_size": None}, "input_size"),
    ({"input_size": True}, "input_size"),
    ({"n_classes": 10**9}, "n_classes: Expected a whole number from 2 to 20,?000"),
    ({"feature_layer": 5}, "feature_layer is the name of a layer.*Received: 5"),
    ({"feature_layer": ["last"]}, "feature_layer is the name"),
    ({"feature_layer": ""}, "feature_layer is the name"),
    ({"layers": "last"}, "layers is a list of names.*Received: 'last'"),
    ({"layers": 7}, "layers is a list"),
    ({"layers": ["last", 3]}, "layers is a list.*Received: 3"),
    ({"labels": "cat, dog, bird"}, "labels is a list of class names.*Received: 'cat, dog, bird'"),
    ({"labels": "abc"}, "labels is a list"),
    ({"labels": ""}, "labels is a list"),
    ({"labels": None}, "labels is a list"),
    ({"labels": 3}, "labels is a list"),
    ({"labels": {0: "a", 1: "b", 2: "c"}}, "labels is a list"),
    ({"labels": {"a"}}, "labels is a list"),
    ({"labels": b"abc"}, "labels is a list"),
    ({"labels": []}, "0 class names for 3 classes"),
    ({"labels": ["a", "b", 3]}, "Class names are texts. Received: 3"),
    ({"labels": ["a", "b", None]}, "Class names are texts. Received: None"),
    ({"labels": np.arange(3)}, "Class names are texts"),
    ({"labels": ["a", "b", "a"]}, "must be unique. Received: 'a'"),
    ({"labels": ["a", "b", " a "]}, "must be unique"),
    ({"labels": ["a", "b", "  "]}, "1 to 120 printable"),
    ({"labels": ["a", "b", ""]}, "1 to 120 printable"),
    ({"labels": ["a", "b", "c\x1b[31m"]}, "printable"),
    ({"labels": ["a", "b", "c" * 500]}, "1 to 120"),
    ({"name": 5}, "name is a text. Received: 5"),
    ({"name": "  "}, "The name must have"),
    ({"summary": None}, "summary is a text"),
    ({"preprocessing": (0, 1)}, "preprocessing is an Affine"),
    ({"preprocessing": Affine((0, 0), (1, 1))}, "mean has 3 finite numbers"),  # type: ignore[arg-type]
    ({"preprocessing": Affine(scale=(1.0, 0.0, 1.0))}, "divides by its scale, which is not 0"),
    ({"preprocessing": Affine(scale=(1.0, float("nan"), 1.0))}, "scale has 3 finite numbers"),
    ({"preprocessing": Affine(order="gbr")}, "in the order 'rgb' or 'bgr'"),  # type: ignore[arg-type]
    ({"id": 5}, "A model id is a plain identifier.*Received: 5"),
    ({"id": "two words"}, "plain identifier"),
    ({"id": ""}, "plain identifier"),
    ({"builder": "core.models:x"}, "builder is a function"),
    ({"builder": None}, "builder is a function"),
]


@pytest.mark.parametrize(("wrong", "told"), MISTAKES, ids=lambda value: str(value)[:40])
def test_a_mistake_is_one_sentence(wrong: dict[str, Any], told: str) -> None:
    given = {"id": "reg_wrong", "builder": plain, **OPTIONS} | wrong
    with pytest.raises(InputError, match=told) as refused:
        api.register_model(**given)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400
    assert "reg_wrong" not in zoo.specs()


def test_what_is_right_in_another_form_is_taken() -> None:
    forms: dict[str, Any] = {
        "input_size": np.int64(SIZE), "n_classes": "3", "feature_layer": "last",
        "labels": np.array(["a", "b", "c d"]), "layers": ("last",), "name": "Mine",
    }  # fmt: skip
    api.register_model("reg_forms", plain, **forms)
    assert api.class_names("reg_forms") == ("a", "b", "c d")
