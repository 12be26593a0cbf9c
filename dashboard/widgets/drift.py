"""A map along a path: a slider over the frames that moves in the browser alone."""

from __future__ import annotations

from core.contracts import Drift, DriftPath
from dashboard import services
from dashboard.formatting import number, percent
from dashboard.services import Layer
from dashboard.widgets.components import component
from dashboard.widgets.stage import legend

__all__ = ["drift_slider"]


def drift_slider(result: Drift, path: DriftPath) -> None:
    """Draw the frames, their maps on one scale, and the two curves beneath."""
    film = services.drift_frames(result)
    shared = Layer("", film.limits, result.signed, empty=not any(film.maps))
    first = result.top[0]
    data = {
        "id": result.key,
        "path": path.name,
        "words": result.words,
        "frames": film.frames,
        "maps": film.maps,
        "legend": None if shared.empty else legend(shared),
        "flip": result.flip,
        "target": result.target.label,
        "severities": [result.severity(i) for i in range(len(film.frames))],
        "tops": [
            f"{ref.label} {percent(float(share))}"
            for ref, share in zip(result.top, result.top_probability)
        ],
        "turned": [ref != first for ref in result.top],
        "targets": [float(share) for share in result.target_probability],
        "targetWords": [percent(float(share)) for share in result.target_probability],
        "correlations": list(result.correlations),
        "correlationWords": [
            "not defined: a map is the same everywhere" if c is None else number(c)
            for c in result.correlations
        ],
    }
    component("drift")(key="drift", data=data)
