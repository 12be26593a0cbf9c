"""What a kind of input declares about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.parameters import Parameter

__all__ = ["ModalityCard"]


@dataclass(frozen=True, slots=True)
class ModalityCard:
    """What a kind of input declares about itself.

    ``source`` and ``site`` are what a source and a site of it are called, ``files`` what the files
    with the endings ``suffixes`` hold. ``reading`` may be chosen when a source becomes an input.
    ``families`` are the kinds of maps that know nothing of a model, in words.
    """

    id: str
    source: str
    site: str
    files: str
    suffixes: tuple[str, ...]
    reading: tuple[Parameter, ...]
    families: Mapping[str, str]
