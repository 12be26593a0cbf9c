"""Claims about attacks: masked models are marked, honest ones not, and the default is enough."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from core.calibration.base import Claim, Outcome, Trials, claim
from core.calibration.unmasked_models import ARCHITECTURES, CLASSES, SIZE, pictures, trained
from core.contracts import Robustness
from core.models import zoo
from core.models.spec import Affine, ModelSpec
from core.robustness.request import robustness_request

__all__ = ["CLAIMS"]

_TOPIC = "Robustness: can the curve be believed"
_BASE = "calibration_base"
_N_MASKS, _N_HONEST = 11, 28
_EPS = {"masked": "8/255", "honest": "1/255,2/255,4/255,8/255,16/255"}
_STRONG = ("apgd_ce", "apgd_dlr", "fab", "square")
_AT = 4 / 255
Builder = Callable[[Any, int], Any]


def _spec(id: str, builder: Builder) -> ModelSpec:
    return ModelSpec(
        id=id, name=id, builder=builder, input_size=SIZE, preprocessing=Affine(), feature_layer="",
        layers=(), features=False, n_parameters=0, paper="", licence="", summary="",
        n_classes=CLASSES, labels="numbered",
    )  # fmt: skip


@contextmanager
def _bars(seed: int) -> Iterator[str]:
    """Write pictures that the models were not trained on, and yield the dataset that they are."""
    from PIL import Image

    inputs, labels = pictures(32, seed=40 + seed)
    with tempfile.TemporaryDirectory() as name:
        folder, rows = Path(name), ["file_name,label"]
        for i, (picture, label) in enumerate(zip(inputs, labels, strict=True)):
            levels = np.rint(picture * 255).astype(np.uint8)
            Image.fromarray(levels).save(folder / f"{i:03}.png")
            rows.append(f"{i:03}.png,{label}")
        (folder / "metadata.csv").write_text("\n".join(rows))
        (folder / "classes.txt").write_text("\n".join(f"class {i}" for i in range(CLASSES)))
        yield f"folder:{folder}"


def _examined(model: str, dataset: str, eps: str, trials: Trials) -> Robustness:
    """Attack with the defaults, every check made."""
    from core.robustness.measure import robustness

    request = robustness_request(
        dataset, model=model, split="train", limit=24, eps=eps, rounding=False, seed=trials.seed
    )
    return robustness([request], trials.control)[0]


def _masked(trials: Trials) -> Iterator[Outcome]:
    """Yield for each masked model whether some check of it fails."""
    from core.robustness.checks.gradient_masking import MASKS, masked

    base = _spec(_BASE, trained("conv_relu_max", seed=3 + trials.seed))
    with _bars(trials.seed) as dataset, zoo.registered(base):
        for mask in MASKS:
            id = f"calibration_{mask}"
            with zoo.registered(_spec(id, masked(_BASE, mask))):
                found = _examined(id, dataset, _EPS["masked"], trials)
                yield found.trust == "not trusted"


def _honest(trials: Trials) -> Iterator[Outcome]:
    """Yield for each honest model whether some check of it fails."""
    with _bars(trials.seed) as dataset:
        for architecture, adversarial in product(ARCHITECTURES, (False, True)):
            builder = trained(
                architecture, seed=2 + trials.seed, adversarial=adversarial, steps=120
            )
            id = f"calibration_{architecture}"
            with zoo.registered(_spec(id, builder)):
                found = _examined(id, dataset, _EPS["honest"], trials)
                yield found.trust == "not trusted"


def _escapes(trials: Trials) -> Iterator[Outcome]:
    """Yield for each picture whether stronger attacks alone break it."""
    weak = _broken(None, trials)
    strong = _broken(_STRONG, trials)
    yield from (bool(s and not w) for s, w in zip(strong, weak, strict=True))


def _broken(attacks: Sequence[str] | None, trials: Trials) -> Sequence[bool]:
    """Return which portraits, that no model was trained on, some attack breaks (or are wrong)."""
    from core.robustness.measure import robustness
    from core.robustness.sweep import TOLERANCE

    request = robustness_request(
        f"portraits?seed={50_000 + trials.seed}", model="portraits_robust", attacks=attacks,
        eps=[_AT], limit=trials.n, rounding=False, checks=False, seed=trials.seed,
    )  # fmt: skip
    found = robustness([request], trials.control)[0]
    kept = [i for i, id in enumerate(found.attacks) if id != "uniform_noise"]
    return (found.distances[kept].min(axis=0) <= _AT + TOLERANCE).tolist()


CLAIMS: tuple[Claim, ...] = (
    claim(
        "masked.marked", _TOPIC, "Every model that masks its gradients is marked.",
        "A small trained network behind eleven masks (decoys, saturated, rounded, stochastic, "
        "shattered); 24 pictures, attacks and checks by default.",
        _masked, unit="models", n=_N_MASKS, quick=1, at_least=1.0, beside="masked.honest",
    ),
    claim(
        "masked.honest", _TOPIC, "No honest model is marked.",
        "Fourteen architectures, trained plainly and adversarially; the same pictures and checks.",
        _honest, unit="models", n=_N_HONEST, quick=1, at_most=0.0, beside="masked.marked",
    ),
    claim(
        "masked.default", _TOPIC,
        "The default attacks leave at most 1 % of pictures standing that stronger ones break.",
        "portraits_robust at 4/255, faces that it was not trained on; APGD-CE, APGD-DLR, FAB and "
        "Square together.",
        _escapes, unit="portraits", n=128, quick=4, at_most=0.01, beside="masked.marked",
    ),
)  # fmt: skip
