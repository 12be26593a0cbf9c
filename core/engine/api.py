"""Any request answered in this process, with the store around it."""

from __future__ import annotations

from core.contracts import RequestFor
from core.control import Control, LocalControl
from core.engine.ahead import R
from core.engine.work import execute
from core.workspace import open_store

__all__ = ["answer"]


def answer(request: RequestFor[R], *, control: Control | None = None) -> R:
    """Compute any request in this process, or take its result from the store.

    Parameters
    ----------
    request : Request
        What one of the functions ``…_request`` returns.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    Result
        Of the class that the request names: a :class:`~core.contracts.Prediction` for a
        :func:`prediction_request`, and so on.

    Raises
    ------
    PellucidError
        Whatever the work raises on purpose.
    """
    (found,) = execute([request], control or LocalControl(), open_store())
    return found
