"""Certificates: what no perturbation within a radius can change."""

from __future__ import annotations

from typing import Any

from core.api._answers import answer
from core.contracts import (
    Certified,
    CertifierCard,
    CertifyPictureRequest,
    CertifyRequest,
    PictureCertificate,
)
from core.engine.control import Control
from core.requests import certify_request
from core.robustness.certificates.registry import CERTIFIERS
from core.robustness.certify import so_far

__all__ = ["certified_so_far", "certifiers", "certify", "certify_picture"]


def certifiers() -> tuple[CertifierCard, ...]:
    """Return a card for every way to certify."""
    return tuple(each.card() for each in CERTIFIERS.values())


def certify(dataset: str, *, control: Control | None = None, **options: Any) -> Certified:
    """Certify the pictures of a dataset in this process; options as in :func:`certify_request`.

    Certificates are kept a few pictures at a time, so a run that was stopped resumes where it was.
    """
    found: Certified = answer(certify_request(dataset, **options), control=control)
    return found


def certify_picture(
    request: CertifyPictureRequest, *, control: Control | None = None
) -> PictureCertificate:
    """Certify one picture; see :func:`certify_picture_request`."""
    found: PictureCertificate = answer(request, control=control)
    return found


def certified_so_far(request: CertifyRequest) -> Certified | None:
    """Return the curve over the pictures that are done, while a request runs or was stopped.

    ``None`` if nothing is done.
    """
    return so_far(request)
