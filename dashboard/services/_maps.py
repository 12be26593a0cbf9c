"""What a map looks like: its overlay, encoded once, and its downloads."""

from __future__ import annotations

from dataclasses import dataclass

from core import api
from core.api import explanation_json, explanation_npz
from core.contracts import Explanation
from dashboard.lru import Lru
from dashboard.services._pictures import data_uri

__all__ = ["Layer", "explanation_json", "explanation_npz", "layer"]

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
