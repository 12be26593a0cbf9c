"""How often verdicts are right: the table that comes along, and a few trials of one's own."""

from __future__ import annotations

from functools import lru_cache

from core import api
from core.api import calibration_table
from core.contracts import CalibrateRequest

__all__ = ["calibration_table", "quick_calibration"]


@lru_cache(maxsize=1)
def quick_calibration() -> CalibrateRequest:
    """Return the request for a few trials of every claim."""
    return api.calibrate_request(quick=True)
