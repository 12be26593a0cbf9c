"""What would change a decision: the search, and what its finding looks like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.contracts import Counterfactual, CounterfactualRequest
from core.control import Control
from core.engine.api import answer
from core.evidence.counterfactual.search import removed
from core.modalities import registry as modalities
from core.modalities.base import Labels
from core.modalities.picture import overlay as overlays
from core.modalities.registry import DEFAULT_MODALITY

__all__ = ["baselines", "counterfactual", "counterfactual_png"]

_ENLARGED = 4
"""Pixels of the drawing for one pixel of the model's input, so that outlines are thin."""

_OUTLINES = ((9, (255, 255, 255)), (5, (15, 118, 110)))
"""Widths in pixels of the drawing, and colours: a light seam with a dark line inside."""


def baselines(modality: str = DEFAULT_MODALITY) -> tuple[str, ...]:
    """Return the names of what a removed part of a kind of input can become.

    Parameters
    ----------
    modality : str
        Kind of input.

    Returns
    -------
    tuple of str
    """
    return modalities.get(modality).choices["baselines"]


def counterfactual(
    request: CounterfactualRequest, *, control: Control | None = None
) -> Counterfactual:
    """Search for few regions whose removal changes the decision.

    See :func:`counterfactual_request`.

    Parameters
    ----------
    request : CounterfactualRequest
        As :func:`counterfactual_request` returns it.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    Counterfactual
    """
    return answer(request, control=control)


def counterfactual_png(
    request: CounterfactualRequest, found: Counterfactual, *, steps: int | None = None
) -> bytes:
    """Return a transparent PNG to lay over the picture: removed regions as the model saw them.

    Parameters
    ----------
    request : CounterfactualRequest
        As :func:`counterfactual_request` returns it.
    found : Counterfactual
        As :func:`counterfactual` returns it.
    steps : int, optional
        Regions removed, in their order; all by default.

    Returns
    -------
    bytes
        PNG with alpha.
    """
    regions = [step.region for step in found.steps[:steps]]
    inside = np.isin(found.labels, regions).repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)
    labels = found.labels.repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)
    seen = np.rint(removed(request, found.labels, regions) * 255).astype(np.uint8)
    colours = seen.repeat(_ENLARGED, 0).repeat(_ENLARGED, 1)
    alpha = np.where(inside, 255, 0).astype(np.uint8)
    border = _border(np.where(inside, labels, -1))
    for width, colour in _OUTLINES:
        line = _widened(border, width)
        colours[line], alpha[line] = colour, 255
    return overlays.png(np.dstack([colours, alpha]))


def _border(labels: Labels) -> npt.NDArray[np.bool_]:
    """Return the pixels whose right or lower neighbour has another label."""
    border = np.zeros(labels.shape, bool)
    border[:, :-1] |= np.diff(labels, axis=1) != 0
    border[:-1] |= np.diff(labels, axis=0) != 0
    return border


def _widened(line: npt.NDArray[np.bool_], width: int) -> npt.NDArray[np.bool_]:
    import cv2

    return cv2.dilate(line.astype(np.uint8), np.ones((width, width), np.uint8)) > 0
