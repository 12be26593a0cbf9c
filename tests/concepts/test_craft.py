"""Concepts of a class, end to end: planted colours, real work functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from core import api
from core.concepts.crops import N_CROPS
from core.contracts import ConceptMaps, Concepts
from core.errors import InputError, ParameterError

MODEL = {"model": "toy_colours", "geometry": "squash"}
RED, GREEN, BLUE = range(3)


@pytest.fixture(scope="module", autouse=True)
def _colours() -> None:
    """A network whose channels are the colours and whose class 0 wants red, and hardly green."""

    def build(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Conv2D(3, 1, activation="relu", name="colour")(inputs)
        x = keras.layers.GlobalAveragePooling2D()(x)
        model = keras.Model(
            keras.utils.get_source_inputs(inputs), keras.layers.Dense(n_classes, name="out")(x)
        )
        model.get_layer("colour").set_weights([np.eye(3).reshape(1, 1, 3, 3), np.zeros(3)])
        head = np.array([[8.0, -8.0], [0.5, 0.0], [0.0, 0.0]])
        model.get_layer("out").set_weights([head, np.zeros(2)])
        return model

    api.register_model("toy_colours", build, input_size=16, n_classes=2, feature_layer="colour")


def patches(n: int, *, seed: int) -> npt.NDArray[np.uint8]:
    """Each quarter of a picture is red, green or blue, of changing strength; one is always red."""
    rng = np.random.default_rng(seed)
    pictures = np.zeros((n, 16, 16, 3), np.uint8)
    for picture in pictures:
        kinds = [RED, *rng.integers(0, 3, 3)]
        for place, kind in zip(rng.permutation(4), kinds, strict=True):
            row, column = divmod(int(place), 2)
            strength = rng.integers(120, 256)
            picture[8 * row : 8 * row + 8, 8 * column : 8 * column + 8, kind] = strength
    return pictures


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory, _colours: None) -> Path:
    place = tmp_path_factory.mktemp("colours")
    for label, seed in (("0", 1), ("1", 2)):
        (place / label).mkdir()
        for i, pixels in enumerate(patches(12, seed=seed)):
            Image.fromarray(pixels).save(place / label / f"{i:02}.png")
    return place


@pytest.fixture(scope="module")
def found(colours: Path) -> Concepts:
    result = api.answer(api.concepts_request(colours, target=0, n_concepts=3, **MODEL))
    assert isinstance(result, Concepts)
    return result


def test_the_planted_colours_are_the_concepts_and_red_matters_most(found: Concepts) -> None:
    main = found.bank.argmax(axis=1)
    assert sorted(main) == [RED, GREEN, BLUE]
    assert found.bank.max(axis=1) == pytest.approx(np.ones(3), abs=0.02)
    assert main[0] == RED
    first, second, third = found.concepts
    assert first.importance > 0.95
    assert first.low <= first.importance <= first.high
    assert first.effect < -0.5 < second.effect
    assert third.importance < 0.05
    assert found.reconstruction_error < 0.05
    assert found.carried == pytest.approx(1.0, abs=0.05)


def test_the_crops_shown_are_those_of_the_colour_from_different_pictures(found: Concepts) -> None:
    for concept, direction in zip(found.concepts, found.bank, strict=True):
        means = concept.crops.mean(axis=(1, 2))
        assert (means.argmax(axis=1) == direction.argmax()).all()
        assert len(set(concept.names)) == len(concept.names) == 6
    assert found.n_crops == N_CROPS * found.n_pictures


def test_selections_choose_pictures(colours: Path, found: Concepts) -> None:
    assert found.n_pictures == 24, "red makes every one of them class 0"
    labelled = api.answer(
        api.concepts_request(colours, target=0, selection="labelled", n_concepts=2, **MODEL)
    )
    assert labelled.n_pictures == 12
    assert all(name.startswith("0/") for c in labelled.concepts for name in c.names)
    some = api.concepts_request(colours, target=0, n_pictures=9, n_concepts=2, **MODEL)
    assert api.answer(some).n_pictures == 9


def test_maps_show_where_in_a_picture_a_concept_is(colours: Path, found: Concepts) -> None:
    request = api.concepts_request(colours, target=0, n_concepts=3, **MODEL)
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, :8, RED] = 255
    pixels[:, 8:, GREEN] = 255
    maps = api.answer(api.concept_maps_request(api.open_picture(pixels, name="mine"), request))
    assert isinstance(maps, ConceptMaps)
    assert maps.maps.shape == (3, 16, 16)
    by_colour = {int(row.argmax()): m for row, m in zip(found.bank, maps.maps, strict=True)}
    assert by_colour[RED][:, :8].mean() > 10 * by_colour[RED][:, 8:].mean()
    assert by_colour[GREEN][:, 8:].mean() > 10 * by_colour[GREEN][:, :8].mean()
    assert by_colour[BLUE].max() < 0.05
    assert maps.logit == pytest.approx(4.25, abs=1e-3)
    layers = api.concept_overlays(maps)
    assert len({layer.limits for layer in layers}) == 1, "one scale for all"


def test_too_few_pictures_say_how_many_there_are(colours: Path) -> None:
    request = api.concepts_request(colours, target=1, n_concepts=2, **MODEL)
    with pytest.raises(InputError, match="needs at least 8 pictures; found 0"):
        api.answer(request)


def test_what_cannot_be_asked_is_refused(colours: Path) -> None:
    with pytest.raises(InputError, match="select must be one of"):
        api.concepts_request(colours, target=0, selection="some", **MODEL)
    with pytest.raises(InputError, match="no class 7"):
        api.concepts_request(colours, target=7, **MODEL)
    given = [api.open_picture(pixels) for pixels in patches(9, seed=5)]
    with pytest.raises(InputError, match="no labels"):
        api.concepts_request(given, target=0, selection="labelled", **MODEL)
    with pytest.raises(ParameterError, match="only 3 channels"):
        api.answer(api.concepts_request(given, target=0, n_concepts=5, **MODEL))
