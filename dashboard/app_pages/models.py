"""Models: the runs there are, one of them in full, several side by side, and new ones."""

from __future__ import annotations

from collections.abc import Callable

from dashboard import models_choice, services
from dashboard import page as frame
from dashboard.app_pages import (
    models_actions,
    models_bring,
    models_compare,
    models_list,
    models_new,
    models_progress,
    models_run,
)
from dashboard.guard import guarded
from dashboard.models_choice import Shown, View
from dashboard.theme import current_mode
from dashboard.widgets import run_card

__all__ = ["page"]

_NAME = "models problems"


def page() -> None:
    """Draw the page."""
    shown = models_choice.current()
    if shown is None:
        shown, problems = models_choice.read(frame.address())
        frame.first_view(_NAME, models_choice.begin(shown), problems)
    with guarded():
        models_actions.leave()
        run_card.style(current_mode())
        frame.say_problems(_NAME, shown)
        if shown.view != "list":
            models_actions.back()
        _VIEWS[shown.view](shown)
    frame.publish(shown.to_query())


def _run(shown: Shown) -> None:
    """Draw the run of this name: finished, under way, or gone."""
    run = services.run(shown.run)
    held = services.training(shown.run) if run is None else None
    if run is not None:
        models_run.draw(run, shown)
    elif held is not None:
        models_progress.draw(held)
    else:
        models_run.gone()


_VIEWS: dict[View, Callable[[Shown], None]] = {
    "list": models_list.draw,
    "run": _run,
    "compare": models_compare.draw,
    "new": models_new.draw,
    "bring": models_bring.draw,
}
