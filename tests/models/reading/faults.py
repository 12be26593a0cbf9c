"""Works that go wrong, to be done apart."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

__all__ = ["dies", "eats", "spins"]


def dies(order: Mapping[str, Any]) -> dict[str, Any]:
    """End the process as a fault in a library does."""
    os.abort()


def spins(order: Mapping[str, Any]) -> dict[str, Any]:
    while True:
        pass


def eats(order: Mapping[str, Any]) -> dict[str, Any]:
    return {"n": len(bytearray(2**36))}
