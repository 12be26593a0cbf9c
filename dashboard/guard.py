"""No traceback ever reaches a page: our errors speak for themselves, all others go to the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import PellucidError
from dashboard.words import escape

__all__ = ["guarded"]

_log = logging.getLogger(__name__)


@contextmanager
def guarded() -> Iterator[None]:
    """Show what went wrong inside, calmly.

    Streamlit's own control flow (rerun, stop) is no ``Exception`` and passes through.
    """
    try:
        yield
    except PellucidError as error:
        st.error(escape(str(error)), icon=":material/error:")
    except Exception:
        _log.exception("A page failed")
        st.error(
            "Something went wrong on our side. Your pictures are still here: reload the page to "
            "try again. The details are in the server's log.",
            icon=":material/error:",
        )
