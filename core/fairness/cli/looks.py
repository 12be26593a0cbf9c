"""An answer about a table, and how many looks at that table there have been."""

from __future__ import annotations

from typing import Any

from core import api
from core.contracts import AuditRequest, Looks
from core.terminal.options import Terminal

__all__ = ["looked"]


def looked(request: AuditRequest) -> tuple[Any, Looks]:
    """Return the result of a request about a table, and the look that it is."""
    return api.answer(request, control=Terminal()), api.look(request)
