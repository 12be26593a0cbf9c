"""Looks at a table: what a visit has asked it, and which of its rows are kept to confirm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core import api
from core.contracts import AuditRequest, Looks, RowsChoice

__all__ = ["has_looked", "look", "look_ahead", "rows_taken"]


def look(request: AuditRequest, *, visit: str) -> Looks:
    """Record that an answer was shown, and return the visit's looks at this table.

    Raises
    ------
    StoreError
        If it cannot be recorded.
    """
    return api.look(request, visit=visit)


def has_looked(request: AuditRequest, *, visit: str) -> bool:
    """Whether the visit was shown the answer to this question before."""
    return api.looks_at(request, visit=visit) is not None


def look_ahead(request: AuditRequest, *, visit: str) -> Looks:
    """Return the visit's looks as they would be with this question."""
    return api.look_ahead(request, visit=visit)


def rows_taken(rows: RowsChoice, n: int) -> npt.NDArray[np.bool_]:
    """Return which of ``n`` pictures a look at one half, or at all, may see."""
    inside = api.explored(n)
    return inside if rows == "explore" else ~inside if rows == "confirm" else np.ones(n, bool)
