"""What holds for every registered metric, whichever it is."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from core import api
from core.control import LocalControl
from core.errors import Cancelled, InputError, UnknownNameError
from core.evidence.base import EvaluatedMap, Metric
from core.evidence.registry import METRICS, QUICK
from core.modalities.picture.modality import PICTURE
from tests.evidence.evaluated_maps import SIDE, Linear, evaluated, picture, weights


@pytest.fixture(params=sorted(METRICS))
def metric(request: pytest.FixtureRequest) -> type[Metric]:
    return METRICS[request.param]


def mask() -> np.ndarray:
    marked = np.zeros((SIDE, SIDE), bool)
    marked[3:9, 5:12] = True
    return marked


def remap(pictures: np.ndarray, seed: int) -> np.ndarray:
    """Return maps that depend on the picture and, a little, on the seed."""
    noise = np.random.default_rng(seed).normal(0, 0.01, (SIDE, SIDE))
    return ((pictures * weights()).sum(axis=-1) + noise).astype(np.float32)


def example(map_: np.ndarray | None = None, **given: object) -> EvaluatedMap:
    x = picture()
    shown = remap(x[None], 0)[0] if map_ is None else map_
    options = {"mask": mask(), "remap": remap, "draws": True} | given
    return evaluated(Linear(weights()), shown, x, **options)


def test_declaration_is_complete(metric: type[Metric]) -> None:
    card = metric.card()
    assert card.id == metric.id
    assert card.name
    assert card.summary.endswith(".")
    assert card.limits.endswith(".")
    assert "arXiv:" in card.paper
    assert card == next(c for c in api.metrics() if c.id == metric.id)
    assert (metric.id in QUICK) == card.quick


def test_values_are_finite_and_say_how_they_were_measured(metric: type[Metric]) -> None:
    score = metric().measure(example())
    assert score.metric == metric.id
    assert score.value is not None, score.reason
    assert np.isfinite(score.value)
    assert isinstance(score.value, float)
    assert not score.reason
    assert len(score.protocol) > 20
    assert score.protocol.endswith(".")
    assert score.higher_is_better == metric.higher_is_better
    if score.low is not None:
        assert score.low <= score.value <= score.high


def test_the_same_seed_gives_the_same_value(metric: type[Metric]) -> None:
    assert metric().measure(example(seed=3)) == metric().measure(example(seed=3))
    if not metric.random:
        assert metric().measure(example(seed=3)).value == metric().measure(example(seed=4)).value


def test_the_seed_is_told_where_it_matters(metric: type[Metric]) -> None:
    protocols = {metric().measure(example(seed=s, map_seed=s)).protocol for s in (3, 4)}
    assert len(protocols) == (2 if metric.random else 1)


def test_the_global_random_state_is_neither_used_nor_changed(metric: type[Metric]) -> None:
    values = []
    for state in (7, 8):
        np.random.seed(state)
        values.append(metric().measure(example()).value)
        assert np.random.random_sample() == np.random.RandomState(state).random_sample()
    assert values[0] == values[1]


def test_a_map_without_evidence_has_no_value(metric: type[Metric]) -> None:
    task = example(np.zeros((SIDE, SIDE), np.float32))
    score = metric().measure(task)
    assert score.value is None
    assert score.reason.startswith("no positive evidence")
    assert score.protocol
    assert task.passes.spent == 0


def test_a_map_that_speaks_against_only(metric: type[Metric]) -> None:
    """Metrics of positive evidence have no value then; the others read magnitudes or signs."""
    score = metric().measure(example(-np.abs(example().map) - 0.1))
    assert (score.value is None) == metric.positive
    assert bool(score.reason) == metric.positive


def test_scale_does_not_matter(metric: type[Metric]) -> None:
    """Methods differ in scale, so metrics that compare them may not see it."""
    ten = example().map * 10
    scaled = example(ten, remap=lambda x, seed: remap(x, seed) * 10)
    assert metric().measure(scaled).value == pytest.approx(
        metric().measure(example()).value, rel=1e-3, abs=1e-5
    )


def test_what_is_missing_is_told(metric: type[Metric]) -> None:
    score = metric().measure(example(mask=None, remap=None))
    if metric.needs_mask or metric.recomputes:
        assert score.value is None
        assert ("mask" if metric.needs_mask else "again") in score.reason
    else:
        assert score.value is not None


def test_it_stops_when_asked(metric: type[Metric]) -> None:
    stop = threading.Event()
    task = example(control=LocalControl(stop=stop))
    stop.set()
    before = task.passes.spent
    if metric.__module__.endswith(("complexity", "localisation")):
        metric().measure(task)  # no passes: over before anybody could ask
    else:
        with pytest.raises(Cancelled):
            metric().measure(task)
    assert task.passes.spent <= before + 1  # the whole picture's own pass may have run


def test_a_budget_is_kept(metric: type[Metric]) -> None:
    def costly(pictures: np.ndarray, seed: int) -> np.ndarray:
        task.passes.logits(pictures)
        return remap(pictures, seed)

    task = example(budget=0, remap=costly)
    score = metric().measure(task)
    assert task.passes.spent == 0
    if score.value is None:
        assert "more than what was left" in score.reason


def test_unknown_names_get_a_hint() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'deletion'"):
        METRICS.find("deletoin")
    with pytest.raises(UnknownNameError, match="Did you mean 'xplique'"):
        PICTURE.preset("xpliqe")
    assert set(api.presets()) == set(PICTURE.presets)


def test_a_map_of_another_size_or_not_finite_is_refused() -> None:
    with pytest.raises(InputError, match="size"):
        example(np.ones((SIDE, SIDE - 1)))
    with pytest.raises(InputError, match="finite"):
        example(np.full((SIDE, SIDE), np.nan))
