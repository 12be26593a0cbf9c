"""What is measured: the default model, warm, and pictures for it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from core.contracts import Array, ModelInput, ModelRef, Picture
from core.control import LocalControl
from core.modalities.picture import images
from core.modalities.picture.modality import PICTURE
from core.models.runtime import Runtime, runtime
from core.models.zoo import DEFAULT_MODEL
from core.parameters import Value
from core.saliency.base import Method, Problem
from core.saliency.registry import METHODS

__all__ = [
    "HOME",
    "changed",
    "defaults",
    "model_inputs",
    "picture_files",
    "problem",
    "same",
    "stack",
    "use_home",
    "warm_runtime",
]

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".pellucid" / "benchmarks"
"""Store of the benchmarks, so that exports are made once and yours stays as it is."""

_FOLDERS = (ROOT.parent / "shared" / "data" / "imagenet-sample", ROOT / "assets" / "examples")
_SUFFIXES = (".jpg", ".jpeg", ".png")
_BUNDLED = ("chelsea.png", "astronaut.png", "coffee.png", "rocket.jpg")
_EXPORT_NOW = 10_000


def use_home() -> None:
    """Let this process and its children use the benchmarks' store, unless one is named."""
    os.environ.setdefault("PELLUCID_HOME", str(HOME))


def picture_files(n: int) -> list[Path]:
    """Return ``n`` picture files, spread over the sample; fewer pictures repeat."""
    folder = next((f for f in _FOLDERS if f.is_dir() and _pictures(f)), None)
    found = _pictures(folder) if folder else _bundled()
    if len(found) >= n:
        return [found[i * len(found) // n] for i in range(n)]
    return [found[i % len(found)] for i in range(n)]


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES)


def _bundled() -> list[Path]:
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return [folder / name for name in _BUNDLED if (folder / name).is_file()]


def model_inputs(n: int, *, size: int = 224) -> list[ModelInput]:
    """Return ``n`` pictures as a model of that input size sees them."""
    return [
        images.to_input(images.open_picture(path), shape=(size, size, 3), geometry="crop")
        for path in picture_files(n)
    ]


def stack(inputs: list[ModelInput]) -> Array:
    """Return float32 ``(N, H, W, 3)`` in [0, 1]."""
    return np.stack([i.tensor() for i in inputs])


def changed(picture: Picture) -> Picture:
    """Return the picture with two corner pixels drawn anew: for the store, another picture."""
    pixels = picture.pixels.copy()
    pixels[0, 0] = np.frombuffer(os.urandom(3), np.uint8)
    pixels[-1, -1] = np.frombuffer(os.urandom(3), np.uint8)
    return Picture(picture.name, pixels)


def warm_runtime(model: str = DEFAULT_MODEL) -> Runtime:
    """Return the runtime with TensorFlow's network built and the OpenVINO export loaded."""
    use_home()
    ready = runtime(ModelRef(model))
    ready.network()
    ready.prepare(_EXPORT_NOW)
    return ready


def problem(model: Runtime, batch: Array, *, seed: int = 0) -> Problem:
    """Return the problem of explaining the predicted classes."""
    targets = model.logits(batch).argmax(axis=-1)
    directions = np.eye(model.n_classes, dtype=np.float32)[targets]
    return Problem(model, batch, directions, None, seed, LocalControl(), PICTURE)


def defaults(method: str, **given: Value) -> tuple[Method, dict[str, Value]]:
    """Return a method with its parameters, the defaults where none is given."""
    chosen = METHODS.find(method)
    return chosen(), {p.name: p.default for p in PICTURE.parameters(chosen.parameters)} | given


def same(a: Array, b: Array) -> float:
    """Return Pearson's correlation of two maps."""
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])
