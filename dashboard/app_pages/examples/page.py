"""Examples: what would change the decision about a picture, and which pictures are like it."""

from __future__ import annotations

from core.contracts import Picture
from dashboard.app_pages.examples import counterfactual, neighbours, page_choice
from dashboard.app_pages.examples.page_choice import ExamplesChoice
from dashboard.app_pages.picture.frame import picture_page, with_picture
from dashboard.guard import guarded
from dashboard.state import Choice

__all__ = ["page"]


def page() -> None:
    """Draw the page."""
    picture_page(page_choice.session, _sections, name="examples problems")


def _sections(choice: Choice, search: ExamplesChoice) -> None:
    def draw(shown: Picture) -> None:
        with guarded():
            counterfactual.section(shown, choice, search)
        with guarded():
            neighbours.section(shown, choice, search)

    with_picture(
        choice, draw, part="examples",
        why="What would change a decision is searched among the regions of a picture, and what is "
        "alike among pictures.",
    )  # fmt: skip
