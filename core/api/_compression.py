"""Smaller models, and weights that somebody brings."""

from __future__ import annotations

from typing import Any

from core.api._answers import answer
from core.contracts import CompressionCard, ModelCard, Run
from core.control import Control
from core.models import zoo
from core.requests import compress_request, import_request
from core.training.forms import FORMS

__all__ = ["architectures", "compress", "compressions", "import_model"]


def compressions() -> tuple[CompressionCard, ...]:
    """Return a card for every form of compression."""
    return tuple(form.card() for form in FORMS.values())


def compress(model: str, *, control: Control | None = None, **options: Any) -> Run:
    """Make a model smaller in this process; options as in :func:`compress_request`.

    The same request twice compresses once.
    """
    made: Run = answer(compress_request(model, **options), control=control)
    return made


def architectures() -> tuple[ModelCard, ...]:
    """Return a card for everything that weights of one's own can go into."""
    return tuple(spec.card() for spec in zoo.architectures().values())


def import_model(*, control: Control | None = None, **options: Any) -> Run:
    """Take weights of one's own into the zoo; options as in :func:`import_request`.

    The same file twice is one run.
    """
    brought: Run = answer(import_request(**options), control=control)
    return brought
