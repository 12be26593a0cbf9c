"""Counterfactuals: the search against trying every set, and a model with a known answer."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from core import api
from core.cli import main
from core.contracts import Counterfactual
from core.control import LocalControl
from core.errors import Cancelled, InputError
from core.evidence.counterfactual.flips import find_flip
from core.evidence.counterfactual.search import removed

Sets = Sequence[tuple[int, ...]]


class Margins:
    """Margins from a function of one set, and every set that was asked about."""

    def __init__(self, margin: Callable[[tuple[int, ...]], float]) -> None:
        self._margin = margin
        self.asked: list[tuple[int, ...]] = []

    def __call__(self, sets: Sets) -> np.ndarray:
        self.asked += sets
        return np.array([self._margin(chosen) for chosen in sets])


def additive(weights: np.ndarray, bias: float) -> Margins:
    return Margins(lambda chosen: bias - float(weights[list(chosen)].sum()))


class TestSearch:
    def test_one_region_is_enough(self) -> None:
        flip = find_flip(4, additive(np.array([1, 5, 2, 4.0]), 3.5))
        assert (flip.regions, flip.flipped, flip.size_at_least) == ((1,), True, 1)

    @pytest.mark.parametrize("seed", range(12))
    def test_it_equals_trying_every_set(self, seed: int) -> None:
        """With interactions: greedy alone would be fooled; what is proven must be true."""
        rng = np.random.default_rng(seed)
        n = 7
        weights, pairs = rng.normal(1, 1, n), np.triu(rng.normal(0, 1.5, (n, n)), 1)

        def margin(chosen: tuple[int, ...]) -> float:
            inside = np.zeros(n)
            inside[list(chosen)] = 1
            return float(5 - inside @ weights - inside @ pairs @ inside)

        smallest = next(
            (k for k in range(1, n + 1) if any(margin(c) < 0 for c in combinations(range(n), k))),
            None,
        )
        flip = find_flip(n, Margins(margin))
        if smallest is None:
            assert not flip.flipped
            return
        assert smallest >= flip.size_at_least
        if smallest <= 2:
            assert flip.flipped
            assert len(flip.regions) == smallest == flip.size_at_least
        if flip.flipped:
            assert margin(flip.regions) < 0
            assert flip.irreducible
            for left_out in flip.regions:
                fewer = tuple(r for r in flip.regions if r != left_out)
                assert not fewer or margin(fewer) >= 0

    def test_a_pair_that_greedy_misses_is_found(self) -> None:
        """Regions 2 and 3 do it together; each alone looks useless."""
        weights = np.array([1.0, 0.9, 0, 0, 0.8])

        def margin(chosen: tuple[int, ...]) -> float:
            return 2.5 - weights[list(chosen)].sum() - 3 * ({2, 3} <= set(chosen))

        flip = find_flip(5, Margins(margin))
        assert set(flip.regions) == {2, 3}
        assert flip.size_at_least == 2

    def test_what_is_not_needed_is_put_back(self) -> None:
        """Greedy takes 0 first; 1, 2 and 3 together do it without 0."""

        def margin(chosen: tuple[int, ...]) -> float:
            together = {1, 2, 3} <= set(chosen)
            return 2 - 0.5 * (0 in chosen) - 0.1 * len(chosen) - 3 * together

        flip = find_flip(5, Margins(margin))
        assert set(flip.regions) == {1, 2, 3}
        assert flip.size_at_least == 3  # every pair was tried
        assert flip.irreducible

    def test_too_many_pairs_are_left_untried_and_not_claimed(self) -> None:
        margins = additive(np.ones(8), 4.5)
        flip = find_flip(8, margins, most_pairs=10)
        assert len(flip.regions) == 5
        assert flip.size_at_least == 2
        assert find_flip(8, additive(np.ones(8), 4.5)).size_at_least == 3

    def test_nothing_flips(self) -> None:
        margins = additive(np.ones(4), 10)
        flip = find_flip(4, margins)
        assert not flip.flipped
        assert not flip.irreducible
        assert sorted(flip.regions) == [0, 1, 2, 3]
        assert {tuple(sorted(c)) for c in margins.asked if len(c) == 2} == set(
            combinations(range(4), 2)
        )


@pytest.fixture(scope="module")
def votes(toys: None) -> str:
    """Logits 0, 5.5 − what the bright quarters take away (4, 3, 2 and 1), and −9.

    A white picture belongs to class 0; class 1 decides once enough quarters are black.
    """

    def builder(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.AveragePooling2D(8)(inputs)
        x = keras.layers.Dense(n_classes, name="out")(keras.layers.Flatten()(x))
        model = keras.Model(keras.utils.get_source_inputs(inputs), x)
        kernel = np.zeros((4, 3, n_classes), np.float32)
        kernel[:, 0, 1] = (-4, -3, -2, -1)
        model.get_layer("out").set_weights([kernel.reshape(12, -1), np.array([0, 5.5, -9])])
        return model

    api.register_model("toy_votes", builder, input_size=16, n_classes=3)
    return "toy_votes"


WHITE = np.full((16, 16, 3), 255, np.uint8)


def find(model: str, **options: object) -> Counterfactual:
    chosen = {"regions": "grid", "count": 4, "baseline": "black", "geometry": "squash"} | options
    picture = api.open_picture(WHITE, name="white.png")
    return api.counterfactual(api.counterfactual_request(picture, model=model, **chosen))


class TestKnownModel:
    def test_the_two_strongest_quarters(self, votes: str) -> None:
        """5.5 − 10 < 0 at first; without quarter 0: −0.5; without 0 and 1: 2.5."""
        found = find(votes)
        assert found.flipped
        assert [step.region for step in found.steps] == [0, 1]
        assert found.before.index == 0
        assert found.after.index == 1
        assert found.minimal
        assert found.irreducible
        assert found.share == pytest.approx(0.5)
        assert "Every smaller set was tried" in found.words

    def test_the_path_of_probabilities(self, votes: str) -> None:
        found = find(votes)

        def probability(logit: float) -> float:
            odds = np.exp([0, logit, -9])
            return float(odds[0] / odds.sum())

        assert found.before.probability == pytest.approx(probability(-4.5), abs=1e-5)
        path = [step.probability for step in found.steps]
        assert path == pytest.approx([probability(-0.5), probability(2.5)], abs=1e-5)
        assert [step.decision.index for step in found.steps] == [0, 1]

    def test_a_target_that_nothing_reaches(self, votes: str) -> None:
        found = find(votes, target=2)
        assert not found.flipped
        assert not found.minimal
        assert len(found.steps) == found.n_regions == 4
        assert "Nothing was found" in found.words

    def test_the_target_must_be_another_class(self, votes: str) -> None:
        with pytest.raises(InputError, match="already decides"):
            find(votes, target=0)

    def test_passes_are_those_that_were_needed(self, votes: str) -> None:
        """1 whole + 4 singles + 3 greedy + 2 back + the path of 2."""
        assert find(votes).passes == 1 + 4 + 3 + 2 + 2

    def test_it_is_stored_and_comes_back(self, votes: str) -> None:
        first, again = find(votes, seed=3), find(votes, seed=3)
        assert not first.cached
        assert again.cached
        np.testing.assert_array_equal(first.labels, again.labels)
        assert again.labels.dtype == np.int32
        assert again.steps == first.steps

    def test_what_is_drawn_is_what_the_model_saw(self, votes: str) -> None:
        picture = api.open_picture(WHITE)
        request = api.counterfactual_request(
            picture, model=votes, regions="grid", count=4, baseline="black", geometry="squash"
        )
        found = api.counterfactual(request)
        seen = removed(request, found.labels, [0])
        assert not seen[:8, :8].any()
        assert (seen[8:] == 1).all()
        with Image.open(io.BytesIO(api.counterfactual_png(request, found, steps=1))) as image:
            drawn = np.asarray(image)
        assert drawn.shape == (64, 64, 4)
        assert (drawn[16, 16] == (0, 0, 0, 255)).all()
        assert not drawn[40:, :, 3].any()

    def test_it_stops_when_asked(self, votes: str) -> None:
        import threading

        stop = threading.Event()
        stop.set()
        request = api.counterfactual_request(
            api.open_picture(WHITE), model=votes, count=9, geometry="squash"
        )
        with pytest.raises(Cancelled):
            api.counterfactual(request, control=LocalControl(stop=stop))

    def test_progress_grows(self, votes: str) -> None:
        seen: list[float] = []
        request = api.counterfactual_request(
            api.open_picture(WHITE), model=votes, count=16, regions="grid", geometry="squash"
        )
        api.counterfactual(request, control=LocalControl(on_progress=lambda f, _: seen.append(f)))
        assert seen == sorted(seen)
        assert 0 < seen[0] <= seen[-1] < 1


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"count": 3}, "from 4 to 64"),
            ({"count": 65}, "from 4 to 64"),
            ({"regions": "hexagons"}, "superpixels, grid"),
            ({"baseline": "pink"}, "no baseline 'pink'"),
            ({"target": "no such class"}, "no such class"),
            ({"model": "nope"}, "nope"),
        ],
    )
    def test_it_is_named(self, votes: str, options: dict[str, object], words: str) -> None:
        with pytest.raises(InputError, match=words):
            api.counterfactual_request(api.open_picture(WHITE), **{"model": votes} | options)


class TestCommand:
    def test_json(self, votes: str, tmp_path: object, capfd: pytest.CaptureFixture[str]) -> None:
        path = f"{tmp_path}/white.png"
        Image.fromarray(WHITE).save(path)
        words = ["counterfactual", path, "--model", votes, "--regions", "grid", "--count", "4"]
        words += ["--baseline", "black", "--geometry", "squash", "--json"]
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 0
        document = json.loads(capfd.readouterr().out)
        assert document["flipped"] is True
        assert document["minimal"] is True
        assert [step["region"] for step in document["removed"]] == [0, 1]
        assert document["after"]["index"] == 1

    def test_the_callers_mistake(self, votes: str, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as end:
            main(["counterfactual", "nowhere.png", "--model", votes])
        assert end.value.code == 2
        assert "nowhere.png" in capfd.readouterr().err
