"""Models: the runs there are, one of them in full, several side by side, and new ones."""

from __future__ import annotations

from collections.abc import Callable

from dashboard import page as frame
from dashboard import services
from dashboard.app_pages.models import (
    actions,
    bring,
    compare,
    list,
    new,
    page_choice,
    progress,
)
from dashboard.app_pages.models import run as run_part
from dashboard.app_pages.models.page_choice import ModelsChoice, View
from dashboard.guard import guarded

__all__ = ["page"]

_NAME = "models problems"


def page() -> None:
    """Draw the page."""
    shown = page_choice.current()
    if shown is None:
        shown, problems = page_choice.read(frame.address())
        frame.first_view(_NAME, page_choice.begin(shown), problems)
    with guarded():
        actions.leave()
        frame.say_problems(_NAME, shown)
        if shown.view != "list":
            actions.back()
        _VIEWS[shown.view](shown)
    frame.publish(shown.to_query())


def _run(shown: ModelsChoice) -> None:
    """Draw the run of this name: finished, under way, or gone."""
    run = services.run(shown.run)
    held = services.training(shown.run) if run is None else None
    if run is not None:
        run_part.draw(run, shown)
    elif held is not None:
        progress.draw(held)
    else:
        run_part.gone()


_VIEWS: dict[View, Callable[[ModelsChoice], None]] = {
    "list": list.draw,
    "run": _run,
    "compare": compare.draw,
    "new": new.draw,
    "bring": bring.draw,
}
