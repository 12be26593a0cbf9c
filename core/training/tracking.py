"""All trackers of a run as one: whoever fails is left out, and the training goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from types import TracebackType

from core.contracts import Epoch, Run
from core.errors import Cancelled, InputError
from core.training.trackers.base import Beginning, RunTracker

__all__ = ["Tracking"]

log = logging.getLogger(__name__)


class Tracking:
    """The trackers of one run; as a context, it closes those of a run that does not end.

    Parameters
    ----------
    kinds : sequence of RunTracker types
    beginning : Beginning
    note : callable
        Takes a sentence for the run's notes.

    Raises
    ------
    InputError
        If one cannot begin: nothing is lost yet, and its user will want to mend it.
    """

    def __init__(
        self,
        kinds: Sequence[type[RunTracker]],
        beginning: Beginning,
        note: Callable[[str], None],
    ) -> None:
        self._note = note
        self._trackers: list[RunTracker] = []
        self._epoch = len(beginning.history)
        for kind in kinds:
            try:
                self._trackers.append(kind(beginning))
            except Exception as error:
                self._stop(failed=True)
                log.warning("Tracking with %s cannot begin: %s", kind.id, error)
                raise InputError(
                    f"Tracking with {kind.id} cannot begin: {_reason(error)}. Mend its settings, "
                    f"or take {kind.id} out of PELLUCID_TRACKERS."
                ) from error

    def __enter__(self) -> Tracking:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop(failed=kind is not None and not issubclass(kind, Cancelled | KeyboardInterrupt))

    def epoch(self, epoch: Epoch) -> None:
        """Let everybody take down an epoch."""
        self._epoch = epoch.epoch
        self._each(lambda tracker: tracker.epoch(epoch))

    def end(self, run: Run) -> None:
        """Let everybody take down the finished run; nobody is called again."""
        self._each(lambda tracker: tracker.end(run))
        self._trackers.clear()

    def _stop(self, *, failed: bool) -> None:
        self._each(lambda tracker: tracker.stop(failed=failed))
        self._trackers.clear()

    def _each(self, tell: Callable[[RunTracker], None]) -> None:
        for tracker in tuple(self._trackers):
            try:
                tell(tracker)
            # The one place where whatever goes wrong is swallowed: a tracker is somebody else's
            # program, often across a network, and hours of training must not end with it. It is
            # told: in the run's notes, its card and the log.
            except Exception as error:
                self._trackers.remove(tracker)
                log.warning("Tracking with %s failed: %s", tracker.id, error)
                self._note(
                    f"Tracking with {tracker.id} failed after epoch {self._epoch} and was left out "
                    f"from there on ({_reason(error)}). The training is not affected."
                )


def _reason(error: Exception) -> str:
    """Return why, fit for a page: texts of trackers hold addresses, with passwords at times."""
    words = error.strerror if isinstance(error, OSError) else None
    return words or f"{type(error).__name__}; the log says more"
