"""What one browser session waits for, so that a rerun neither asks twice nor forgets to let go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import streamlit as st

from core.contracts import Request, Result
from core.errors import PellucidError
from dashboard import services
from dashboard.state import session_id

__all__ = ["Answer", "SessionJobs", "session_jobs"]

_JOBS = "desk"
PATIENCE_SECONDS = 0.6
"""How long a script waits for a quick answer before it draws the page without it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A request's state as the page shows it.

    ``state`` is ``"stopped"`` when this session cancelled it, whatever others do with it.
    """

    key: str
    state: Literal["waiting", "done", "failed", "stopped"]
    result: Result | None = None
    error: PellucidError | None = None
    fraction: float = 0.0
    message: str = ""
    seconds_left: float | None = None
    notes: tuple[str, ...] = ()


@dataclass
class SessionJobs:
    """The jobs of one session."""

    _asked: set[str] = field(default_factory=set)
    _stopped: set[str] = field(default_factory=set)
    _wanted: set[str] = field(default_factory=set)
    _held: set[str] = field(default_factory=set)
    _notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _under_way: dict[str, set[str]] = field(default_factory=dict)

    def open(self) -> None:
        """Begin a run of the page: nothing is wanted yet."""
        self._wanted = set()

    def close(self) -> None:
        """End a run of the page: let go of what it no longer shows."""
        for key in self._asked - self._wanted - self._held:
            self._let_go(key)
        self._stopped &= self._wanted

    def ask(
        self, request: Request, *, patience: float = PATIENCE_SECONDS, hold: bool = False
    ) -> Answer:
        """Return the answer to ``request``, or how far it is.

        Work with ``hold`` goes on while the visitor looks at other pages, until it is stopped.
        """
        if hold:
            self._held.add(request.key)
        answer = self._find(request, patience)
        if answer.result is None:
            return answer
        # Sessions share maps of equal pixels, not what each called its file.
        return replace(answer, result=request.adopt(answer.result))

    def _find(self, request: Request, patience: float) -> Answer:
        key = request.key
        self._wanted.add(key)
        if key not in self._stopped and (result := services.kept(key)) is not None:
            return Answer(key, "done", result, notes=self._notes.get(key, ()))
        if key in self._asked | self._stopped and (answer := self.look(key)) is not None:
            return answer
        self._asked.add(key)
        return self._answer(services.submit(request, owner=session_id(), patience=patience))

    def look(self, key: str) -> Answer | None:
        """Return how far a job is, ``None`` if the table has forgotten it."""
        if key in self._stopped:
            return Answer(key, "stopped")
        shown = services.view(key)
        return None if shown is None else self._answer(shown)

    def stop(self, key: str) -> None:
        """Give up a job at the user's wish; it is not asked for again by itself."""
        self._stopped.add(key)
        self._let_go(key)

    def supersede(self, place: str, *keys: str) -> None:
        """Give up what was asked for at ``place`` with other settings: now it is these."""
        for key in self._under_way.get(place, set()) - set(keys):
            self.stop(key)
        self._under_way[place] = set(keys)

    def again(self, key: str) -> None:
        """Forget that a job was stopped or has failed: the next run asks anew."""
        self._stopped.discard(key)
        self._asked.discard(key)

    def _let_go(self, key: str) -> None:
        self._asked.discard(key)
        self._held.discard(key)
        if services.kept(key) is None:
            services.cancel(key, owner=session_id())

    def _answer(self, shown: services.JobView) -> Answer:
        if shown.notes:
            self._notes[shown.key] = shown.notes
        if shown.state == "cancelled":
            return Answer(shown.key, "stopped", notes=shown.notes)
        if shown.error is not None:
            return Answer(shown.key, "failed", error=shown.error, notes=shown.notes)
        if shown.result is not None:
            return Answer(shown.key, "done", shown.result, notes=shown.notes)
        return Answer(
            shown.key,
            "waiting",
            fraction=shown.fraction,
            message=shown.message,
            seconds_left=shown.seconds_left,
            notes=shown.notes,
        )


def session_jobs() -> SessionJobs:
    """Return this session's jobs."""
    held = st.session_state.get(_JOBS)
    if not isinstance(held, SessionJobs):
        held = st.session_state[_JOBS] = SessionJobs()
    return held
