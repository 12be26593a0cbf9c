"""What a map looks like: its overlay, encoded once, and its downloads."""

from __future__ import annotations

from dataclasses import dataclass

from core import api
from core.contracts import Explanation, Picture
from dashboard.lru import Lru
from dashboard.services._pictures import data_uri

__all__ = ["Layer", "explanation_json", "explanation_npz", "layer", "overlay_png"]

_layers: Lru[str, Layer] = Lru(64 * 2**20, lambda value: len(value.uri))


@dataclass(frozen=True, slots=True)
class Layer:
    """A map ready for the browser: PNG data URI, ends of its scale, kind of scale.

    ``ends`` says what the limits are: ``"percentile"``, ``"maximum"`` or ``"given"``.
    """

    uri: str
    limits: tuple[float, float]
    signed: bool
    empty: bool
    ends: str = "given"


def layer(explanation: Explanation) -> Layer:
    """Return the overlay of ``explanation``, encoded once."""

    def make() -> Layer:
        drawn = api.overlay(explanation)
        uri = data_uri(drawn.png, "image/png")
        return Layer(uri, drawn.limits, drawn.signed, drawn.empty, drawn.ends)

    return _layers.get_or(explanation.key, make)


def overlay_png(picture: Picture, explanation: Explanation) -> bytes:
    """Return the picture with the map over it, for download."""
    return api.overlay_png(picture, explanation)


def explanation_npz(explanation: Explanation) -> bytes:
    """Return the raw map with its metadata, for download."""
    return api.explanation_npz(explanation)


def explanation_json(explanation: Explanation) -> str:
    """Return everything but the map, for download."""
    return api.explanation_json(explanation)
