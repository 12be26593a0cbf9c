"""Two maps held against each other, and a map along a path of changed pictures."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from core.comparison import compare as comparing
from core.comparison import drift_paths as registry
from core.comparison.request import DriftOptions, drift_request
from core.contracts import Drift, DriftPath, Explanation, MapComparison, Picture
from core.control import Control
from core.engine.api import answer
from core.modalities.picture import overlay as overlays
from core.modalities.picture.api import open_picture
from core.modalities.picture.images import Source
from core.modalities.picture.overlay import OverlayLayer
from core.signatures import signature_from

__all__ = [
    "compare", "difference_overlay", "difference_png", "drift", "drift_overlays", "drift_paths",
]  # fmt: skip


def compare(a: Explanation, b: Explanation) -> MapComparison:
    """Hold two maps of one picture against each other.

    Both are laid on one grid over the part of the picture that both show, as fine as the finer of
    them. Where one is signed and the other is not, the signed one counts by its magnitude.

    Parameters
    ----------
    a, b : Explanation
        Of any model, method or class.

    Returns
    -------
    MapComparison
        The difference is ``a − b``, in the map's own unit where both were made alike. Without
        scores, and with the reason, if the pictures differ or the models see no common part.
    """
    return comparing.compare(a, b)


def difference_overlay(comparison: MapComparison) -> OverlayLayer | None:
    """Return first map − second map as a transparent PNG (blue: first), for ``comparison.box``.

    Parameters
    ----------
    comparison : MapComparison
        As :func:`compare` returns it.

    Returns
    -------
    OverlayLayer or None
        ``None`` where the maps have no difference to draw.
    """
    if comparison.difference is None:
        return None
    return overlays.draw(comparison.difference, signed=True)


def difference_png(picture: Picture, comparison: MapComparison) -> bytes | None:
    """Return the picture with first map − second map over it; ``None`` where there is none.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    comparison : MapComparison
        As :func:`compare` returns it.

    Returns
    -------
    bytes or None
        PNG.
    """
    if comparison.difference is None or comparison.box is None:
        return None
    values, box = comparison.difference, comparison.box
    return overlays.png(overlays.lay_over(picture, values, signed=True, box=box))


@signature_from(drift_request)
def drift(
    source: Source, *, control: Control | None = None, **options: Unpack[DriftOptions]
) -> Drift:
    """Follow the map of one picture along a path.

    Parameters
    ----------
    source : path, bytes, open file, PIL.Image.Image, ndarray or Picture
        Whatever :func:`open_picture` takes.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`drift_request`.

    Returns
    -------
    Drift

    Raises
    ------
    InputError
        As :func:`drift_request`.
    ImageError
        If the source is no picture.
    """
    return answer(drift_request(open_picture(source), **options), control=control)


def drift_overlays(result: Drift) -> tuple[OverlayLayer, ...]:
    """Return every frame's map as a transparent PNG, all on one scale, so that fading shows.

    Parameters
    ----------
    result : Drift
        As :func:`drift` returns it.

    Returns
    -------
    tuple of OverlayLayer
        One a frame.
    """
    ends = [overlays.limits(each, signed=result.signed) for each in result.maps]
    top = float(np.max([high for _, high in ends]))
    scale = (-top, top) if result.signed else (0.0, top)
    return tuple(overlays.draw(each, signed=result.signed, ends=scale) for each in result.maps)


def drift_paths() -> tuple[DriftPath, ...]:
    """Return what every path along which a picture can change says of itself.

    Returns
    -------
    tuple of DriftPath
    """
    return tuple(path.card for path in registry.PATHS.values())
