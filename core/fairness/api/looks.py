"""How often one table was asked, and which of its rows are kept to confirm."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import AuditRequest, Looks
from core.fairness import looks as recorded
from core.fairness.reading import sample_splitting

__all__ = ["explored", "look", "look_ahead", "looks_at", "looks_document"]


def look(request: AuditRequest, *, visit: str = recorded.EVERYBODY) -> Looks:
    """Record that a question about a table was answered; the same one again is no new look.

    Parameters
    ----------
    request : AuditRequest
        An audit, a slice search or a mitigation.
    visit : str
        Whose looks count: one visit's to the dashboard; by default all of this home.

    Returns
    -------
    Looks
        How often the table was asked by now.

    Raises
    ------
    StoreError
        If the record cannot be written.
    """
    return recorded.look(request, visit=visit)


def looks_at(request: AuditRequest, *, visit: str = recorded.EVERYBODY) -> Looks | None:
    """Return the looks at a request's table, ``None`` if this question has not been asked yet.

    Parameters
    ----------
    request : AuditRequest
        An audit, a slice search or a mitigation.
    visit : str
        Whose looks count: one visit's to the dashboard; by default all of this home.

    Returns
    -------
    Looks or None
    """
    return recorded.looks_at(request, visit=visit)


def look_ahead(request: AuditRequest, *, visit: str = recorded.EVERYBODY) -> Looks:
    """Return the looks as they would be with this question; nothing is recorded.

    Parameters
    ----------
    request : AuditRequest
        An audit, a slice search or a mitigation.
    visit : str
        Whose looks count: one visit's to the dashboard; by default all of this home.

    Returns
    -------
    Looks
    """
    return recorded.look_ahead(request, visit=visit)


def looks_document(found: Looks) -> dict[str, Any]:
    """Return what the command line prints about looks.

    Parameters
    ----------
    found : Looks
        As :func:`look` returns them.

    Returns
    -------
    dict
    """
    return recorded.document(found)


def explored(n: int) -> npt.NDArray[np.bool_]:
    """Return which of the ``n`` rows of any table belong to the exploring half.

    Parameters
    ----------
    n : int
        How many rows there are.

    Returns
    -------
    ndarray of bool
        Shape ``(n,)``; the others are kept to confirm.
    """
    return sample_splitting.explored(n)
