"""The one list of ways to certify: the command line and the contract test read it."""

from __future__ import annotations

from core.registry import Registry
from core.robustness.certificates.base import Certifier
from core.robustness.certificates.ibp import Ibp
from core.robustness.certificates.smoothing import Smoothing

__all__ = ["CERTIFIERS", "DEFAULT_CERTIFIER"]

DEFAULT_CERTIFIER = "smoothing"
CERTIFIERS: Registry[type[Certifier]] = Registry("certifier", (Smoothing, Ibp))
