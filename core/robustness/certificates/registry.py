"""The one list of ways to certify: the command line and the contract test read it."""

from __future__ import annotations

from core.lookup import lookup
from core.robustness.certificates.base import Certifier
from core.robustness.certificates.ibp import Ibp
from core.robustness.certificates.smoothing import Smoothing

__all__ = ["CERTIFIERS", "DEFAULT_CERTIFIER", "get"]

DEFAULT_CERTIFIER = "smoothing"
_CERTIFIERS: tuple[type[Certifier], ...] = (Smoothing, Ibp)

CERTIFIERS: dict[str, type[Certifier]] = {each.id: each for each in _CERTIFIERS}


def get(certifier_id: str) -> type[Certifier]:
    """Return the certifier called ``certifier_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    return lookup(CERTIFIERS, certifier_id, what="certifier")
