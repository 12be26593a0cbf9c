"""Several maps of one picture judged against the same controls: for rates over many pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.contracts import Array, Check
from core.evidence.base import Subject
from core.evidence.checks import beats_controls
from core.evidence.controls import beside, measure_controls
from core.evidence.curves import MODES

__all__ = ["verdicts"]


def verdicts(subject: Subject, maps: Mapping[str, Array]) -> dict[str, Check]:
    """Return the verdict of the check against controls for each map ``(H, W)``, by name.

    The controls are measured once; the subject's own map plays no part. With K maps, C controls
    and n steps about 2(K + C)(n − 1) passes.
    """
    controls = measure_controls(subject, MODES)
    found = beside(maps, subject, MODES, controls)
    return {
        name: beats_controls(replace(subject, map=map_), found[name]) for name, map_ in maps.items()
    }
