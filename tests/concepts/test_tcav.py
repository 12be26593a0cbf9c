"""TCAV end to end on a network whose class wants one channel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from core import api
from core.contracts import Picture
from core.errors import CapabilityError, InputError
from tests.concepts.conftest import Folder, noise

MODEL = {"model": "toy_wishes", "geometry": "squash"}


@pytest.fixture(scope="module", autouse=True)
def _wishes() -> None:
    """Channels are colours; the class 0 wants red and is indifferent to the rest."""

    def build(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Conv2D(3, 1, activation="relu", name="colour")(inputs)
        x = keras.layers.GlobalAveragePooling2D()(x)
        model = keras.Model(
            keras.utils.get_source_inputs(inputs), keras.layers.Dense(n_classes, name="out")(x)
        )
        model.get_layer("colour").set_weights([np.eye(3).reshape(1, 1, 3, 3), np.zeros(3)])
        model.get_layer("out").set_weights([np.array([[5.0, 0], [0, 0], [0, 0]]), np.zeros(2)])
        return model

    api.register_model("toy_wishes", build, input_size=16, n_classes=2, feature_layer="colour")


def opened(pictures: npt.NDArray[np.uint8]) -> list[Picture]:
    return [api.open_picture(pixels, name=f"{i}.png") for i, pixels in enumerate(pictures)]


def reddish(n: int, *, seed: int, by: int = 60) -> npt.NDArray[np.uint8]:
    pictures = (noise(n, seed=seed) // 2).astype(int)
    pictures[..., 0] += by
    return pictures.clip(0, 255).astype(np.uint8)


def test_a_wanted_concept_scores_one_and_a_meaningless_one_is_not_significant(
    folder: Folder,
) -> None:
    plain = noise(72, seed=1) // 2
    request = api.tcav_request(
        {"reddish": folder("reddish", reddish(12, seed=2)), "nothing": opened(plain[:12])},
        random=folder("random", plain[12:]),
        pictures=opened(noise(8, seed=3)),
        target=0,
        n_runs=6,
        **MODEL,
    )
    result = api.answer(request)
    red, nothing = result.concepts
    assert (red.name, red.score, red.low, red.high) == ("reddish", 1.0, 1.0, 1.0)
    assert red.significant
    assert red.p_adjusted <= 0.05
    assert red.alignment > red.null_high
    assert red.accuracy > 0.9
    assert "rises" in red.words
    assert not nothing.significant
    assert nothing.null_low <= nothing.alignment <= nothing.null_high
    assert "Not significant" in nothing.words
    assert (result.n_pictures, result.n_random, result.n_null) == (8, 60, 100)


def test_pictures_of_a_concept_do_not_count_as_random() -> None:
    plain, red = noise(30, seed=4) // 2, reddish(10, seed=5)
    request = api.tcav_request(
        {"reddish": opened(red)},
        random=opened(np.concatenate([plain, red])),
        pictures=opened(noise(5, seed=6)),
        target=0,
        n_runs=5,
        **MODEL,
    )
    assert api.answer(request).n_random == 30


@pytest.mark.parametrize(
    ("n_concept", "n_random", "n_class", "words"),
    [
        (7, 30, 5, "The concept red needs at least 8 pictures; found 7"),
        (8, 23, 5, "The random set needs at least 24 pictures; found 23"),
        (8, 30, 4, "The class needs at least 5 pictures; found 4"),
    ],
)
def test_too_few_pictures_are_told(n_concept: int, n_random: int, n_class: int, words: str) -> None:
    request = api.tcav_request(
        {"red": opened(reddish(n_concept, seed=7))},
        random=opened(noise(n_random, seed=8)),
        pictures=opened(noise(n_class, seed=9)),
        target=0,
        **MODEL,
    )
    with pytest.raises(InputError, match=words):
        api.answer(request)


@pytest.mark.usefixtures("toys")
def test_what_cannot_be_asked_is_refused() -> None:
    some = opened(noise(9, seed=10))
    with pytest.raises(InputError, match="at least one concept"):
        api.tcav_request({}, random=some, pictures=some, target=0, **MODEL)
    with pytest.raises(CapabilityError, match="feature layer"):
        api.tcav_request({"a": some}, random=some, pictures=some, target=0, model="toy_linear")
