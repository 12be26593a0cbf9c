"""On real photographs a good method beats maps that know nothing of the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.contracts import ModelRef
from core.control import LocalControl
from core.evidence.base import EvaluatedMap
from core.evidence.correlation import interval
from core.evidence.curves import MODES, measure_curves
from core.evidence.passes import CountedPasses
from core.modalities.picture import images
from core.modalities.picture.filters import blocks, sobel
from core.modalities.picture.modality import PICTURE
from core.models.runtime import Runtime, runtime
from core.saliency.base import Problem
from core.saliency.registry import METHODS

N_PICTURES = 60
N_DRAWS = 3


def areas(model: Runtime, path: Path) -> dict[tuple[str, str], float]:
    """Return the areas of Grad-CAM and the controls; the draws are averaged."""
    picture = images.open_picture(path)
    x = images.to_input(picture, shape=model.spec.input_shape, geometry="crop").tensor()
    direction = np.eye(model.n_classes, dtype=np.float32)[model.logits(x[None])[0].argmax()]
    problem = Problem(model, x[None], direction[None], None, 0, LocalControl(), PICTURE)
    zero = model.spec.preprocessing.zero
    map_ = METHODS.find("gradcam")().explain(problem, {})[0].map
    task = EvaluatedMap(CountedPasses(model), x, direction, map_, zero, 0, LocalControl(), PICTURE)
    maps = {"gradcam": map_, "edges": sobel(x)}
    maps |= {f"random {i}": blocks(x, i) for i in range(N_DRAWS)}
    curves = {key: curve.auc for key, curve in measure_curves(task, maps).items()}
    for mode in MODES:
        curves["random", mode] = float(
            np.mean([curves[f"random {i}", mode] for i in range(N_DRAWS)])
        )
    return curves


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_gradcam_beats_the_controls(imagenet_sample: list[tuple[Path, int]]) -> None:
    """The 95 % interval of the lead, picture by picture, excludes 0 on both curves and controls.

    Pictures differ far more than maps do (the model is sure of some and not of others), so the
    same picture is its own yardstick.
    """
    model = runtime(ModelRef("efficientnet_lite0"))
    model.prepare(10_000)
    chosen = imagenet_sample[:: len(imagenet_sample) // N_PICTURES][:N_PICTURES]
    found = [areas(model, path) for path, _ in chosen]
    for mode, sign in (("deletion", -1), ("insertion", 1)):
        for control in ("random", "edges"):
            lead = sign * np.array([each["gradcam", mode] - each[control, mode] for each in found])
            low, high = interval(lead)
            assert low > 0, f"{mode} against {control}: {lead.mean():.3f} [{low:.3f}, {high:.3f}]"
