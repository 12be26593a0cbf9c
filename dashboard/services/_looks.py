"""Looks at a table: what a visit has asked it, and which of its rows are kept to confirm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core import api
from core.api import look, look_ahead
from core.contracts import AuditRequest, RowsChoice

__all__ = ["has_looked", "look", "look_ahead", "rows_taken"]


def has_looked(request: AuditRequest, *, visit: str) -> bool:
    """Whether the visit was shown the answer to this question before."""
    return api.looks_at(request, visit=visit) is not None


def rows_taken(rows: RowsChoice, n: int) -> npt.NDArray[np.bool_]:
    """Return which of ``n`` pictures a look at one half, or at all, may see."""
    inside = api.explored(n)
    return inside if rows == "explore" else ~inside if rows == "confirm" else np.ones(n, bool)
