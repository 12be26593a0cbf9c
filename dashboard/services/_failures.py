"""What went wrong on our side, for who mends it."""

from __future__ import annotations

from core.api import log_failure

__all__ = ["log_failure"]
