"""Claims about planted features: where it is known what decides, maps find it and pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.calibration.base import Claim, Measure, Outcome, Trials, claim
from core.calibration.maps import explained
from core.calibration.pictures import judged, photographs
from core.contracts import Array
from core.evidence.base import EvaluatedMap
from core.evidence.passes import CountedPasses
from core.evidence.registry import METRICS
from core.modalities.picture.modality import PICTURE

__all__ = ["CLAIMS"]

_TOPIC = "Evidence: planted features"
_SIDE, _PATCH = 128, 28
_GAIN = 12.0
_AMONG = 3
_ON_PATCH = 0.25
"""Share of a map's highest pixels; by chance it would be the patch's share of the picture, .05."""
_METHODS = {"saliency": 40, "integrated_gradients": 40, "occlusion": 40, "rise": 20, "lime": 20}
"""Methods that are asked, with trials: those that need no features of a network."""


class PatchModel:
    """Two classes; what decides is how much of the pattern in one patch is left, nothing else.

    Parameters
    ----------
    pattern : ndarray of float32, shape (H, W, 3)
        The picture's deviation from grey within the patch, 0 elsewhere.
    """

    def __init__(self, pattern: Array) -> None:
        self._weights = pattern / np.square(pattern).sum()

    def logits(self, batch: Array) -> Array:
        """Return logits ``(N, 2)``: the first goes from −g/2 for grey to g/2 for the pattern."""
        left = np.einsum("nhwc,hwc->n", batch - np.float32(0.5), self._weights)
        first = _GAIN * (left - 0.5)
        return np.stack([first, np.zeros_like(first)], axis=1).astype(np.float32)

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and the gradient of ``directions · logits``."""
        slope = directions[:, :1, None, None] * (_GAIN * self._weights)
        return self.logits(batch), slope.astype(np.float32)

    def prepare(self, n_passes: int) -> None:
        """Nothing to do."""


def _scenes(trials: Trials) -> Iterator[tuple[EvaluatedMap, np.random.Generator]]:
    """Yield pictures of noise with a patch that decides, which nothing in the picture gives away.

    Maps that know only the picture find the patch by chance alone.
    """
    from scipy.ndimage import gaussian_filter

    for rng in trials.generators():
        noise = gaussian_filter(rng.standard_normal((_SIDE, _SIDE, 3)), (2, 2, 0))
        picture = np.clip(0.5 + noise / noise.std() / 6, 0, 1).astype(np.float32)
        top, left = rng.integers(2, _SIDE - _PATCH - 2, 2)
        mask = np.zeros((_SIDE, _SIDE), bool)
        mask[top : top + _PATCH, left : left + _PATCH] = True
        pattern = np.where(mask[..., None], picture - np.float32(0.5), np.float32(0))
        yield EvaluatedMap(
            passes=CountedPasses(PatchModel(pattern)),  # type: ignore[arg-type]
            input=picture, direction=np.array([1.0, 0.0], np.float32),
            map=np.zeros(mask.shape, np.float32), zero=np.full(3, 0.5, np.float32),
            seed=trials.seed, control=trials.control, modality=PICTURE, mask=mask,
        ), rng  # fmt: skip


def _marked(trials: Trials) -> Iterator[Outcome]:
    """Yield whether the map that marks the patch itself passes."""
    for evaluated, _ in _scenes(trials):
        verdict = judged(evaluated, {"map": _truth(evaluated)}, model=_model(evaluated))["map"]
        yield None if verdict == "unknown" else verdict == "pass"


def _elsewhere(trials: Trials) -> Iterator[Outcome]:
    """Yield whether a map that marks a patch somewhere else passes."""
    for evaluated, rng in _scenes(trials):
        away = tuple(int(n) for n in rng.integers(_PATCH + 4, _SIDE - _PATCH - 4, 2))
        values = np.roll(_truth(evaluated), away, axis=(0, 1))
        verdict = judged(evaluated, {"map": values}, model=_model(evaluated))["map"]
        yield None if verdict == "unknown" else verdict == "pass"


def _truth(evaluated: EvaluatedMap) -> Array:
    assert evaluated.mask is not None
    return evaluated.mask.astype(np.float32)


def _model(evaluated: EvaluatedMap) -> str:
    return f"patch {np.argwhere(_truth(evaluated))[0].tolist()}"


def _points(method: str) -> Measure:
    """Return the measure of how often a map's highest pixels lie on the patch."""

    def measure(trials: Trials) -> Iterator[Outcome]:
        for evaluated, _ in _scenes(trials):
            found = replace(evaluated, map=explained(evaluated, method))
            score = METRICS.find("relevance_rank")().measure(found)
            yield None if score.value is None else score.value >= _ON_PATCH

    return measure


# ---- two photographs side by side


def _halves(trials: Trials) -> Iterator[Outcome]:
    """Yield whether Grad-CAM of one half's class lies on that half of a picture of two.

    Only where the class of each half is among the three that the whole is taken for.
    """
    before: EvaluatedMap | None = None
    for evaluated in photographs(trials):
        yield None if before is None else _on_its_half(before, evaluated)
        before = evaluated


def _on_its_half(left: EvaluatedMap, right: EvaluatedMap) -> Outcome:
    both = np.concatenate([_squeezed(left.input), _squeezed(right.input)], axis=1)
    whole = replace(left, input=both)
    top = set(np.argsort(-whole.logits)[:_AMONG].tolist())
    if left.target == right.target or not {left.target, right.target} <= top:
        return None
    middle = both.shape[1] // 2
    shares = [
        _share_on_left(explained(replace(each, input=both), "gradcam"), middle)
        for each in (left, right)
    ]
    return shares[0] > 0.5 > shares[1]


def _squeezed(picture: Array) -> Array:
    """Return the picture at half its width."""
    return picture.reshape(picture.shape[0], -1, 2, 3).mean(axis=2)


def _share_on_left(values: Array, middle: int) -> float:
    weight = np.maximum(values, 0)
    return float(weight[:, :middle].sum() / max(float(weight.sum()), 1e-12))


_PATCH_HOW = (
    "Noise, 128 pixels a side; a model of which nothing but what stands in a patch of 28 decides."
)
CLAIMS: tuple[Claim, ...] = (
    claim(
        "planted.patch.pass", _TOPIC,
        "A map that marks the patch that decides passes on at least 60 % of pictures.",
        _PATCH_HOW, _marked, unit="pictures", n=200, quick=5, at_least=0.6,
    ),
    claim(
        "planted.patch.elsewhere", _TOPIC,
        "A map that marks a patch elsewhere passes on at most 5 % of pictures.",
        _PATCH_HOW, _elsewhere, unit="pictures", n=200, quick=5, at_most=0.05,
        beside="planted.patch.pass",
    ),
    *(
        claim(
            f"planted.patch.{method}", _TOPIC,
            f"A quarter of {method}'s highest pixels lie on the patch in at least 90 %.",
            _PATCH_HOW, _points(method), unit="pictures", n=n, quick=3, at_least=0.9,
        )
        for method, n in _METHODS.items()
    ),
    claim(
        "planted.halves", _TOPIC,
        "Of two photographs side by side, Grad-CAM of each one's class lies on its half in at "
        "least 90 %.",
        "EfficientNet-Lite0; pairs of which both classes are among the three it sees.",
        _halves, unit="pictures", n=100, quick=20, at_least=0.9,
        needs="a folder of photographs",
    ),
)  # fmt: skip
