"""Sources of any kind: opened, read as a model's input, and drawn as their modality draws them."""

from __future__ import annotations

from core import api
from core.api import drawn, site_names, source_notes
from core.contracts import Depth, Explanation, Input, OpenedSource
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._pictures import data_uri
from dashboard.services._requests import asked

__all__ = ["drawn", "drawn_uri", "input_of", "open_source", "site_names", "source_notes"]

_drawings: Lru[tuple[str, str, str], str] = Lru(32 * 2**20, len)


def open_source(data: bytes, *, model: str, name: str, depth: Depth = "auto") -> OpenedSource:
    """Open a file as the kind of source that a model takes.

    Raises
    ------
    InputError
        If it is none.
    """
    return api.open_source(data, model=model, name=name, depth=depth)


def input_of(source: OpenedSource, model: str) -> Input | None:
    """Return what a model is shown of a source; ``None`` where it does not fit."""
    try:
        return asked(api.prediction_request, source, model=model).input
    except InputError:  # whoever asks for a prediction is told
        return None


def drawn_uri(source: OpenedSource, explanation: Explanation | None, model: str) -> str:
    """Return a source as a data URI, with a map over it where one is given, drawn once."""
    key = (source.sha256, "" if explanation is None else explanation.key, model)
    return _drawings.get_or(
        key, lambda: data_uri(drawn(source, explanation, model=model), "image/png")
    )
