"""The one list of saliency methods: the CLI, the widgets and the contract test read it."""

from __future__ import annotations

import difflib

from core.errors import UnknownNameError
from core.saliency.base import Method
from core.saliency.gradcam import GradCam
from core.saliency.gradcam_plus_plus import GradCamPlusPlus
from core.saliency.gradient import Saliency
from core.saliency.gradient_x_input import GradientXInput
from core.saliency.integrated_gradients import IntegratedGradients
from core.saliency.layercam import LayerCam
from core.saliency.scorecam import ScoreCam
from core.saliency.smoothgrad import SmoothGrad

__all__ = ["METHODS", "get"]

_METHODS: tuple[type[Method], ...] = (
    GradCam,
    GradCamPlusPlus,
    LayerCam,
    ScoreCam,
    Saliency,
    SmoothGrad,
    GradientXInput,
    IntegratedGradients,
)

METHODS: dict[str, type[Method]] = {method.id: method for method in _METHODS}


def get(method_id: str) -> type[Method]:
    """Return the method called ``method_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    if method_id in METHODS:
        return METHODS[method_id]
    close = difflib.get_close_matches(method_id, METHODS, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise UnknownNameError(f"There is no method {method_id!r}.{hint} Known: {', '.join(METHODS)}.")
