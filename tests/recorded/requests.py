"""One request of every kind, with every method, metric, attack and recipe at its defaults.

Their keys depend on no machine: versions of libraries and the fingerprint of the code are taken
out, the picture is drawn, weights are those that come along. ``python -m tests.recorded.requests``
writes the keys anew, for a change that is meant to change them: say in its message which and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
from PIL import Image

from core import requests as ask
from core.calibration.registry import CLAIMS
from core.calibration.request import calibrate_request
from core.comparison.drift_paths import PATHS
from core.contracts import (
    CONSTRAINTS,
    MITIGATORS,
    CompressionForm,
    GalleryRef,
    ImportRequest,
    ModelChoices,
    ModelLookRequest,
    OwnModelRequest,
    Picture,
    Request,
)
from core.evidence.registry import METRICS
from core.robustness.attacks.registry import ATTACKS
from core.robustness.certificates.registry import CERTIFIERS
from core.robustness.corruptions.registry import CORRUPTIONS
from core.saliency.registry import METHODS
from core.shapley.registry import EXPLAINERS
from core.training.registry import RECIPES

__all__ = ["KEYS", "keys", "pinned", "requests"]

KEYS = Path(__file__).parent / "keys.json"
_LIBRARIES = frozenset({
    "pellucid", "numpy", "pillow", "keras", "tensorflow", "openvino", "scipy", "duckdb",
    "fairlearn",
})  # fmt: skip
_SMALL = "portraits_fair"
_DATA = "portraits?bias=0.9"
_TABLE = "label,prediction,score,sex,age\n1,1,0.9,f,20\n0,1,0.7,m,30\n1,0,0.2,f,40\n0,0,0.1,m,50\n"


def pinned(value: Any) -> Any:
    """Return ``value`` without what differs between machines and releases, at any depth."""
    if isinstance(value, tuple):
        return tuple(pinned(each) for each in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    own = {f.name: pinned(getattr(value, f.name)) for f in fields(value) if f.init}
    if isinstance(value, GalleryRef):  # its fingerprint holds times of change
        return GalleryRef("/data/pets", "5" * 64)
    if "versions" in own:
        own["versions"] = {
            name: "0" if name in _LIBRARIES else text for name, text in own["versions"].items()
        }
    if "code" in own:
        own["code"] = "0" * 64
    return replace(value, **own)


def _picture(seed: int, side: int = 224) -> Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Picture(f"noise{seed}.png", pixels)


def requests(folder: Path) -> Iterator[tuple[str, Request]]:
    """Yield each request with its name; ``folder`` is for the files that they name."""
    yield from _of_a_picture()
    yield from _of_examples(folder)
    yield from _of_a_dataset()
    yield from _of_training()
    yield from _of_groups(folder)
    yield "calibrate/all", calibrate_request(seed=7)
    for claim in CLAIMS:
        yield f"calibrate/{claim}", calibrate_request(only=[claim], quick=True, seed=7)


def _of_a_picture() -> Iterator[tuple[str, Request]]:
    picture, mask = _picture(1), np.zeros((224, 224), bool)
    mask[60:160, 60:160] = True
    yield "predict", ask.prediction_request(picture, seed=7)
    yield "predict/random", ask.prediction_request(picture, weights="random", seed=7)
    yield "predict/letterbox", ask.prediction_request(picture, geometry="letterbox", seed=7)
    yield "predict/small", ask.prediction_request(_picture(1, 64), model=_SMALL, seed=7)
    default = ask.explanation_request(picture, seed=7)
    for method, declared in METHODS.items():
        if "attention" in declared.needs:  # of no model that comes along: asked of one by hand
            yield f"explain/{method}", replace(default, method=method, parameters={})
            continue
        explained = ask.explanation_request(picture, method=method, seed=7)
        yield f"explain/{method}", explained
        yield f"evidence/{method}", ask.evidence_request(explained)
        yield f"sanity/{method}", ask.sanity_request(method=method, seed=7)
        yield f"sanity/{method}/thorough", ask.sanity_request(method=method, thorough=True, seed=7)
    against = ask.explanation_request(picture, target=281, against=282, seed=7)
    yield "explain/gradcam/against", against
    layer = ask.explanation_request(picture, target=281, layer="block4_add", seed=7)
    yield "explain/gradcam/layer", layer
    for metric in METRICS:
        yield (
            f"evidence/metric/{metric}",
            ask.evidence_request(default, metrics=[metric], mask=mask),
        )
    for preset in ("rise", "rise-full", "xplique"):
        yield f"evidence/preset/{preset}", ask.evidence_request(default, preset=preset)
    pictures = [_picture(1), _picture(2)]
    yield "leaderboard", ask.leaderboard_request(pictures, groups=("a", "b"), seed=7)
    yield "counterfactual", ask.counterfactual_request(picture, seed=7)
    yield "counterfactual/grid", ask.counterfactual_request(picture, regions="grid", seed=7)
    for explainer, declared in EXPLAINERS.items():
        background = [_picture(2), _picture(3)] if declared.needs_background else []
        yield (
            f"shap/{explainer}",
            ask.shap_request(picture, explainer=explainer, background=background, seed=7),
        )
    for path in PATHS:
        yield f"drift/{path}", ask.drift_request(picture, path=path, seed=7)
    for attack, kind in ATTACKS.items():
        if "linf" in kind.norms:
            yield (
                f"explanation_drift/{attack}",
                ask.explanation_drift_request(picture, attack=attack, seed=7),
            )


def _of_examples(folder: Path) -> Iterator[tuple[str, Request]]:
    pets = folder / "pets" / "cat"
    pets.mkdir(parents=True)
    for seed in (4, 5):
        Image.fromarray(_picture(seed).pixels).save(pets / f"{seed}.png")
    labelled = ask.picture_set(pets.parent, label="cat")
    single = ask.picture_set([_picture(2), _picture(3)], name="two")
    for name, source in (("folder", labelled), ("single", single)):
        yield f"neighbours/{name}", ask.neighbours_request(_picture(1), reference=source, seed=7)
        concepts = ask.concepts_request(source, target=281, seed=7)
        yield f"concepts/{name}", concepts
        yield f"concept_maps/{name}", ask.concept_maps_request(_picture(1), concepts)
        yield (
            f"tcav/{name}",
            ask.tcav_request([labelled], random=single, pictures=source, target=281, seed=7),
        )
    yield "visualise", ask.visualise_request(target=281, seed=7)


def _of_a_dataset() -> Iterator[tuple[str, Request]]:
    yield "predict_dataset", ask.dataset_request(_DATA, model=_SMALL, seed=7)
    yield "predict_dataset/limit", ask.dataset_request(_DATA, model=_SMALL, limit=50, seed=7)
    for norm in ("linf", "l2", "l1", "area"):
        yield (
            f"robustness/{norm}",
            ask.robustness_request(
                _DATA, model=_SMALL, norm=norm, surrogate="portraits_biased", seed=7
            ),
        )
    for attack, kind in ATTACKS.items():
        for norm in kind.norms:
            yield f"robustness/{norm}/{attack}", ask.robustness_request(
                _DATA, model=_SMALL, attacks=[attack], norm=norm, eps="0.25,0.5",
                surrogate="", seed=7,
            )  # fmt: skip
    yield "corruptions", ask.corruption_request(_DATA, model=_SMALL, seed=7)
    for corruption in CORRUPTIONS:
        yield (
            f"corruptions/{corruption}",
            ask.corruption_request(
                _DATA,
                model=_SMALL,
                corruptions=[corruption],
                out_of_distribution="portraits",
                seed=7,
            ),
        )
    for certifier in CERTIFIERS:
        yield (
            f"certify/{certifier}",
            ask.certify_request(_DATA, model=_SMALL, method=certifier, seed=7),
        )
        yield (
            f"certify_picture/{certifier}",
            ask.certify_picture_request(_picture(1, 64), model=_SMALL, method=certifier, seed=7),
        )


def _of_training() -> Iterator[tuple[str, Request]]:
    for recipe, declared in RECIPES.items():
        base = _SMALL if declared.base == "required" and not declared.default_base else None
        yield f"train/{recipe}", ask.train_request(dataset=_DATA, recipe=recipe, base=base, seed=7)
    for form in get_args(CompressionForm):
        yield f"compress/{form}", ask.compress_request(_SMALL, form=form, seed=7)
    yield "import", ImportRequest(
        name="mine", architecture="resnet8", file="/data/mine.h5", file_sha256="6" * 64,
        classes=("cat", "dog"), input_size=64, versions={},
    )  # fmt: skip
    yield "own-model", OwnModelRequest(
        name="mine", file="/data/mine.keras", file_sha256="7" * 64,
        choices=ModelChoices(size=(24, 32), range="caffe", order="bgr", classes=("cat", "dog")),
        versions={},
    )  # fmt: skip
    yield "model-look", ModelLookRequest(
        file="/data/mine.keras", file_sha256="7" * 64, choices=ModelChoices(range="0-1"),
        versions={}, samples="portraits", samples_fingerprint="8" * 64, picture="/data/cat.png",
        picture_sha256="9" * 64,
    )  # fmt: skip


def _of_groups(folder: Path) -> Iterator[tuple[str, Request]]:
    table = folder / "table.csv"
    table.write_text(_TABLE, encoding="utf-8")
    common: dict[str, Any] = {
        "label": "label", "prediction": "prediction", "score": "score", "groups": ("sex", "age"),
        "bins": {"age": 2}, "seed": 7,
    }  # fmt: skip
    dataset: dict[str, Any] = {"dataset": _DATA, "model": _SMALL, "seed": 7}
    yield "fairness/table", ask.fairness_request(table, **common)
    yield "fairness/explore", ask.fairness_request(table, rows="explore", **common)
    yield "fairness/dataset", ask.fairness_request(**dataset)
    yield "fairness_slices/table", ask.slices_request(table, **common)
    yield "fairness_slices/dataset", ask.slices_request(metric="fpr", depth=2, **dataset)
    for mitigator in MITIGATORS:
        for constraint in CONSTRAINTS:
            yield (
                f"fairness_mitigation/{mitigator}/{constraint}",
                ask.mitigation_request(
                    table, attribute="sex", mitigator=mitigator, constraint=constraint, **common
                ),
            )
    yield (
        "fairness_mitigation/dataset",
        ask.mitigation_request(attribute="hair", groups=("hair",), **dataset),
    )


@cache
def keys() -> dict[str, str]:
    """Return the key of each request by its name."""
    with TemporaryDirectory() as folder:
        return {name: pinned(request).key for name, request in requests(Path(folder))}


if __name__ == "__main__":
    KEYS.write_text(json.dumps(keys(), indent=1) + "\n", encoding="utf-8")
    print(f"{len(keys())} keys written to {KEYS}")
