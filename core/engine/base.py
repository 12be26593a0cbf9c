"""The interface of an engine and the events that it reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.contracts import Lane, Request, Result
from core.control import Control
from core.errors import PellucidError

__all__ = [
    "Done",
    "Engine",
    "Event",
    "Failed",
    "Listener",
    "Progress",
    "Restarted",
    "Run",
    "Started",
]


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has begun the run; sent again when it begins anew after a restart."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The share done, in [0, 1], and what is being done."""

    fraction: float
    message: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The worker died; another takes its place and the run begins anew."""


@dataclass(frozen=True, slots=True)
class Done:
    """The results, in the order of the requests."""

    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The run ended with an error; :class:`core.errors.Cancelled` if it was stopped."""

    error: PellucidError


Event = Started | Progress | Restarted | Done | Failed
Listener = Callable[[Event], None]


class Run(Protocol):
    """Work that was submitted."""

    def cancel(self) -> None:
        """Drop the run if it waits, stop it at its next check if it runs. Returns at once."""


class Engine(Protocol):
    """Runs requests; every method may be called from any thread."""

    def submit(self, requests: Sequence[Request], listener: Listener) -> Run:
        """Start one run over ``requests`` (same lane, computed together).

        ``listener`` receives the events, the last one being ``Done`` or ``Failed``, from a thread
        of the engine's choice; it must return quickly.
        """

    def run(self, requests: Sequence[Request], control: Control | None = None) -> list[Result]:
        """Do the same and wait: return the results in order or raise what went wrong."""

    def call(self, lane: Lane, target: str, *args: Any, timeout: float | None = None) -> Any:
        """Return what ``"module:function"`` returns for ``args`` where that lane's work runs."""

    def warm_up(self, lane: Lane, target: str, *args: Any) -> None:
        """Call ``"module:function"`` there soon, for its side effects; nobody waits for it."""

    def close(self) -> None:
        """Stop everything and leave nothing behind; closing twice is fine."""
