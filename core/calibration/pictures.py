"""Pictures with a model, as the evidence card sees them, and its verdict about any map of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from core.calibration.base import Trials
from core.calibration.code import code_fingerprint
from core.contracts import Array, ModelInput, ModelRef, Verdict, content_key
from core.control import Control
from core.data.picture import picture_part
from core.data.registry import open_dataset, parse
from core.evidence.base import EvaluatedMap, Mask
from core.evidence.checks import beats_controls
from core.evidence.controls import ControlCurves, compare_maps_with_controls, measure_controls
from core.evidence.curves import MODES
from core.evidence.passes import CountedPasses
from core.modalities.picture import images
from core.modalities.picture.gallery import read_gallery
from core.models.runtime import Runtime, runtime
from core.robustness.sample import drawn_rows
from core.workspace import open_store

__all__ = ["judged", "photographs", "portraits"]

_OTHER_FACES = 40_000
"""Seeds of the portraits start here: no model was trained on these, no rule made on them."""
_PREPARED = 400


def portraits(trials: Trials, model: str = "portraits_fair") -> Iterator[EvaluatedMap]:
    """Yield portraits that no model and no rule has seen, each with the mask of its eyewear."""
    seen = runtime(ModelRef(model))
    seen.prepare(_PREPARED)
    dataset = open_dataset(parse(f"portraits?seed={_OTHER_FACES + trials.seed}"))
    part = picture_part(dataset.part("test"))
    for row in drawn_rows(len(part), trials.n, seed=trials.seed).tolist():
        pixels = part.inputs([row], (dataset.size, dataset.size, 3))[0]
        mask = part.mask(row)
        yield _evaluated_map(seen, pixels, trials, mask if mask.any() else None)


def photographs(trials: Trials, model: str = "efficientnet_lite0") -> Iterator[EvaluatedMap]:
    """Yield every second photograph of the folder that was given, in random order.

    In the order of names, the second, the fourth and so on: of the sample that the rule was chosen
    on, these are the other half.
    """
    seen = runtime(ModelRef(model))
    seen.prepare(_PREPARED)
    listed = read_gallery(trials.pictures).pictures[1::2]
    for row in drawn_rows(len(listed), trials.n, seed=trials.seed).tolist():
        shown: ModelInput = images.to_input(listed[row].open(), shape=seen.spec.input_shape)
        yield _evaluated_map(seen, shown.tensor(), trials, None)


def _evaluated_map(
    model: Runtime, pixels: Array, trials: Trials, mask: Mask | None
) -> EvaluatedMap:
    """Ask about the class that the model predicts; the map is yet to come."""
    direction = np.zeros(model.n_classes, np.float32)
    direction[int(model.logits(pixels[None])[0].argmax())] = 1.0
    return EvaluatedMap(
        passes=CountedPasses(model), input=pixels, direction=direction,
        map=np.zeros(pixels.shape[:2], np.float32), zero=model.spec.zero,
        seed=trials.seed, control=_Silent(trials.control), modality=model.modality, mask=mask,
    )  # fmt: skip


def judged(evaluated: EvaluatedMap, maps: Mapping[str, Array], *, model: str) -> dict[str, Verdict]:
    """Return for each map ``(H, W)`` whether it beats the controls.

    Parameters
    ----------
    model : str
        What the passes are, for the store: controls of a picture are measured once.
    """
    key = content_key(
        {
            "kind": "calibration_controls",
            "code": code_fingerprint(),
            "model": model,
            "input": content_key({"bytes": evaluated.input.tobytes().hex()}),
            "seed": evaluated.seed,
        }
    )
    artefact, _ = open_store().get_or_compute(
        key, lambda: measure_controls(evaluated, MODES).to_artefact(), kind="calibration_controls"
    )
    controls = ControlCurves.from_artefact(artefact)
    found = compare_maps_with_controls(maps, evaluated, MODES, controls)
    return {
        name: beats_controls(replace(evaluated, map=values), found[name]).verdict
        for name, values in maps.items()
    }


class _Silent:
    """A control that stops but does not report: a map is a part of a trial."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def progress(self, fraction: float, message: str = "") -> None:
        """Say nothing."""

    def check(self) -> None:
        self._control.check()
