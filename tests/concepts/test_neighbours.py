"""Nearest pictures: against cosines computed here, and what happens to bad folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import api
from core.concepts import pooled as pooling
from core.concepts.neighbours import cosines
from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import CapabilityError, InputError, ParameterError
from core.models.runtime import runtime
from tests.concepts.conftest import Folder, noise

pytestmark = pytest.mark.usefixtures("toys")
TOY = {"model": "toy_gap", "geometry": "squash"}


def test_a_copy_of_the_picture_is_nearest_and_the_order_is_that_of_the_cosines(
    folder: Folder,
) -> None:
    pictures = noise(12, seed=1)
    place = folder("set", pictures)
    request = api.neighbours_request(
        api.open_picture(pictures[7], name="mine"), reference=place, k=5, **TOY
    )
    found = api.answer(request)
    first = found.neighbours[0]
    assert (first.index, first.name, first.same) == (7, "007.png", True)
    assert first.similarity == pytest.approx(1.0, abs=1e-6)
    assert not any(neighbour.same for neighbour in found.neighbours[1:])

    model = runtime(ModelRef("toy_gap"))
    _, maps = model.features(pictures.astype(np.float32) / 255)
    vectors = maps.mean(axis=(1, 2))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = vectors @ vectors[7]
    order = np.argsort(-expected)[:5]
    assert [neighbour.index for neighbour in found.neighbours] == list(order)
    assert [n.similarity for n in found.neighbours] == pytest.approx(expected[order], abs=1e-5)
    assert found.n == 12
    assert found.thumbnails.shape == (5, 112, 112, 3)
    assert found.seen.name == "mine"
    again = api.answer(request)
    assert again.cached
    assert again.neighbours == found.neighbours


def test_given_pictures_serve_as_well_as_a_folder(folder: Folder) -> None:
    pictures = noise(6, seed=2)
    mine = api.open_picture(pictures[2], name="mine")
    given = [api.open_picture(pixels, name=f"{i:03d}.png") for i, pixels in enumerate(pictures)]
    one = api.answer(api.neighbours_request(mine, reference=folder("set", pictures), k=6, **TOY))
    other = api.answer(api.neighbours_request(mine, reference=given, k=6, **TOY))
    assert [n.name for n in one.neighbours] == [n.name for n in other.neighbours]
    assert [n.similarity for n in one.neighbours] == pytest.approx(
        [n.similarity for n in other.neighbours], abs=1e-6
    )


def test_k_may_exceed_the_set_and_labels_narrow_it(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for i, pixels in enumerate(noise(3, seed=len(label))):
            Image.fromarray(pixels).save(tmp_path / label / f"{i}.png")
    mine = api.open_picture(noise(1, seed=9)[0])
    found = api.answer(api.neighbours_request(mine, reference=tmp_path, k=50, **TOY))
    assert len(found.neighbours) == 6
    found = api.answer(api.neighbours_request(mine, reference=tmp_path, label="dog", **TOY))
    assert {n.label for n in found.neighbours} == {"dog"}
    assert found.n == 3


def test_damage_behind_the_header_is_left_out_and_told(folder: Folder) -> None:
    pictures = noise(4, seed=4)
    place = folder("set", pictures)
    damaged = place / "001.png"
    damaged.write_bytes(damaged.read_bytes()[:200])  # the header is whole
    mine = api.open_picture(pictures[3])
    found = api.answer(api.neighbours_request(mine, reference=place, **TOY))
    assert found.n == 3
    assert found.n_unreadable == 1
    assert "001.png" in found.unreadable[0]
    assert found.neighbours[0].name == "003.png"


def test_features_are_computed_once_and_a_stopped_run_goes_on(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooling, "_CHUNK", 4)
    pictures = noise(10, seed=5)
    place = folder("set", pictures)
    model = runtime(ModelRef("toy_gap"))
    seen: list[int] = []
    original = type(model).features

    def counted(self: object, batch: np.ndarray, layer: str | None = None) -> object:
        seen.append(len(batch))
        return original(self, batch, layer)  # type: ignore[arg-type]

    monkeypatch.setattr(type(model), "features", counted)

    class Stop(LocalControl):
        def check(self) -> None:
            if len(seen) == 2:
                raise KeyboardInterrupt

    request = api.neighbours_request(api.open_picture(pictures[0]), reference=place, **TOY)
    with pytest.raises(KeyboardInterrupt):
        api.answer(request, control=Stop())
    assert seen == [4, 4]
    api.answer(request)
    assert seen == [4, 4, 2, 1], "the two stored chunks are not computed again"


def test_a_changed_folder_is_noticed(folder: Folder) -> None:
    place = folder("set", noise(3, seed=6))
    request = api.neighbours_request(api.open_picture(noise(1, seed=7)[0]), reference=place, **TOY)
    (place / "000.png").unlink()
    with pytest.raises(InputError, match="has changed"):
        api.answer(request)


def test_what_cannot_be_asked_is_refused() -> None:
    mine = api.open_picture(noise(1, seed=8)[0])
    with pytest.raises(CapabilityError, match="feature layer"):
        api.neighbours_request(mine, reference=[mine], model="toy_linear")
    with pytest.raises(ParameterError, match="k must be"):
        api.neighbours_request(mine, reference=[mine], k=0, **TOY)
    with pytest.raises(InputError, match="no layer"):
        api.neighbours_request(mine, reference=[mine], layer="nope", **TOY)
    with pytest.raises(InputError, match="holds no pictures"):
        api.neighbours_request(mine, reference=[], **TOY)


def test_a_vector_without_length_is_like_nothing() -> None:
    shares = cosines(np.ones(3, np.float32), np.array([[0, 0, 0], [-2, -2, -2]], np.float32))
    assert list(shares) == pytest.approx([0.0, -1.0])
