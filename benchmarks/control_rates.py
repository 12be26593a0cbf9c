"""How often maps beat the controls: those that know nothing, and methods, with Wilson intervals.

On pictures that the rule was not chosen on: the odd half of the ImageNet sample (by name), and
portraits with eyewear from the middle of the test split; there also whether a map that passes lies
on the eyewear more than one that does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.base import Options, Row, at_most, info, main
from benchmarks.workload import ROOT, use_home
from core.contracts import Array, DatasetRef, ModelRef
from core.data.picture import Mask
from core.data.registry import open_dataset
from core.evidence.intervals import student_interval
from core.evidence.picture.control_rates import ANOTHER, Judged, judged_maps
from core.modalities.picture import images
from core.modalities.picture.uninformed_maps import FAMILIES
from core.models.runtime import runtime
from core.proportions import wilson

__all__ = ["measure"]

_SAMPLE = ROOT.parent / "shared" / "data" / "imagenet-sample"
_METHODS = ("gradcam", "saliency", "smoothgrad", "integrated_gradients", "occlusion", "rise")
_PORTRAITS_FROM = 750  # the rule was chosen on pictures before
_CLAIM = 5.0


def measure(options: Options) -> list[Row]:
    """Judge every family and method on each kind of picture."""
    use_home()
    rows = list(_imagenet(options.some(100, 10)))
    for model in ("portraits_fair", "portraits_biased"):
        rows += _portraits(model, options.some(150, 15))
    return rows


def _imagenet(n: int) -> Iterator[Row]:
    model = runtime(ModelRef("efficientnet_lite0"))
    files = sorted(_SAMPLE.glob("*.jpg"))[1::2][:n]
    seen = [images.to_input(images.open_picture(f), shape=model.spec.input_shape) for f in files]
    yield from _rates(
        "ImageNet", list(judged_maps(model, [s.tensor() for s in seen], methods=_METHODS))
    )


def _portraits(name: str, n: int) -> Iterator[Row]:
    model, part = runtime(ModelRef(name)), open_dataset(DatasetRef("portraits")).part("test")
    worn = [i for i in range(_PORTRAITS_FROM, len(part)) if part.mask(i).any()][:n]
    pictures = part.pixels(worn, model.spec.input_size).astype(np.float32) / 255
    judged = list(judged_maps(model, list(pictures), methods=_METHODS))
    yield from _rates(name, judged)
    yield _mass(name, judged, [part.mask(i) for i in worn])


def _rates(where: str, judged: Sequence[Judged]) -> Iterator[Row]:
    for id in (*FAMILIES, ANOTHER, *_METHODS):
        verdicts = [each[id][1].verdict for each in judged]
        share = [100 * verdicts.count(v) / len(verdicts) for v in ("pass", "unclear", "fail")]
        low, high = wilson(verdicts.count("pass"), len(verdicts))
        note = (
            f"{share[0]:.0f} % pass [{100 * low:.0f}, {100 * high:.0f}], {share[1]:.0f} % unclear, "
            f"{share[2]:.0f} % fail; n = {len(verdicts)}"
        )
        if id in _METHODS:
            yield info(f"{where}: {id} beats controls", share[0], unit="%", note=note)
        else:
            claim = f"{where}: {id} beats controls, lower limit"
            yield at_most(claim, 100 * low, _CLAIM, unit="%", note=note)


def _mass(where: str, judged: Sequence[Judged], masks: Sequence[Mask]) -> Row:
    """Return by how much more of a passing map's weight lies in the mask, over all methods.

    A method's own mean is taken away first: sharp methods would be compared with soft ones.
    """
    passed, others = [], []
    for id in _METHODS:
        shares = np.array([_share(each[id][0], m) for each, m in zip(judged, masks, strict=True)])
        passes = np.array([each[id][1].verdict == "pass" for each in judged])
        centred = shares - shares.mean()
        passed += centred[passes].tolist()
        others += centred[~passes].tolist()
    claim = f"{where}: weight on the eyewear, passing maps less the others"
    if len(passed) < 2:
        return info(claim, None, unit="%", note=f"{len(passed)} maps pass")
    lead = 100 * (np.mean(passed) - np.mean(others))
    low, high = (100 * x - 100 * np.mean(others) for x in student_interval(passed))
    note = f"points [{low:.1f}, {high:.1f}]; {len(passed)} maps pass, {len(others)} do not"
    return info(claim, float(lead), unit="%", note=note)


def _share(map_: Array, mask: Mask) -> float:
    positive = np.maximum(map_, 0).astype(np.float64)
    return float(positive[mask].sum() / max(positive.sum(), 1e-12))


if __name__ == "__main__":
    main(measure, __doc__)
