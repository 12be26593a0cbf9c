"""Examples: what would change the decision about a picture, and which pictures are like it."""

from __future__ import annotations

from core.contracts import Picture
from dashboard import examples_choice
from dashboard.app_pages import examples_changed, examples_near
from dashboard.app_pages.subject import subject_page, with_picture
from dashboard.examples_choice import Search
from dashboard.guard import guarded
from dashboard.state import Choice

__all__ = ["page"]


def page() -> None:
    """Draw the page."""
    subject_page(examples_choice, _sections, name="examples problems")


def _sections(choice: Choice, search: Search) -> None:
    def draw(shown: Picture) -> None:
        with guarded():
            examples_changed.section(shown, choice, search)
        with guarded():
            examples_near.section(shown, choice, search)

    with_picture(choice, draw)
