"""The stage: one picture with a map over it."""

from __future__ import annotations

from typing import Any

from core.contracts import Box, Explanation, Picture
from dashboard import services
from dashboard.formatting import number
from dashboard.services import Layer
from dashboard.widgets.components import component

__all__ = ["fractions", "legend", "stage", "stage_data"]


def fractions(box: Box, width: int, height: int) -> list[float]:
    """Return ``box`` as shares of the picture's sides; a letterbox reaches outside [0, 1]."""
    return [box.left / width, box.top / height, box.right / width, box.bottom / height]


def stage_data(picture: Picture, box: Box, explanation: Explanation | None) -> dict[str, Any]:
    """Return what the component draws: text is shown as text, never as markup."""
    drawn = None if explanation is None else services.layer(explanation)
    shown = drawn is not None and not drawn.empty
    return {
        "base": services.base_uri(picture),
        "alt": f"The picture {picture.name}",
        "width": picture.width,
        "height": picture.height,
        "box": fractions(box, picture.width, picture.height),
        "map": drawn.uri if drawn is not None and shown else None,
        "mapAlt": "" if explanation is None else f"Map for {explanation.target.label}",
        "legend": _scale(drawn, explanation) if explanation and drawn and shown else None,
    }


def legend(layer: Layer, *, low: str = "", high: str = "") -> dict[str, Any]:
    """Return the colour scale of ``layer``, with words at its ends where they are needed."""
    bottom, top = (number(value) for value in layer.limits)
    return {
        "stops": services.stops(signed=layer.signed),
        "low": f"{low} {bottom}".strip(),
        "high": f"{top} {high}".strip(),
        "label": f"Colour scale from {bottom} to {top}",
    }


def _scale(drawn: Layer, explanation: Explanation) -> dict[str, Any]:
    low, high = services.method(explanation.method).signs if drawn.signed else ("", "")
    return legend(drawn, low=low, high=high)


def stage(picture: Picture, box: Box, explanation: Explanation | None, *, key: str) -> None:
    """Draw the picture and the map, ``None`` while there is none."""
    component("stage")(key=key, data=stage_data(picture, box, explanation))
