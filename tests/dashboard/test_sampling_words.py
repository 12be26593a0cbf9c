"""What a page says about maps that are sampled."""

from __future__ import annotations

import numpy as np

from core import api
from core.contracts import Explanation
from dashboard.formatting import errors_line


def explained(picture: np.ndarray, method: str, **parameters: object) -> Explanation:
    return api.explain(
        picture, model="toy_gap", method=method, geometry="squash", parameters=parameters
    )


def test_convergence_and_cost_are_said(toys: None, noise_picture: np.ndarray) -> None:
    words = errors_line(explained(noise_picture, "rise", n_masks=64))
    assert words.startswith("64 forward passes: ")
    assert "rank correlation of" in words
    assert "(0.900 sought)" in words
    assert "Not converged: take more samples." in words


def test_a_map_that_stopped_early_has_converged(toys: None, noise_picture: np.ndarray) -> None:
    shown = explained(noise_picture, "sobol", cells=2, n_designs=256, tolerance=0.5, score="logit")
    words = errors_line(shown)
    assert "(0.500 sought)" in words
    assert words.endswith("Converged.")
    assert shown.diagnostics["forward_passes"] < 256 * 6


def test_occlusion_is_not_sampled(toys: None, noise_picture: np.ndarray) -> None:
    words = errors_line(explained(noise_picture, "occlusion", patch=4, stride=4))
    assert words == "17 forward passes."


def test_methods_without_errors_say_nothing(toys: None, noise_picture: np.ndarray) -> None:
    assert errors_line(explained(noise_picture, "gradcam")) == ""
