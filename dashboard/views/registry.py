"""The one list of views; packages add theirs through entry points of the group ``pellucid.views``.

A modality without a view of its own is shown by the general one.
"""

from __future__ import annotations

from functools import lru_cache

from core.registry import Registry
from dashboard import services
from dashboard.views.base import View
from dashboard.views.general import GeneralView
from dashboard.views.picture.view import PictureView

__all__ = ["VIEWS", "broken", "of_model", "view"]

VIEWS: Registry[type[View]] = Registry(
    "view", (PictureView,), group="pellucid.views", base=View
)  # fmt: skip


def broken() -> tuple[str, ...]:
    """Return what packages bring that cannot be used, views among it, one sentence each."""
    return (*services.broken_plugins(), *map(str, VIEWS.broken))


@lru_cache(maxsize=16)
def view(modality: str) -> View:
    """Return the view of a modality: its own, or the general one."""
    return VIEWS.get(modality, GeneralView)(services.modalities()[modality])


def of_model(model: str) -> View:
    """Return the view of what a model takes."""
    return view(services.model(model).modality)
