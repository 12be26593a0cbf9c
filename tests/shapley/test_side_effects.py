"""What shap is known for: after it, or after its failure, gradients must still be gradients."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from core.contracts import ModelRef
from core.errors import Cancelled
from core.modalities.picture.modality import PICTURE
from core.models.runtime import Runtime, runtime
from core.shapley.base import Background, Explainer
from core.shapley.registry import EXPLAINERS
from tests.shapley.conftest import parameters, problem

QUICK = {"max_evals": 250, "n_samples": 20}


@pytest.fixture(params=sorted(EXPLAINERS))
def explainer(request: pytest.FixtureRequest) -> type[Explainer]:
    return EXPLAINERS[request.param]


@pytest.fixture(scope="module")
def model(toys: None) -> Runtime:
    return runtime(ModelRef("toy_gap"))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).random((6, 16, 16, 3), dtype=np.float32)


def quick(explainer: type[Explainer]) -> dict[str, object]:
    names = {spec.name for spec in explainer.parameters}
    return parameters(explainer, **{k: v for k, v in QUICK.items() if k in names})


def background(model: Runtime, pictures: np.ndarray) -> Background:
    return Background(pictures, np.full(len(pictures), 1 / len(pictures)),
                      model.logits(pictures), "test pictures")  # fmt: skip


class Failing:
    """Passes that break down on the third call."""

    def __init__(self, model: Runtime) -> None:
        self.model, self.calls = model, 0

    def _count(self) -> None:
        self.calls += 1
        if self.calls == 3:
            raise RuntimeError("broken on purpose")

    def prepare(self, n_passes: int) -> None:
        self.model.prepare(n_passes)

    def logits(self, batch: np.ndarray) -> np.ndarray:
        self._count()
        return self.model.logits(batch)

    def gradient(self, batch: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._count()
        return self.model.gradient(batch, directions)


def gradients(model: Runtime, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    directions = np.eye(3, dtype=np.float32)[[0, 1]]
    return model.gradient(pictures[:2], directions)


def registered() -> set[str]:
    """Names in TensorFlow's process-wide gradient registry, which DeepExplainer edits."""
    from tensorflow.python.framework import ops

    return set(ops.gradient_registry.list())


def test_gradients_and_random_numbers_are_as_before(
    explainer: type[Explainer], model: Runtime, pictures: np.ndarray
) -> None:
    before, names = gradients(model, pictures), registered()
    np.random.seed(11)
    explainer().explain(
        problem(model, pictures[0], (0, 2), background=background(model, pictures[1:])),
        quick(explainer),
    )
    assert np.random.random_sample() == np.random.RandomState(11).random_sample()
    for was, now in zip(before, gradients(model, pictures), strict=True):
        np.testing.assert_array_equal(was, now)
    assert registered() == names


def test_also_after_an_explainer_that_failed(
    explainer: type[Explainer], model: Runtime, pictures: np.ndarray
) -> None:
    before, names = gradients(model, pictures), registered()
    held = background(model, pictures[1:])
    np.random.seed(12)
    failing = problem(Failing(model), pictures[0], (0, 2), background=held)
    with pytest.raises(RuntimeError, match="broken on purpose"):
        explainer().explain(failing, quick(explainer))
    assert np.random.random_sample() == np.random.RandomState(12).random_sample()
    for was, now in zip(before, gradients(model, pictures), strict=True):
        np.testing.assert_array_equal(was, now)
    assert registered() == names
    healthy = problem(model, pictures[0], (0,), background=held)
    assert np.isfinite(explainer().explain(healthy, quick(explainer)).values).all()


def test_it_reports_progress_and_stops_when_asked(
    explainer: type[Explainer], model: Runtime, pictures: np.ndarray
) -> None:
    held = background(model, pictures[1:])
    seen: list[float] = []
    task = problem(
        model, pictures[0], (0,), background=held, on_progress=lambda f, _: seen.append(f)
    )
    explainer().explain(task, quick(explainer))
    assert seen == sorted(seen)
    assert len(seen) >= 2
    assert 0 < seen[0] < seen[-1] <= 1

    stop, steps = threading.Event(), []

    def second(fraction: float, _: str) -> None:
        steps.append(fraction)
        if len(steps) == 2:
            stop.set()

    task = problem(model, pictures[0], (0,), background=held, stop=stop, on_progress=second)
    if len(seen) > 2:
        with pytest.raises(Cancelled):
            explainer().explain(task, quick(explainer))
        assert len(steps) == 2


def test_the_same_seed_gives_the_same_shares(
    explainer: type[Explainer], model: Runtime, pictures: np.ndarray
) -> None:
    held = background(model, pictures[1:])
    a, b = (
        explainer().explain(problem(model, pictures[0], (1,), background=held), quick(explainer))
        for _ in range(2)
    )
    np.testing.assert_array_equal(a.values, b.values)


def test_declaration_is_complete(explainer: type[Explainer]) -> None:
    card = explainer.card(PICTURE)
    assert card.id == explainer.id
    assert card.name
    assert card.paper
    assert card.summary.endswith(".")
    assert card.limits.endswith(".")
    for spec in card.parameters:
        assert spec.parse(spec.default) == spec.default
        assert spec.help
        assert not spec.help.endswith(".")


def test_the_registry_loads_no_heavy_library_and_no_explainer_loads_shap() -> None:
    script = """
import sys
import core.shapley.registry
heavy = {"tensorflow", "keras", "openvino", "shap", "cv2", "sklearn", "skimage", "numba"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
import numpy as np
from core.shapley.registry import EXPLAINERS
from tests.shapley.conftest import FunctionPasses, parameters, problem
passes = FunctionPasses(lambda batch: batch.mean(axis=(1, 2)))
picture = np.random.default_rng(0).random((16, 16, 3)).astype(np.float32)
for name in ("partition", "kernel"):
    given = parameters(EXPLAINERS[name], max_evals=250)
    EXPLAINERS[name]().explain(problem(passes, picture), given)
assert not {"shap", "numba", "tensorflow"} & set(sys.modules)
"""
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)
