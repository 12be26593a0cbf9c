"""Two maps held against each other, and a map along a path of changed pictures."""

from __future__ import annotations

from typing import Unpack

from core.comparison import compare as comparing
from core.comparison import drift_paths as registry
from core.comparison.request import DriftOptions, drift_request
from core.contracts import Drift, DriftPath, Explanation, MapComparison, Source
from core.control import Control
from core.engine.api import answer
from core.modalities.api import opened_for
from core.signatures import signature_from

__all__ = [
    "compare", "drift", "drift_paths",
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
    return answer(drift_request(opened_for(source, options), **options), control=control)


def drift_paths() -> tuple[DriftPath, ...]:
    """Return what every path along which a picture can change says of itself.

    Returns
    -------
    tuple of DriftPath
    """
    return tuple(path.card for path in registry.PATHS.values())
