"""No traceback ever reaches a page: our errors speak for themselves, all others go to the log.

``guarded`` stands around each part of a page, so that the other parts go on; around the whole page
script, in ``app``; and, by ``guard_callbacks``, around what widgets call before the script runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st
from streamlit.runtime.state.session_state import SessionState

from core.errors import PellucidError
from dashboard import services
from dashboard.formatting import error_text, escape

__all__ = ["guard_callbacks", "guarded"]

_log = logging.getLogger(__name__)


@contextmanager
def guarded() -> Iterator[None]:
    """Show what went wrong inside, calmly.

    Streamlit's own control flow (rerun, stop) is no ``Exception`` and passes through.
    """
    try:
        yield
    except PellucidError as error:
        st.error(escape(error_text(error)), icon=":material/error:")
    except Exception:
        _log.exception("A page failed")
        services.log_failure("A page failed")
        st.error(
            "Something went wrong on our side. Your pictures are still here: reload the page to "
            "try again. The details are in the server's log.",
            icon=":material/error:",
        )


def guard_callbacks() -> None:
    """Guard what widgets call: Streamlit runs it before the page, which would be lost with it.

    There is no setting for this in Streamlit; the one method through which every callback goes is
    wrapped, once a process. A test holds that it is still the one.
    """
    call = SessionState._run_callback_and_record_rerun
    if getattr(call, "_guarded", False):
        return

    @wraps(call)
    def call_guarded(self: SessionState, votes: Any, run: Callable[[], object]) -> None:
        def kept() -> None:
            with guarded():
                run()

        call(self, votes, kept)

    call_guarded._guarded = True  # type: ignore[attr-defined]
    SessionState._run_callback_and_record_rerun = call_guarded  # type: ignore[method-assign]
