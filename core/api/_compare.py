"""Two maps held against each other, and a map along a path of changed pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from core import compare as comparing
from core import overlay as overlays
from core.api._answers import Source, answer, open_picture
from core.contracts import Drift, DriftPath, Explanation, MapComparison, Picture
from core.control import Control
from core.overlay import OverlayLayer
from core.requests import drift_request
from core.saliency import drift_paths as registry

__all__ = [
    "compare", "difference_overlay", "difference_png", "drift", "drift_overlays", "drift_paths",
]  # fmt: skip


def compare(a: Explanation, b: Explanation) -> MapComparison:
    """Hold two maps of one picture against each other; see :func:`core.compare.compare`."""
    return comparing.compare(a, b)


def difference_overlay(comparison: MapComparison) -> OverlayLayer | None:
    """Return first map − second map as a transparent PNG (blue: first), for ``comparison.box``."""
    if comparison.difference is None:
        return None
    return overlays.draw(comparison.difference, signed=True)


def difference_png(picture: Picture, comparison: MapComparison) -> bytes | None:
    """Return the picture with first map − second map over it; ``None`` where there is none."""
    if comparison.difference is None or comparison.box is None:
        return None
    values, box = comparison.difference, comparison.box
    return overlays.png(overlays.lay_over(picture, values, signed=True, box=box))


def drift(source: Source, *, control: Control | None = None, **options: Any) -> Drift:
    """Follow the map of one picture along a path; options as in :func:`drift_request`."""
    return answer(drift_request(open_picture(source), **options), control=control)  # type: ignore[no-any-return]


def drift_overlays(result: Drift) -> tuple[OverlayLayer, ...]:
    """Return every frame's map as a transparent PNG, all on one scale, so that fading shows."""
    ends = [overlays.limits(each, signed=result.signed) for each in result.maps]
    top = float(np.max([high for _, high in ends]))
    scale = (-top, top) if result.signed else (0.0, top)
    return tuple(overlays.draw(each, signed=result.signed, ends=scale) for each in result.maps)


def drift_paths() -> tuple[DriftPath, ...]:
    """Return what every path along which a picture can change says of itself."""
    return tuple(path.card for path in registry.PATHS.values())
