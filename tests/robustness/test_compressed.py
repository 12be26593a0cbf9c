"""A compressed model end to end: attacks without gradients, and transfer from its float32 twin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import api
from core.contracts import AttackCheck, Robustness, Run
from core.errors import CapabilityError
from core.settings import settings

DATA = "portraits?n_train=200&n_validation=30&n_test=150"
TWIN = "portraits_fair"
EPS = ["8/255", "16/255", "32/255"]
QUERIES = {"square": {"queries": 300}}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The twin in 8 bits, in a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield api.compress(TWIN, form="int8", dataset=DATA)
    settings.cache_clear()


@pytest.fixture(scope="module")
def found(int8: Run) -> Robustness:
    return api.robustness(
        DATA, model=int8.model, attacks=["square", "uniform_noise"], limit=24, eps=EPS,
        parameters=QUERIES, rounding=False,
    )  # fmt: skip


def check(found: Robustness, id: str) -> AttackCheck:
    return next(c for c in found.checks if c.id == id)


def test_attacks_without_gradients_are_its_own(int8: Run, found: Robustness) -> None:
    request = api.robustness_request(DATA, model=int8.model)
    assert tuple(request.attacks) == ("square", "uniform_noise")
    square, noise = (c.points for c in found.curves)
    assert found.clean_accuracy > 0.8
    assert [p.accuracy for p in square] == sorted((p.accuracy for p in square), reverse=True)
    assert square[-1].accuracy < noise[-1].accuracy
    with pytest.raises(CapabilityError, match=f"{TWIN}, which it was made of, has them"):
        api.robustness_request(DATA, model=int8.model, attacks=["pgd"])


def test_gradients_are_borrowed_from_the_twin(int8: Run, found: Robustness) -> None:
    """A few hundred queries are too few, and the check says so: the twin's gradients break more.

    Questions about the model's own gradients are not asked.
    """
    assert api.robustness_request(DATA, model=int8.model).surrogate == TWIN
    transfer = check(found, "transfer")
    assert f"Pictures made on {TWIN} break" in transfer.detail
    assert transfer.figures["transfer"] > transfer.figures["white_box"]
    assert transfer.passed is False
    assert not found.trustworthy
    assert {c.id for c in found.checks if c.passed is None} == {
        "gradient", "slopes", "foretold", "averaged", "straight", "iterative", "monotone",
        "unbounded", "restarts", "more_steps", "black_box",
    }  # fmt: skip
    assert check(found, "deterministic").passed


def test_square_makes_it_look_firmer_than_its_twin_and_never_weaker(int8: Run) -> None:
    """Picture by picture on all 150: scores in 256 steps give Square less to climb.

    At 16/255 it keeps 14 pictures that the twin loses, for 1 the other way round. That is no
    robustness: the twin's gradients break it (see the transfer check above).
    """
    twin, own = (
        api.robustness(
            DATA, model=model, attacks=["square"], limit=150, eps=EPS, checks=False,
            rounding=False, parameters=QUERIES,
        )
        for model in (TWIN, int8.model)
    )  # fmt: skip
    assert len(own.ids) == 150
    points = api.defence(twin, own).points
    assert all(abs(p.second - p.first) < 0.15 for p in points)
    assert not any(p.beyond_chance for p in points if p.second < p.first)
    middle = points[2]
    assert middle.beyond_chance
    assert middle.gained > 3 * middle.lost


def test_smoothing_certifies_it_and_interval_bounds_cannot(int8: Run) -> None:
    certified = api.certify(
        DATA, model=int8.model, limit=4, parameters={"sigma": 0.05, "n0": 20, "n": 60}
    )
    assert certified.n == 4
    assert (certified.radii >= 0).all()
    with pytest.raises(CapabilityError, match="forward passes alone: smoothing"):
        api.certify_request(DATA, model=int8.model, method="ibp")
