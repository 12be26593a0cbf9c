"""From pictures and options to checked requests, ready to be computed anywhere."""

from __future__ import annotations

from core.requests._common import Target
from core.requests._picture import explanation_request, prediction_request

__all__ = ["Target", "explanation_request", "prediction_request"]
