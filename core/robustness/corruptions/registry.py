"""The one list of corruptions: command line, pages and tests read it. It loads no OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

from core.registry import Registry
from core.robustness.corruptions.base import Corruption, Kind, Pixels

__all__ = ["CORRUPTIONS", "corrupted"]

_ROOM = "core.robustness.corruptions"


def _late(module: str, function: str) -> Callable[[Pixels, int, np.random.Generator], Pixels]:
    """Return a corruption that is imported, with OpenCV, when it is first applied."""

    def apply(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
        found: Pixels = getattr(import_module(f"{_ROOM}.{module}"), function)(pixels, severity, rng)
        return found

    return apply


def _of(
    kind: Kind, module: str, names: dict[str, str], *, standard: bool = True
) -> list[Corruption]:
    return [
        Corruption(function, name, kind, _late(module, function), standard)
        for function, name in names.items()
    ]


_CORRUPTIONS = (
    *_of("noise", "noise", {"gaussian_noise": "Gaussian noise", "shot_noise": "Shot noise",
                            "impulse_noise": "Impulse noise"}),
    *_of("blur", "blur", {"defocus_blur": "Defocus blur", "glass_blur": "Frosted glass blur",
                          "motion_blur": "Motion blur", "zoom_blur": "Zoom blur"}),
    *_of("weather", "weather", {"snow": "Snow", "frost": "Frost", "fog": "Fog",
                                "brightness": "Brightness"}),
    *_of("digital", "digital", {"contrast": "Contrast", "elastic_transform": "Elastic transform",
                                "pixelate": "Pixelate", "jpeg": "JPEG compression"}),
    *_of("shift", "shift", {"rotation": "Rotation", "translation": "Translation",
                            "scale": "Scale"}, standard=False),
)  # fmt: skip

CORRUPTIONS: Registry[Corruption] = Registry("corruption", _CORRUPTIONS)


def corrupted(pixels: Pixels, corruption_id: str, severity: int, *, seed: int, id: int) -> Pixels:
    """Return one picture corrupted; what is drawn depends on ``seed`` and ``id`` alone.

    Raises
    ------
    UnknownNameError
        If there is no such corruption.
    """
    corruption = CORRUPTIONS.find(corruption_id)
    order = list(CORRUPTIONS).index(corruption_id)
    return corruption.apply(pixels, severity, np.random.default_rng([seed, id, order, severity]))
