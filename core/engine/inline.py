"""The engine of scripts and the command line: this process, this thread, nothing to start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.contracts import Lane, Request, Result
from core.control import Control, LocalControl
from core.engine.base import Done, Failed, Listener, Progress, Run, Started
from core.engine.work import execute, resolve_target
from core.errors import PellucidError
from core.store import Store

__all__ = ["InlineEngine"]


class _Finished:
    """A run that has ended before its submitter could cancel it."""

    def cancel(self) -> None:
        """Do nothing: there is nothing left to stop."""


class InlineEngine:
    """Runs each request at once, where it is submitted.

    Parameters
    ----------
    store : Store
        Where results are looked for and kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def submit(self, requests: Sequence[Request], listener: Listener) -> Run:
        """Run ``requests`` to their end, then return."""

        def report(fraction: float, message: str) -> None:
            listener(Progress(fraction, message))

        listener(Started())
        try:
            results = self.run(requests, LocalControl(on_progress=report))
        except PellucidError as error:
            listener(Failed(error))
        else:
            listener(Done(tuple(results)))
        return _Finished()

    def run(self, requests: Sequence[Request], control: Control | None = None) -> list[Result]:
        """Return the results in order or raise what went wrong."""
        return execute(requests, control or LocalControl(), self._store)

    def call(self, lane: Lane, target: str, *args: Any, timeout: float | None = None) -> Any:
        """Call ``"module:function"`` here; lane and timeout mean nothing in one thread."""
        del lane, timeout
        return resolve_target(target)(*args)

    def warm_up(self, lane: Lane, target: str, *args: Any) -> None:
        """Do nothing: here, warming up would only delay the work itself."""

    def close(self) -> None:
        """Nothing to close."""
