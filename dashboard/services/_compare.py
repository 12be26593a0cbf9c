"""Two maps, and a map along a path: compared and encoded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core import api
from core.contracts import (
    Drift,
    DriftPath,
    DriftRequest,
    Explanation,
    MapComparison,
    Picture,
    severity_text,
)
from dashboard.lru import Lru
from dashboard.services._cards import by_id
from dashboard.services._maps import Layer
from dashboard.services._pictures import data_uri, encoded_uri, framing
from dashboard.services._requests import asked
from dashboard.state import Choice

__all__ = [
    "DriftFrames",
    "comparison",
    "difference_layer",
    "drift_frames",
    "drift_paths",
    "drift_request",
]

_comparisons: Lru[tuple[str, str], tuple[MapComparison, Layer | None]] = Lru(32)
_films: Lru[str, DriftFrames] = Lru(48 * 2**20, lambda film: film.weight)


@dataclass(frozen=True, slots=True)
class DriftFrames:
    """Frames and maps of a drift as data URIs, and the scale that all maps share."""

    frames: tuple[str, ...]
    maps: tuple[str | None, ...]
    limits: tuple[float, float]

    @property
    def weight(self) -> int:
        """Characters of all URIs."""
        return sum(len(uri or "") for uri in self.frames + self.maps)


def _compared(a: Explanation, b: Explanation) -> tuple[MapComparison, Layer | None]:
    def make() -> tuple[MapComparison, Layer | None]:
        result = api.compare(a, b)
        drawn = api.difference_overlay(result)
        if drawn is None:
            return result, None
        uri = data_uri(drawn.png, "image/png")
        return result, Layer(uri, drawn.limits, drawn.signed, drawn.empty)

    return _comparisons.get_or((a.key, b.key), make)


def comparison(a: Explanation, b: Explanation) -> MapComparison:
    """Return how alike two maps are, measured once."""
    return _compared(a, b)[0]


def difference_layer(a: Explanation, b: Explanation) -> Layer | None:
    """Return the overlay of ``a − b``; ``None`` where there is no such map."""
    return _compared(a, b)[1]


drift_paths: Callable[[], dict[str, DriftPath]] = by_id(api.drift_paths)
"""The paths along which a picture can change, by id."""


def drift_request(
    picture: Picture, choice: Choice, *, path: str, steps: int, maximum: float
) -> DriftRequest:
    """Return the request for the map of ``choice`` along a path.

    Raises
    ------
    InputError
        If the model lacks what the path or the method needs.
    """
    return asked(
        api.drift_request,
        picture,
        path=path,
        steps=steps,
        maximum=severity_text(path, maximum),
        model=choice.model,
        method=choice.method,
        parameters=dict(choice.parameters),
        target="auto" if choice.target is None else choice.target,
        layer=choice.layer,
        geometry=framing(choice),
    )


def drift_frames(result: Drift) -> DriftFrames:
    """Return the frames and maps for the browser, encoded once."""

    def make() -> DriftFrames:
        layers = api.drift_overlays(result)
        return DriftFrames(
            # No chroma subsampling: adversarial changes are small and coloured.
            frames=tuple(
                encoded_uri(frame, "JPEG", quality=92, subsampling=0) for frame in result.frames
            ),
            maps=tuple(None if m.empty else data_uri(m.png, "image/png") for m in layers),
            limits=layers[0].limits,
        )

    return _films.get_or(result.key, make)
