"""Cells that look as if they stood for no value, though no list of such words names them."""

from __future__ import annotations

import re

__all__ = ["looks_like_nothing", "looks_unknown"]

_SIGNS = re.compile(r"[-\u2010-\u2015\u2212._\u2026?/\s]+")
_BESIDE = re.compile(r"[\W_]+")
_NOTHING = frozenset(("na", "nan", "nat", "null", "nil", "missing", "novalue", "nodata"))
_UNKNOWN = frozenset(
    (
        "unknown", "undefined", "undetermined", "notavailable", "notapplicable", "unavailable",
        "unlabeled", "unlabelled", "blank", "empty", "void", "unbekannt", "fehlend", "keineangabe",
    )
)  # fmt: skip


def looks_like_nothing(text: str) -> bool:
    """Whether a cell is dashes or dots alone, or a word for no value with any marks around it.

    ``none`` is an answer.

    >>> [looks_like_nothing(text) for text in ("--", ".", "N.A.", "[missing]", "none", "+", "0")]
    [True, True, True, True, False, False, False]
    """
    return bool(_SIGNS.fullmatch(text)) or _bare(text) in _NOTHING


def looks_unknown(text: str) -> bool:
    """Whether a cell is a word that can be a class as well as none.

    >>> looks_unknown("not available"), looks_unknown("other")
    (True, False)
    """
    return _bare(text) in _UNKNOWN


def _bare(text: str) -> str:
    return _BESIDE.sub("", text.casefold())
